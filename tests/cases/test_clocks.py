"""Which clocks run is decided by a case's facts and the dated rows, for all categories."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module

from msgspec.structs import replace

from pehra.cases.clocks import Clock, Facts, running
from pehra.cases.rules import State
from pehra.mandate.rules import ClockFacts

T0 = datetime(2026, 11, 22, 6, tzinfo=UTC)
ROWS = (
    *import_module("pehra.mandate.migrations.0009_categories_of_cases").CLOCKS,
    ("early-warning", None, 24, 0),
    ("notification", None, 72, 0),
    ("final", None, 720, 0),
)
TABLE = [
    ClockFacts(id=number, kind=kind, category=category, hours=hours, minutes=minutes)
    for number, (kind, category, hours, minutes) in enumerate(ROWS)
]
CASE = Facts(state=State.CONFIRMED, severity=1, provisional=False, aware_at=T0)


def due(facts: Facts, table: list[ClockFacts] | None = None) -> dict[str, float]:
    found = running(facts, table or TABLE, T0.date())
    return {one.kind.value: (one.due_at - T0).total_seconds() / 3600 for one in found}


def test_the_table_of_rules_4_1() -> None:
    reported = replace(CASE, state=State.REPORTED)
    triage = [due(replace(reported, severity=grade))["case-triage"] for grade in range(1, 7)]
    assert triage == [0.25, 0.5, 4, 24, 24, 72]
    owed = {"early-warning": 24, "notification": 72, "final": 792}
    assert due(CASE) == {"case-call": 0.5, "case-situation": 2, **owed}
    assert due(replace(CASE, severity=2)) == {"case-call": 1, "case-situation": 6, **owed}
    assert due(replace(CASE, severity=3)) == {"case-call": 8, "case-situation": 24, **owed}
    assert due(replace(CASE, severity=4)) == {"case-situation": 168}
    assert due(replace(CASE, severity=6)) == {}
    assert due(replace(CASE, severity=None)) == {}


def test_a_row_of_a_sector_or_a_category_binds() -> None:
    telecom = ClockFacts(id=90, kind="early-warning", hours=6, sector=7)
    voluntary = ClockFacts(id=91, kind="early-warning", hours=48, category=4)
    affected = replace(CASE, holders=[(1, 5), (2, 7)])
    assert due(affected, [*TABLE, telecom])["early-warning"] == 6
    assert due(replace(CASE, severity=4), [*TABLE, voluntary])["early-warning"] == 48


def test_clocks_end_and_follow_one_another() -> None:
    told = T0 + timedelta(hours=10)
    after = replace(CASE, met={Clock.NOTIFICATION: told, Clock.SITUATION: told})
    assert due(after)["final"] == 730
    assert due(after)["case-situation"] == 12
    assert "notification" not in due(after)
    assert due(replace(CASE, provisional=True, graded_at=told))["case-grade"] == 12


def test_the_review_is_due_after_the_end_and_again_after_another() -> None:
    closed = replace(CASE, state=State.CLOSED, closed_at=T0 + timedelta(hours=100))
    assert due(closed)["case-review"] == 820
    assert "case-situation" not in due(closed)
    reviewed = replace(closed, met={Clock.REVIEW: T0 + timedelta(hours=101)})
    assert "case-review" not in due(reviewed)
    again = replace(reviewed, closed_at=T0 + timedelta(hours=200))
    assert due(again)["case-review"] == 920
    for state in (State.MERGED, State.REJECTED, State.DUPLICATE):
        assert due(replace(CASE, state=state)) == {}
