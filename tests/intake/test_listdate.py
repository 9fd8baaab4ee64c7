"""Dates in the notes of lists."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.intake.columns import FUTURE
from pehra.intake.listdate import epoch_date, list_date

RECEIVED = datetime(2026, 11, 21, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("note", "date"),
    [
        ("Last-Modified: Mon, 06 Aug 2018 16:50:59 GMT", datetime(2018, 8, 6, 16, 50, 59, 0, UTC)),
        ("Last update: Mon, 20 Sep 2021 23:00:00 +0000", datetime(2021, 9, 20, 23, tzinfo=UTC)),
        ("Last updated: 2026-11-20 10:00:03 UTC   #", datetime(2026, 11, 20, 10, 0, 3, tzinfo=UTC)),
        ("last modified: 2026-11-20T15:00:00+05:00", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("Last updated: 2026-11-23 10:00:00", None),
        ("Last updated: 1970-01-01 00:00:00", None),
        ("Last updated: yesterday, I think", None),
        ("Last-Modified: Mon, 06 Aug 1971 00:00:00 +2300", None),
        ("Generated on 2026-11-20", None),
    ],
)  # fmt: skip
def test_a_note_names_a_date(note: str, date: datetime | None) -> None:
    assert list_date(["a list", note], RECEIVED) == date


@given(st.lists(st.text(max_size=40).map(lambda text: f"Last updated: {text}"), max_size=3))
def test_any_note_gives_a_past_moment_or_none(notes: list[str]) -> None:
    date = list_date(notes, RECEIVED)
    assert date is None or date <= RECEIVED + FUTURE


@pytest.mark.parametrize(
    ("seconds", "date"),
    [
        ("1715784000", datetime(2024, 5, 15, 14, 40, tzinfo=UTC)),
        ("99999999999", None),
        ("9" * 40, None),
        ("0", None),
        ("x", None),
    ],
)
def test_seconds_are_a_date(seconds: str, date: datetime | None) -> None:
    assert epoch_date(seconds, RECEIVED) == date
