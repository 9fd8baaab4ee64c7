"""The state table, and when silence means something."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.findings.rules import (
    CLEAN_CYCLES,
    CLEAN_TIME,
    DAY,
    ENDED,
    SETTLED,
    STANDING,
    TABLE,
    Act,
    Known,
    Outcome,
    State,
    check_exception,
    is_clear,
    on_sighting,
    step,
)
from pehra.kernel.errors import IllegalStep, Refused, UsageError

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
states = st.sampled_from(State)
acts = st.sampled_from(Act)
days = st.lists(st.dates(date(2026, 10, 1), date(2026, 11, 25)), max_size=30)
moments = st.integers(0, 52 * 86_400).map(
    lambda s: datetime(2026, 10, 1, tzinfo=UTC) + timedelta(seconds=s)
)


@given(states, acts)
def test_a_step_is_in_the_table_or_refused(state: State, act: Act) -> None:
    if (state, act) in TABLE:
        assert step(state, act) == TABLE[state, act]
    else:
        with pytest.raises(IllegalStep) as refused:
            step(state, act)
        assert refused.value.mend


@given(acts)
def test_nothing_follows_an_end(act: Act) -> None:
    for state in ENDED:
        with pytest.raises(IllegalStep, match=state.word):
            step(state, act)


@given(st.lists(acts, max_size=12))
def test_gone_is_reached_by_coverage_alone(path: list[Act]) -> None:
    state = State.OPEN
    for act in path:
        try:
            after = step(state, act)
        except IllegalStep:
            continue
        assert (after == State.GONE) == (act == Act.CLEAR)
        assert (after == State.RELAPSED) == (act == Act.SEE)
        state = after


def test_every_state_is_standing_settled_or_ended() -> None:
    assert {State.GONE, State.PASSED} == set(State) - STANDING - ENDED
    assert {State.FIX_CLAIMED} == STANDING & SETTLED
    assert {state for state, act in TABLE if act == Act.SEE} == SETTLED


def test_words_are_unique_and_read_back() -> None:
    assert [State.of_word(state.word) for state in State] == list(State)
    assert State.PASSED.word == "passed-to-subscriber"


known = st.builds(
    Known,
    state=states,
    holder=st.none() | st.integers(1, 3),
    last_seen=st.integers(0, 100),
    settled_at=st.none() | st.integers(0, 100),
)


@given(known, st.none() | st.integers(1, 3), st.integers(0, 100))
def test_an_older_report_never_reopens_or_hands_over(
    standing: Known, holder: int | None, seen: int
) -> None:
    outcome = on_sighting(standing, holder, seen)
    if outcome == Outcome.RELAPSE:
        assert standing.state in SETTLED
        assert standing.settled_at is None or seen > standing.settled_at
    if outcome == Outcome.TRANSFER:
        assert seen > standing.last_seen
        assert None not in (holder, standing.holder)
    if holder is None:
        assert outcome in {Outcome.COUNT, Outcome.RELAPSE}


@given(moments, days, st.integers(0, 20))
def test_clear_needs_three_clean_days_and_the_time(
    last_seen: datetime, covered: list[date], window_days: int
) -> None:
    window = timedelta(days=window_days)
    shown = is_clear(last_seen, covered, NOW, window=window)
    clean = {
        day
        for day in covered
        if datetime(day.year, day.month, day.day, tzinfo=UTC) > last_seen
        and datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) <= NOW
    }
    if shown is None:
        ends = sorted(datetime(d.year, d.month, d.day, tzinfo=UTC) + timedelta(1) for d in clean)
        late = [
            end for end in ends[CLEAN_CYCLES - 1 :] if end - last_seen >= max(window, CLEAN_TIME)
        ]
        assert late == []
    else:
        before = [day for day in clean if day < shown.date()]
        assert len(before) >= CLEAN_CYCLES
        assert shown - last_seen >= max(CLEAN_TIME, window)
        assert shown <= NOW


@given(moments)
def test_silence_alone_closes_nothing(last_seen: datetime) -> None:
    assert is_clear(last_seen, [], NOW, window=timedelta(0)) is None


def test_the_day_of_the_sighting_is_not_clean() -> None:
    seen = datetime(2026, 11, 10, 5, tzinfo=UTC)
    covered = [date(2026, 11, day) for day in (10, 11, 12)]
    assert is_clear(seen, covered, NOW, window=timedelta(0)) is None
    covered.append(date(2026, 11, 13))
    assert is_clear(seen, covered, NOW, window=timedelta(0)) == datetime(2026, 11, 14, tzinfo=UTC)


def test_a_risk_is_accepted_to_a_day_at_most_ninety_ahead() -> None:
    last = datetime(2027, 2, 20, 23, 59, 59, tzinfo=UTC)
    assert check_exception(last, NOW) == last
    for wrong, error in ((None, UsageError), (NOW, UsageError), (last + 2 * DAY, Refused)):
        with pytest.raises(error) as refused:
            check_exception(wrong, NOW)
        assert refused.value.mend
