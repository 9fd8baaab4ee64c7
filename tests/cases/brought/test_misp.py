"""Events of MISP as cases: what comes, what is left, and anything else."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from tests.cases.brought.samples import any_json, encoded, event
from tests.intake.agreement import members

from pehra.cases.brought.misp import read
from pehra.cases.brought.record import WIDE, End, Indicator, Line, Record, line_of
from pehra.cases.rules import Kind
from pehra.kernel.labels import Tlp

SHARED = Path(__file__).resolve().parents[4] / "shared/data"
ARCHIVES = ("advisories/eset-malware-ioc.tar.zst", "peer-tests/pymisp-events.tar.zst")
BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
STAMP = datetime.fromtimestamp(1_793_613_600, UTC)


def test_an_event() -> None:
    (record,), rejects = read(encoded(event()), "event.json")
    assert rejects == []
    assert (record.opened, record.status, record.end) == (BEGAN, "ongoing", None)
    assert (record.kind, record.severity, record.tlp) == (Kind.C2, "high", Tlp.GREEN)
    assert record.indicators == (
        Indicator(
            "ip-dst",
            "198.51.100.9",
            "Network activity, control, tlp:red, 2026-10-30, sighted 2 times, to_ids",
            "RED",
        ),
        Indicator("sha256", "bb", "file dropped sha256"),
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


def lost(told: dict[str, Any], record: Record) -> list[str]:
    """Values of an event that stand neither in its case nor in what is left of it."""
    several = [told, *(told.get("Object") or [])]
    every = [one for each in several for one in each.get("Attribute") or []]
    seen = {(one.kind, one.value) for one in record.indicators}
    left = " ".join(record.left)
    values = [(one["type"], line_of(one["value"], WIDE), one["uuid"]) for one in every]
    return [
        value
        for kind, value, ref in values
        if (kind, value) not in seen and value not in left and ref not in left
    ]


@pytest.mark.service
def test_published_events_lose_no_attribute() -> None:
    counts: Counter[str] = Counter()
    for archive in ARCHIVES:
        for name, data in members(SHARED / archive):
            if name.endswith(".json"):
                document = json.loads(data)
                inner = (
                    document.get("response", document) if isinstance(document, dict) else document
                )
                events = inner if isinstance(inner, list) else [inner]
                records, rejects = read(data, name)
                assert len(records) + len(rejects) == len(events)
                by_ref = {one.ref: one for one in records}
                for one in events:
                    told = one.get("Event", one)
                    if told.get("uuid") in by_ref:
                        assert lost(told, by_ref[told["uuid"]]) == []
                        counts["cases"] += 1
                counts["indicators"] += sum(len(one.indicators) for one in records)
    assert counts == {"cases": 65, "indicators": 3487}


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
