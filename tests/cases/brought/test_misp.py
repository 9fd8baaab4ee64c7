"""Events of MISP as cases: what comes, what is left, and anything else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from tests.cases.brought.samples import any_json, encoded, event

from pehra.cases.brought.misp import read
from pehra.cases.brought.record import End, Indicator, Line
from pehra.cases.rules import Kind
from pehra.kernel.labels import Tlp

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
STAMP = datetime.fromtimestamp(1_793_613_600, UTC)


def test_an_event() -> None:
    (record,), rejects = read(encoded(event()), "event.json")
    assert rejects == []
    assert (record.opened, record.status, record.end) == (BEGAN, "ongoing", None)
    assert (record.kind, record.severity, record.tlp) == (Kind.C2, "high", Tlp.GREEN)
    assert record.indicators == (
        Indicator("ip-dst", "198.51.100.9", "Network activity, control, tlp:red, to_ids", "RED"),
        Indicator("sha256", "bb", "file sha256"),
    )
    assert record.lines == (
        Line("event", BEGAN, "Exercise CERT", "Event: 9\nOrganisation: Exercise CERT\n"
             'Tags: tlp:green, rsit:malicious-code="c2-server"'),
        Line("report r-1", STAMP, "", "Report\nIt spreads by mail."),
    )  # fmt: skip
    assert record.left == (
        "malware-sample x.exe|aa: comes in as evidence",
        "attribute a-3: deleted there",
        "related event u-1",
    )


def test_an_answer_to_a_search_and_what_is_complete() -> None:
    found = read(encoded({"response": [event(analysis="2", Tag=[]), {}, 3]}), "events.json")
    (record,) = found.records
    assert (record.end, record.tlp) == (End("closed", STAMP), Tlp.AMBER)
    assert [(one.place, one.why) for one in found.rejects] == [
        ("event 2 of the file", "it does not say when it began"),
        ("event 3 of the file", "it is no event"),
    ]


NAMES = ("Event", "uuid", "info", "date", "timestamp", "Tag", "name", "Attribute", "type", "value",
         "Object", "EventReport", "Galaxy", "GalaxyCluster", "RelatedEvent", "Orgc")  # fmt: skip


@settings(max_examples=25)
@given(any_json(*NAMES).map(lambda inner: [inner]))
def test_any_json_gives_an_event_or_a_reject(document: Any) -> None:  # noqa: ANN401 any JSON
    found = read(encoded(document), "x.json")
    assert len(found.records) + len(found.rejects) == 1


@settings(max_examples=25)
@given(any_json(*NAMES))
def test_anything_in_an_event_is_read(inner: Any) -> None:  # noqa: ANN401 any JSON
    whole = event(**inner) if isinstance(inner, dict) else event(Attribute=inner, Object=inner)
    found = read(encoded(whole), "x.json")
    assert len(found.records) + len(found.rejects) == 1
