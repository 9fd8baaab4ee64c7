"""Which clocks run in a case, from when, and by when each ends (rules, section 4.1).

How long each takes is a dated row of mandate, by the case's category and by whom it affects; here
stands only what each clock is about. Calendar hours; a clock never stops for a hand-off. Pure.
"""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 msgspec reads the annotation when it runs
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from pehra.cases.rules import State
from pehra.cases.severity import NATIONAL, SIGNIFICANT
from pehra.mandate.rules import ClockFacts, ResolvedClock, hours

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Clock(StrEnum):
    """Kinds of `mandate.Clock` that are of cases."""

    TRIAGE = "case-triage"
    """A person looks at it."""
    GRADE = "case-grade"
    """The director confirms C1 or C2; silence keeps it."""
    CALL = "case-call"
    """The lead is named, and whoever owns the systems is telephoned."""
    SITUATION = "case-situation"
    """The next situation report."""
    EARLY_WARNING = "early-warning"
    NOTIFICATION = "notification"
    FINAL = "final"
    REVIEW = "case-review"
    """What was learned, after the end."""


OF_THE_ENTITY = frozenset({Clock.EARLY_WARNING, Clock.NOTIFICATION, Clock.FINAL})
"""What the affected owes. For C4 to C6 it is of free will, unless a row names the category."""

BY_PERSONS = frozenset({Clock.CALL, *OF_THE_ENTITY, Clock.REVIEW})
"""Clocks that somebody meets by saying that it was done; the others end with their own act."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What clocks look at in a case.

    Attributes:
        holders: pairs of an affected organisation and its sector.
        met: kind -> when it was met last.
    """

    state: State
    severity: int | None
    provisional: bool
    aware_at: datetime
    graded_at: datetime | None = None
    closed_at: datetime | None = None
    holders: Sequence[tuple[int, int | None]] = ()
    met: Mapping[str, datetime] = {}


class Running(msgspec.Struct, frozen=True):
    """A clock that runs: since when, until when, and which row said so."""

    kind: Clock
    started_at: datetime
    due_at: datetime
    clock: int
    unconfirmed: bool


def running(facts: Facts, table: Iterable[ClockFacts], on: date) -> list[Running]:
    """The clocks that run in a case as it stands, in the order of their ends."""
    rows = list(table)
    found = [
        Running(kind, since, since + row.span, row.clock, row.unconfirmed)
        for kind in Clock
        if (since := _since(kind, facts, rows, on)) is not None
        and (row := _row(kind, facts, rows, on)) is not None
    ]
    return sorted(found, key=lambda one: (one.due_at, one.kind))


def _row(kind: Clock, facts: Facts, table: Sequence[ClockFacts], on: date) -> ResolvedClock | None:
    """The strictest of the rows that bind those who are affected."""
    if kind in OF_THE_ENTITY and facts.severity not in SIGNIFICANT:
        table = [row for row in table if row.category is not None]
    found = [
        hours(
            table,
            kind=kind,
            severity=None,
            sector=sector,
            organisation=organisation,
            on=on,
            category=facts.severity,
        )
        for organisation, sector in facts.holders or ((None, None),)
    ]
    known = [row for row in found if row is not None]
    return min(known, key=lambda row: (row.span, row.clock)) if known else None


def _since(kind: Clock, facts: Facts, table: Sequence[ClockFacts], on: date) -> datetime | None:
    """From when a clock runs; null: it does not."""
    met = facts.met.get(kind)
    if facts.state in {State.REJECTED, State.DUPLICATE, State.MERGED}:
        return None
    if kind in _OF_STATES:
        return _of_a_state(kind, facts, met)
    if facts.state == State.CLOSED and kind not in OF_THE_ENTITY:
        return None
    if facts.severity is None or (met is not None and kind is not Clock.SITUATION):
        return None
    if kind is Clock.FINAL:
        return _since_notification(facts, table, on)
    return met or facts.aware_at


_OF_STATES = frozenset({Clock.TRIAGE, Clock.GRADE, Clock.REVIEW})
"""They run while the case stands so, however often."""


def _of_a_state(kind: Clock, facts: Facts, met: datetime | None) -> datetime | None:
    if kind is Clock.TRIAGE:
        return facts.aware_at if facts.state == State.REPORTED else None
    if kind is Clock.GRADE:
        asked = facts.provisional and facts.severity in NATIONAL  # silence makes nothing milder
        return facts.graded_at if asked else None
    if facts.state != State.CLOSED or facts.closed_at is None:
        return None
    return facts.closed_at if met is None or met < facts.closed_at else None  # reviewed again


def _since_notification(facts: Facts, table: Sequence[ClockFacts], on: date) -> datetime | None:
    """The final account counts from the notification, or from when that was due."""
    told = facts.met.get(Clock.NOTIFICATION)
    if told is not None:
        return told
    row = _row(Clock.NOTIFICATION, facts, table, on)
    return facts.aware_at + row.span if row else None
