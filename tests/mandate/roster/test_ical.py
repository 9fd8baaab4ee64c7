"""A roster as iCalendar: RFC 5545, read back by unfolding."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pehra.mandate.roster.ical import write
from pehra.mandate.roster.rules import Shift

NOW = datetime(2026, 11, 28, tzinfo=UTC)
FIRST = datetime(2026, 11, 30, 3, tzinfo=UTC)


def shift(person: str = "amna@cert.example") -> Shift:
    return Shift(FIRST, FIRST + timedelta(hours=8), "national", "on-call", person)


def test_a_shift_is_an_event_with_the_same_number_each_time() -> None:
    text = write([shift()], now=NOW).decode()
    lines = text.split("\r\n")
    assert lines[:5] == [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Pehra//Roster//EN", "CALSCALE:GREGORIAN",
        "BEGIN:VEVENT",
    ]  # fmt: skip
    assert lines[6:10] == [
        "DTSTAMP:20261128T000000Z",
        "DTSTART:20261130T030000Z",
        "DTEND:20261130T110000Z",
        "SUMMARY:national on-call: amna@cert.example",
    ]
    later = write([shift()], now=NOW + timedelta(days=1)).decode().split("\r\n")
    assert (later[5], later[5].endswith("@pehra")) == (lines[5], True)


@given(st.text(max_size=120))
def test_lines_are_folded_and_nothing_breaks_out(person: str) -> None:
    content = write([shift(person)], now=NOW)
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    unfolded = content.decode().replace("\r\n ", "").split("\r\n")
    assert [line.partition(":")[0] for line in unfolded[4:-2]] == [
        "BEGIN", "UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "END",
    ]  # fmt: skip
