"""A roster as iCalendar (RFC 5545), which telephones and calendars subscribe to. Pure."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pehra.mandate.roster.rules import Shift

_FOLD = 75
"""Octets of a line, without its end."""


def _escaped(text: str) -> str:
    kept = "".join(sign for sign in text if sign == "\n" or ord(sign) >= ord(" "))
    for sign in ("\\", ";", ","):
        kept = kept.replace(sign, f"\\{sign}")
    return kept.replace("\n", "\\n")


def _folded(line: str) -> str:
    """Lines of at most 75 octets, cut between characters; a space begins each further one."""
    parts: list[str] = []
    now = ""
    for sign in line:
        room = _FOLD - (1 if parts else 0)
        if len((now + sign).encode()) > room:
            parts.append(now)
            now = ""
        now += sign
    return "\r\n ".join([*parts, now])


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _uid(shift: Shift) -> str:
    words = f"{shift.team}\n{shift.person}\n{shift.role}\n{_stamp(shift.starts)}"
    return f"{hashlib.sha256(words.encode()).hexdigest()[:32]}@pehra"


def write(shifts: Iterable[Shift], *, now: datetime) -> bytes:
    """A calendar with an event for each shift; the same shift has the same number each time."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Pehra//Roster//EN", "CALSCALE:GREGORIAN"]
    for one in sorted(shifts):
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_uid(one)}",
            f"DTSTAMP:{_stamp(now)}",
            f"DTSTART:{_stamp(one.starts)}",
            f"DTEND:{_stamp(one.ends)}",
            f"SUMMARY:{_escaped(f'{one.team} {one.role}: {one.person}')}",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines).encode()
