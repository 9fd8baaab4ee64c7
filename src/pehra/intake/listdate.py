"""The date that a list gives itself in its notes: `Last-Modified`, `Last updated: ...`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from pehra.intake.columns import FUTURE

if TYPE_CHECKING:
    from collections.abc import Iterable

_DATED = re.compile(r"(?i)\blast[ -]?(?:modified|updated?)\s*:\s*(.{8,60})")
_ZONE = re.compile(r"\s*\(?(?:UTC|GMT)\)?[\s#]*$")
_OLDEST = 1990


def list_date(notes: Iterable[str], received_at: datetime) -> datetime | None:
    """When the list was made, aware, UTC; None where it does not say so, or names a day to come.

    Args:
        notes: of the list, without their marks.
        received_at: aware; nothing is made later than that.
    """
    for note in notes:
        found = _DATED.search(note)
        moment = _moment(found[1]) if found else None
        if moment and moment.year >= _OLDEST and moment <= received_at + FUTURE:
            return moment
    return None


def epoch_date(seconds: str, received_at: datetime) -> datetime | None:
    """The same for seconds since 1970."""
    try:
        moment = datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.year >= _OLDEST and moment <= received_at + FUTURE else None


def _moment(text: str) -> datetime | None:
    """RFC 5322 or ISO 8601, the latter in UTC where it names no zone."""
    try:
        moment = datetime.fromisoformat(_ZONE.sub("", text).strip())
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None
