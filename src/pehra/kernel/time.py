"""Time as Pehra keeps it: aware datetimes in UTC, microseconds since 1970 in columns."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)


TEST_CLOCK = "PEHRA_TEST_CLOCK"
"""An environment variable for tests: a file that says what time it is, so that days can pass."""


def clock() -> datetime:
    """Read the clock. Only doors and workers call this; everything else takes `now`."""
    told = os.environ.get(TEST_CLOCK)
    if told:
        return datetime.fromisoformat(Path(told).read_text().strip()).astimezone(UTC)
    return datetime.now(tz=UTC)


def micros(moment: datetime) -> int:
    """Microseconds since 1970-01-01T00:00:00Z of an aware `moment`, exactly."""
    delta = moment - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def iso(moment: datetime) -> str:
    """RFC 3339 in UTC with a `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
