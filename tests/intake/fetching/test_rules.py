"""When a source is tried next, when its silence is news, and whose a message is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.intake.fetching.rules import (
    FIRST_DELAY,
    LONGEST_DELAY,
    Rule,
    check_every,
    next_try,
    rule_for,
    silent_since,
)
from pehra.kernel.errors import UsageError

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
RHYTHMS = st.integers(60, 40 * 86_400).map(lambda seconds: timedelta(seconds=seconds))
JITTER = st.floats(0, 1, exclude_max=True)


@given(every=RHYTHMS, jitter=JITTER)
def test_after_a_success_it_keeps_its_rhythm(every: timedelta, jitter: float) -> None:
    pause = next_try(every, 0, jitter, NOW) - NOW
    assert every * 0.95 - timedelta(seconds=1) <= pause <= every


@given(every=RHYTHMS, failures=st.integers(1, 10_000), jitter=JITTER)
def test_after_failures_it_waits_longer_each_time_but_not_for_ever(
    every: timedelta, failures: int, jitter: float
) -> None:
    pause = next_try(every, failures, jitter, NOW) - NOW
    assert FIRST_DELAY / 2 <= pause <= max(LONGEST_DELAY, every)
    assert pause <= next_try(every, failures + 1, jitter, NOW) - NOW


def test_two_that_failed_together_come_apart() -> None:
    day = timedelta(days=1)
    assert next_try(day, 3, 0.0, NOW) - NOW == timedelta(minutes=2)
    assert next_try(day, 3, 0.5, NOW) - NOW == timedelta(minutes=3)
    assert next_try(day, 1, 0.0, NOW) < next_try(day, 0, 0.9, NOW)


def test_silence_is_news_after_so_many_rhythms() -> None:
    day = timedelta(days=1)
    assert silent_since(NOW - 3 * day, day, 3, NOW) is None
    assert silent_since(NOW - 4 * day, day, 3, NOW) == NOW - day


def test_nobody_is_asked_more_than_once_a_minute() -> None:
    check_every(timedelta(seconds=60))
    with pytest.raises(UsageError):
        check_every(timedelta(seconds=59))


RULES = (
    Rule("one", sender="reports@one.example", subject="*daily*"),
    Rule("two", sender="@two.example", file="*.csv*"),
    Rule("any", sender="@example"),
)


@pytest.mark.parametrize(
    ("sender", "subject", "source"),
    [
        ("reports@one.example", "[Daily] report", "one"),
        ("Reports@One.EXAMPLE", "DAILY", "one"),
        ("reports@one.example", "weekly", None),
        ("x.reports@one.example", "daily", None),
        ("a@two.example", "", "two"),
        ("a@evil-two.example", "", None),
        ("a@two.example.evil.test", "", None),
        ("two.example", "", None),
        ("", "", None),
    ],
)
def test_the_first_rule_that_fits_decides(sender: str, subject: str, source: str | None) -> None:
    rule = rule_for(RULES, sender, subject)
    assert (rule.source if rule else None) == source


def test_attachments_are_chosen_by_name() -> None:
    assert RULES[1].takes("Report.CSV.gz")
    assert not RULES[1].takes("logo.png")
    assert RULES[0].takes("")


def test_a_long_subject_takes_no_time() -> None:
    rule = Rule("one", subject="*a*b*c*d*e*f*")
    assert not rule.fits("x@one.example", "abcde" * 1_000_000)
