"""Periods by the nation's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.notices.spans import Every, begin, following, last_whole, span

KARACHI = ZoneInfo("Asia/Karachi")


@pytest.mark.parametrize(
    ("every", "first", "after"),
    [
        (Every.DAILY, date(2026, 11, 28), date(2026, 11, 29)),
        (Every.WEEKLY, date(2026, 11, 23), date(2026, 11, 30)),
        (Every.MONTHLY, date(2026, 11, 1), date(2026, 12, 1)),
        (Every.OPEN, date(2026, 7, 1), date(2027, 1, 1)),
    ],
)
def test_periods_of_a_saturday(every: Every, first: date, after: date) -> None:
    day = date(2026, 11, 28)
    assert (begin(every, day), following(every, first)) == (first, after)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(Every))
def test_periods_follow_one_another_without_a_gap(day: date, every: Every) -> None:
    first = begin(every, day)
    after = following(every, first)
    assert first <= day < after
    assert (begin(every, after), begin(every, after - timedelta(days=1))) == (after, first)
    assert following(every, last_whole(every, day)) == first


def test_a_day_begins_by_the_nations_clock() -> None:
    assert span(Every.DAILY, date(2026, 11, 28), KARACHI) == (
        datetime(2026, 11, 27, 19, tzinfo=UTC),
        datetime(2026, 11, 28, 19, tzinfo=UTC),
    )
