"""Cases of TheHive 4 and 5: what comes, what is left, and anything else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from tests.cases.brought.samples import any_json, encoded, hive

from pehra.cases.brought.record import End, Indicator, Job, Line
from pehra.cases.brought.thehive import read
from pehra.cases.rules import Kind
from pehra.kernel.labels import Tlp

BEGAN = datetime.fromtimestamp(1_793_527_200, UTC)


def test_a_case_with_observables_tasks_and_comments() -> None:
    (record,), rejects = read(encoded(hive()), "case.json")
    assert rejects == []
    assert (record.ref, record.title, record.opened) == ("~4096", "Ransomware at a mill", BEGAN)
    assert (record.kind, record.severity, record.tlp) == (Kind.RANSOMWARE, "high", Tlp.AMBER)
    assert (record.status, record.end) == ("InProgress", None)
    assert record.indicators == (Indicator("ip", "198.51.100.9", "control server, c2, ioc", "RED"),)
    assert record.jobs == (
        Job("~30", "Call the mill", "Completed", done=True),
        Job("~32", "Restore", "Waiting", done=False, due=BEGAN + timedelta(days=1)),
    )
    assert record.lines == (
        Line("case", BEGAN, "amna@cert.example", "Files have a new ending.\n\nCase: #12\nAssignee:"
             " amna@cert.example\nPAP: AMBER\nTags: ransomware, mill\nregion: north"),
        Line("comment ~40", BEGAN + timedelta(hours=2), "bilal", "Paid nothing."),
        Line("task ~30", None, "", "Call the mill\nBy telephone."),
        Line("log ~31", BEGAN + timedelta(hours=1), "amna@cert.example",
             "Call the mill\nThey answered."),
    )  # fmt: skip
    assert record.left == (
        "file note.txt: comes in as evidence",
        "task ~33: it has no title",
        "newField: x",
    )


@pytest.mark.parametrize(
    ("facts", "end"),
    [
        ({"status": "Resolved", "resolutionStatus": "FalsePositive"}, "rejected"),
        ({"status": "Resolved", "resolutionStatus": "TruePositive"}, "closed"),
        ({"status": "Duplicated"}, "duplicate"),
        ({"status": "True Positive"}, "closed"),
    ],
)
def test_how_it_ended(facts: dict[str, str], end: str) -> None:
    (record,), _ = read(encoded([hive(endDate=1_793_613_600_000, **facts)]), "cases.json")
    assert record.end == End(end, BEGAN + timedelta(days=1))


def test_a_case_of_version_4_with_what_stands_beside_it() -> None:
    case = {"id": "~7", "caseId": 3, "title": "Scan", "startDate": 1_793_527_200_000, "tlp": 0,
            "owner": "amna", "status": "Open",
            "customFields": {"site": {"string": "south"}}}  # fmt: skip
    beside = {"case": case, "artifacts": [{"dataType": "domain", "data": "a.example"}, "x"]}
    (record,), _ = read(encoded(beside), "case.json")
    assert (record.ref, record.tlp) == ("~7", Tlp.CLEAR)
    assert record.lines[0].text == "Case: #3\nAssignee: amna\nsite: south"
    assert [one.value for one in record.indicators] == ["a.example"]
    assert record.left == ("1 in `artifacts`: no objects",)


def test_what_is_no_case_is_rejected() -> None:
    found = read(
        encoded([1, {"title": "x", "startDate": 1_793_527_200}, hive(title=" ")]), "c.json"
    )
    assert [one.why for one in found.rejects] == [
        "it is no case",
        "it has no `_id`",
        "it has no title",
    ]


NAMES = ("case", "_id", "title", "startDate", "tags", "tlp", "tasks", "logs", "observables", "data",
         "dataType", "comments", "message", "customFields", "status", "attachment")  # fmt: skip


@settings(max_examples=25)
@given(any_json(*NAMES).map(lambda inner: [inner]))
def test_any_json_gives_a_case_or_a_reject(document: Any) -> None:  # noqa: ANN401 any JSON
    found = read(encoded(document), "x.json")
    assert len(found.records) + len(found.rejects) == 1
