"""Which days are business days: neither weekend nor holiday, by dated rows of the structure.

Pure. A row says `sunday`, `08-14` (in every year) or `2027-03-10`; days that move with the moon are
rows of their own, added once they are notified.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import msgspec

from pehra.mandate.rules import in_force

if TYPE_CHECKING:
    from collections.abc import Iterable

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONGEST_REST = 366


class HolidayFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the structure; `territory` is its id, null for the whole nation."""

    day: str
    territory: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class Calendar(msgspec.Struct, frozen=True):
    """The holidays that are known."""

    holidays: tuple[HolidayFacts, ...] = ()

    def rests(self, on: date, territory: int | None = None) -> bool:
        """Whether offices are closed on a day, in a territory or in the whole nation."""
        words = (WEEKDAYS[on.weekday()], f"{on:%m-%d}", on.isoformat())
        return any(
            row.day in words
            and row.territory in (None, territory)
            and in_force(row.valid_from, row.valid_to, on)
            for row in self.holidays
        )

    def next_business_day(self, on: date, territory: int | None = None) -> date:
        """That day, or the first after it on which offices are open.

        Where the rows leave no such day within a year, the day itself: what must be told is told.
        """
        days: Iterable[date] = (on + timedelta(days=past) for past in range(_LONGEST_REST))
        return next((day for day in days if not self.rests(day, territory)), on)
