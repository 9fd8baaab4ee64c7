"""Time as Pehra keeps it: aware datetimes in UTC, microseconds since 1970 in columns."""

from __future__ import annotations

from datetime import UTC, datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)


def clock() -> datetime:
    """Read the clock. Only doors and workers call this; everything else takes `now`."""
    return datetime.now(tz=UTC)


def micros(moment: datetime) -> int:
    """Microseconds since 1970-01-01T00:00:00Z of an aware `moment`, exactly."""
    delta = moment - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def iso(moment: datetime) -> str:
    """RFC 3339 in UTC with a `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
