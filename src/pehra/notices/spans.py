"""Days, weeks, months and halves of a year, by the nation's clock, of which reports are. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_HALF = 6
_DAY = timedelta(days=1)


class Every(StrEnum):
    """How often a report is made."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    OPEN = "open"
    """Each half year, for everybody."""


def begin(every: Every, day: date) -> date:
    """The first day of the period in which a day is; weeks begin on Monday (ISO 8601)."""
    if every == Every.DAILY:
        return day
    if every == Every.WEEKLY:
        return day - timedelta(days=day.weekday())
    if every == Every.MONTHLY:
        return day.replace(day=1)
    return day.replace(month=1 if day.month <= _HALF else _HALF + 1, day=1)


def following(every: Every, first: date) -> date:
    """The first day of the period after the one that begins with `first`."""
    longest = {Every.DAILY: 1, Every.WEEKLY: 7, Every.MONTHLY: 31, Every.OPEN: 184}
    return begin(every, first + timedelta(days=longest[every]))


def last_whole(every: Every, today: date) -> date:
    """The first day of the newest period that is over."""
    return begin(every, begin(every, today) - _DAY)


def span(every: Every, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of the period in which a day is, and the first after it."""
    first = begin(every, day)
    return (
        datetime.combine(first, time(), zone),
        datetime.combine(following(every, first), time(), zone),
    )
