"""Numbers and moments as pages show them, made in Python: a filter per cell costs five times more.

Latin digits and groups of three in both languages. A moment is shown in the nation's zone with UTC
beside it, and always carries its machine-readable form.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.utils import formats, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pehra.kernel.errors import UsageError
from pehra.kernel.time import iso

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
NOTHING = "\u2013"
"""What stands where there is no value: an en dash."""
MOST = 10_000
"""Totals above this are not counted: a list says `10,000+`."""


class Moment(msgspec.Struct, frozen=True):
    """One point in time, ready to print.

    Attributes:
        day: in the nation's zone, in the reader's language.
        time: in the nation's zone, with the zone's letters; left to right in every language.
        utc_day: the day in UTC, where it is another one than there.
        utc: the time in UTC.
        machine: RFC 3339, for the `datetime` attribute.
        ago: how far from now, in words.
    """

    day: str
    time: str
    utc_day: str
    utc: str
    machine: str
    ago: str


def number(value: int) -> str:
    """`1234567` as `1,234,567`."""
    return f"{value:,}"


def total(value: int) -> str:
    """A total that was counted no further than `MOST`."""
    return f"{MOST:,}+" if value > MOST else number(value)


def size(octets: int) -> str:
    """Bytes in the largest binary unit that gives at least 1."""
    amount = float(octets)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":  # noqa: PLR2004 the definition of a binary unit
            return f"{amount:,.0f} {unit}" if unit == "B" else f"{amount:,.1f} {unit}"
        amount /= 1024
    raise AssertionError


def day(value: date) -> str:
    """A day in the reader's language, such as `22 Nov 2026`."""
    return formats.date_format(value, "j M Y")


def zone() -> ZoneInfo:
    """The nation's time zone, from `pehra.toml`."""
    return ZoneInfo(settings.PEHRA.nation.time_zone)


def span(seconds: float) -> str:
    """A length of time in its one largest unit: `3 hours`."""
    amount = abs(int(seconds))
    if amount < _HOUR:
        minutes = max(1, amount // _MINUTE)
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    if amount < 2 * _DAY:
        hours = amount // _HOUR
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    days = amount // _DAY
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def moment(value: datetime | None, *, now: datetime) -> Moment | None:
    """A moment, ready to print; None stays None."""
    if value is None:
        return None
    local, universal = value.astimezone(zone()), value.astimezone(UTC)
    gap = (now - value).total_seconds()
    words = _("%(span)s ago") if gap >= 0 else _("in %(span)s")
    return Moment(
        day=day(local.date()),
        time=f"{local:%H:%M} {local.tzname()}",
        utc_day=day(universal.date()) if local.date() != universal.date() else "",
        utc=f"{universal:%H:%M} UTC",
        machine=iso(value),
        ago=words % {"span": span(gap)},
    )


class Due(msgspec.Struct, frozen=True):
    """A deadline: when, in words, and whether it has passed."""

    moment: Moment
    words: str
    late: bool


def due(value: datetime | None, *, now: datetime) -> Due | None:
    """A deadline as seen from `now`; None where there is none."""
    shown = moment(value, now=now)
    if value is None or shown is None:
        return None
    late = value <= now
    words = _("%(span)s overdue") if late else _("due in %(span)s")
    return Due(shown, words % {"span": span((value - now).total_seconds())}, late)


def day_of(text: str) -> date:
    """A day written as `2026-11-22`.

    Raises:
        UsageError: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"`{text[:40]}` is no day."
        raise UsageError(message, mend="Write it as 2026-01-31.") from None


def start_of(text: str) -> datetime | None:
    """The first moment of a day written as `2026-11-22`, in the nation's zone; None for no day."""
    try:
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), zone())
    except ValueError:
        return None


def local_moment(text: str) -> datetime | None:
    """A moment as a form sends it, `2026-11-22T09:30`, in the nation's zone; None for none."""
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (told if told.tzinfo else told.replace(tzinfo=zone())).astimezone(UTC)


def end_of(text: str) -> datetime | None:
    """The last moment of such a day."""
    begin = start_of(text)
    return begin + timedelta(days=1, microseconds=-1) if begin else None


def right_to_left() -> bool:
    """Whether the reader's language runs from right to left."""
    return translation.get_language_bidi()
