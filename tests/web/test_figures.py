"""Numbers and moments in words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from pehra.web import figures

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (9_999, "9,999"), (10_000, "10,000"), (10_001, "10,000+")]
)
def test_totals_are_not_counted_beyond_ten_thousand(value: int, text: str) -> None:
    assert figures.total(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (1_023, "1,023 B"),
        (1_536, "1.5 KiB"),
        (5 * 2**20, "5.0 MiB"),
        (2**41, "2,048.0 GiB"),
    ],
)
def test_sizes(value: int, text: str) -> None:
    assert figures.size(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3, "1 minute"),
        (-600, "10 minutes"),
        (3_600, "1 hour"),
        (47 * 3600, "47 hours"),
        (200_000, "2 days"),
    ],
)
def test_spans(seconds: int, text: str) -> None:
    assert figures.span(seconds) == text


def test_a_moment_is_local_with_utc_beside_it() -> None:
    shown = figures.moment(NOON + timedelta(hours=8), now=NOON)
    assert shown == figures.Moment(
        day="23 Nov 2026",
        time="01:00 PKT",
        utc_day="22 Nov 2026",
        utc="20:00 UTC",
        machine="2026-11-22T20:00:00Z",
        ago="in 8 hours",
    )
    assert figures.moment(None, now=NOON) is None


def test_days_speak_the_language_with_latin_digits() -> None:
    with translation.override("ur"):
        assert figures.day(date(2026, 11, 22)) == "22 نومبر 2026"
        assert figures.right_to_left()


@pytest.mark.parametrize(
    ("hours", "words", "late"),
    [(5, "due in 5 hours", False), (0, "1 minute overdue", True), (-72, "3 days overdue", True)],
)
def test_deadlines(hours: int, words: str, *, late: bool) -> None:
    due = figures.due(NOON + timedelta(hours=hours), now=NOON)
    assert due is not None
    assert (due.words, due.late) == (words, late)


@given(st.dates(date(1971, 1, 2), date(9998, 12, 30)))
def test_a_day_reaches_from_its_first_to_its_last_moment(day: date) -> None:
    begin, end = figures.start_of(day.isoformat()), figures.end_of(day.isoformat())
    assert begin is not None
    assert end is not None
    assert (begin.date(), end.date()) == (day, day)
    assert (end + timedelta(microseconds=1)).date() == day + timedelta(days=1)


@given(st.text())
def test_any_text_is_a_day_or_none(text: str) -> None:
    assert figures.start_of(text) is None or figures.end_of(text) is not None
