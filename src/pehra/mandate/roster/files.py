"""Shifts as the files that they are taken out as: CSV, which comes in again, and iCalendar."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Protocol

from pehra.mandate.roster import ical, sheet
from pehra.mandate.roster.rules import Shift

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

FORMS = {"csv": "text/csv", "ics": "text/calendar"}
"""Endings, and what each is on the web."""


class Planned(Protocol):
    """A shift as `queries.shifts` and anybody else tells of it."""

    @property
    def starts(self) -> datetime:
        """When it begins."""

    @property
    def ends(self) -> datetime:
        """When it is over."""

    @property
    def team(self) -> str:
        """Slug."""

    @property
    def role(self) -> str:
        """`rules.Duty`."""

    @property
    def person(self) -> str:
        """Mail address."""


def write(shifts: Iterable[Planned], form: str, *, now: datetime) -> bytes:
    """Shifts in one of `FORMS`."""
    rows = [
        Shift(one.starts.astimezone(UTC), one.ends.astimezone(UTC), one.team, one.role, one.person)
        for one in shifts
    ]
    return sheet.write(rows) if form == "csv" else ical.write(rows, now=now)
