"""Laws of trying again and of schedules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.jobs import rules
from pehra.kernel.errors import (
    EnvironmentFault,
    IllegalStep,
    Refused,
    UnreadableFile,
    UsageError,
)

moments = st.integers(0, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
periods = st.timedeltas(timedelta(seconds=1), timedelta(days=400))
jitters = st.floats(0, 1, exclude_max=True)


@given(st.integers(-3, 10_000), jitters)
def test_delays_are_bounded_and_never_shrink(attempt: int, jitter: float) -> None:
    delay = rules.delay(attempt, jitter)
    assert rules.FIRST_DELAY / 2 <= delay <= rules.LONGEST_DELAY
    assert delay <= rules.delay(attempt + 1, jitter)


def test_delays_double() -> None:
    seconds = [rules.delay(attempt, 0).total_seconds() for attempt in (1, 2, 3, 8, 9, 10, 11)]
    assert seconds == [5, 10, 20, 640, 1280, 1800, 1800]


@given(moments, periods, moments)
def test_the_next_run_is_the_first_on_the_grid_after_now(
    due: datetime, every: timedelta, now: datetime
) -> None:
    following = rules.next_run(due, every, now)
    assert following > now
    assert (following - due) % every == timedelta(0)
    assert following == due or following - every <= now


@given(st.integers(1, 20), st.integers(1, 20))
def test_some_errors_are_final_and_tries_end(attempt: int, most: int) -> None:
    for error in (UsageError("x"), Refused("x"), IllegalStep("x"), UnreadableFile("x")):
        assert not rules.may_retry(error, attempt, most)
    for other in (EnvironmentFault("x"), OSError(), RuntimeError()):
        assert rules.may_retry(other, attempt, most) == (attempt < most)


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_what_has_ended_is_not_cancelled(state: str) -> None:
    with pytest.raises(IllegalStep, match=state):
        rules.check_cancel(state)


@pytest.mark.parametrize("state", ["queued", "running"])
def test_what_waits_or_runs_may_be_cancelled(state: str) -> None:
    rules.check_cancel(state)


def test_an_error_of_ours_keeps_its_sentence() -> None:
    assert rules.error_text(EnvironmentFault("No disk.", mend="Buy one.")) == "No disk. Buy one."


def test_any_other_error_keeps_its_last_lines() -> None:
    def deeper(depth: int) -> None:
        if not depth:
            message = "the cause " + "x" * 1000
            raise ValueError(message)
        deeper(depth - 1)

    with pytest.raises(ValueError, match="the cause") as caught:
        deeper(30)
    lines = rules.error_text(caught.value).splitlines()
    assert len(lines) <= 12
    assert lines[-1].startswith("ValueError: the cause xxx")
    assert max(len(line) for line in lines) <= 400
