"""Cases of DFIR-IRIS: what comes, what is left, and anything else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from tests.cases.brought.samples import any_json, encoded, iris

from pehra.cases.brought.iris import read
from pehra.cases.brought.record import End, Indicator, Job, Line
from pehra.cases.rules import Kind


def at(month: int, day: int, hour: int = 0) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def test_an_export() -> None:
    (record,), rejects = read(encoded(iris()), "case.json")
    assert rejects == []
    assert record.ref == "6f1f5d0e-0b8e-4b39-9b0f-3f1d7a3c0001"
    assert (record.opened, record.end, record.kind) == (at(11, 1), None, Kind.INSIDER)
    assert (record.status, record.severity) == ("In progress unknown", "high")
    assert record.organisations == ("Ministry",)
    assert record.indicators == (
        Indicator("serial", "ABCD", "of the stick", "RED"),
        Indicator("asset", "PC-7", "Windows, 203.0.113.7, Compromised"),
    )
    assert record.jobs == (Job("t-4", "Ask the owner", "Done", done=True),)
    assert record.lines == (
        Line("case", at(11, 1), "", "Somebody copied a register.\n\nCase: 7\nSOC: SOC-7\n"
             "Classification: Insider\nOwner: amna@cert.example\nTags: usb"),
        Line("event e-3", at(10, 30, 8), "amna", "A stick was plugged in\nSeen in the log.\n"
             "Category: Access\nAssets: PC-7 (Windows)\nIndicators: ABCD"),
        Line("note 5", at(11, 2, 10), "", "First\nNothing is lost."),
        Line("note 5 comment 6", at(11, 2, 11), "", "Agreed."),
        Line("task t-4", None, "", "Ask the owner\nPolitely.\nAssignees: Amna"),
    )  # fmt: skip
    assert record.left == ("evidence disk.e01 aa11",)


def test_what_was_closed_and_what_the_api_wraps() -> None:
    case = {**iris()["case"], "close_date": "2026-11-05", "status_id": 1}
    wrapped = {"status": "success", "data": iris(case=case, iocs=["x"], graph={})}
    (record,), _ = read(encoded([wrapped]), "case.json")
    assert record.end == End("rejected", at(11, 5))
    assert record.left == (
        "evidence disk.e01 aa11",
        "1 in `iocs`: no objects",
        "graph: no part of a case",
    )


def test_what_is_no_export_is_rejected() -> None:
    given_ = [7, {"data": None}, {"case": {}}, iris(case={"open_date": "2026-11-01"})]
    assert [one.why for one in read(encoded(given_), "x.json").rejects] == [
        "it has no `case`",
        "it has no `case`",
        "it does not say when it began",
        "it has no `case_uuid` or `case_id`",
    ]


NAMES = ("case", "data", "case_id", "name", "open_date", "client", "customer_name", "timeline",
         "event_title", "iocs", "ioc_type", "ioc_value", "notes", "note_title", "tasks", "tags",
         "custom_attributes", "comments", "assets", "asset_name")  # fmt: skip


@settings(max_examples=25)
@given(any_json(*NAMES).map(lambda inner: [inner]))
def test_any_json_gives_a_case_or_a_reject(document: Any) -> None:  # noqa: ANN401 any JSON
    found = read(encoded(document), "x.json")
    assert len(found.records) + len(found.rejects) == 1


@settings(max_examples=25)
@given(any_json(*NAMES))
def test_any_case_of_an_export_is_read(inner: Any) -> None:  # noqa: ANN401 any JSON
    whole = iris(**inner) if isinstance(inner, dict) else iris(iocs=inner, notes=inner)
    found = read(encoded(whole), "x.json")
    assert len(found.records) + len(found.rejects) == 1
