"""Time is UTC, aware, and exact to the microsecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.time import EPOCH, FOREVER, TEST_CLOCK, clock, iso, micros

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(
    min_value=datetime(1, 1, 2),  # noqa: DTZ001 hypothesis wants it naive
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001 hypothesis wants it naive
    timezones=ZONES,
)


@given(MOMENTS)
def test_micros_are_exact(moment: datetime) -> None:
    assert EPOCH + timedelta(microseconds=micros(moment)) == moment


def test_micros_of_known_moments() -> None:
    assert micros(EPOCH) == 0
    assert micros(datetime(2026, 11, 22, 6, 12, 0, 5, tzinfo=UTC)) == 1_795_327_920_000_005
    assert micros(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)) == -1_000_000


@given(MOMENTS)
def test_iso_reads_back(moment: datetime) -> None:
    assert iso(moment)[-1] == "Z"
    assert datetime.fromisoformat(iso(moment)) == moment


def test_iso_turns_to_utc() -> None:
    karachi = timezone(timedelta(hours=5))
    assert iso(datetime(2026, 11, 22, 5, tzinfo=karachi)) == "2026-11-22T00:00:00Z"


def test_the_clock_is_aware_and_before_forever() -> None:
    assert clock().tzinfo is UTC
    assert EPOCH < clock() < FOREVER


def test_a_test_may_set_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "clock").write_text("2022-06-01T11:00:00+05:00\n")
    monkeypatch.setenv(TEST_CLOCK, str(tmp_path / "clock"))
    assert clock() == datetime(2022, 6, 1, 6, tzinfo=UTC)
    assert clock().tzinfo is UTC
