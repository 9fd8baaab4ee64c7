"""How far letters go, and what becomes of them; the state table loses nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dispatch.test_gates import BANK, DESK, NOC, PERSON, RECIPIENTS, SCHOOL

from pehra.dispatch.rules import (
    ANEW,
    GIVE_UP,
    STEPS,
    Course,
    Mode,
    Recipient,
    Sending,
    State,
    check_change,
    check_confirm,
    check_step,
    course,
    next_try,
)
from pehra.kernel.errors import IllegalStep, Refused, UsageError
from pehra.kernel.labels import Tlp

NOW = datetime(2026, 11, 28, 6, tzinfo=UTC)
SENDINGS = st.builds(
    Sending,
    mode=st.sampled_from(Mode),
    redirect_to=st.sampled_from(["", "all@cert.example"]),
    pilot=st.frozensets(st.sampled_from([BANK, SCHOOL])),
)


@given(st.sampled_from(Mode), SENDINGS, RECIPIENTS, st.sampled_from(Tlp))
def test_nothing_goes_further_than_it_may(
    mode: Mode, sending: Sending, to: Recipient, tlp: Tlp
) -> None:
    way = course(mode, sending, to, tlp)
    least = min(mode.reach, sending.mode.reach)
    if way.state == State.WAITING:
        assert least > Mode.PREVIEW.reach
        if way.address == to.address:
            assert least == Mode.LIVE.reach or to.organisation in sending.pilot
        else:
            assert (way.address, tlp == Tlp.RED) == ("all@cert.example", False)
    else:
        assert way == Course(way.state, to.address)


def test_each_mode() -> None:
    redirect = Sending(mode=Mode.REDIRECT, redirect_to="all@cert.example")
    pilot = Sending(mode=Mode.PILOT, pilot=frozenset({BANK}))
    live = Sending(mode=Mode.LIVE)
    told = [
        course(Mode.LIVE, Sending(), DESK, Tlp.AMBER),
        course(Mode.LIVE, redirect, DESK, Tlp.AMBER),
        course(Mode.LIVE, redirect, PERSON, Tlp.RED),
        course(Mode.LIVE, pilot, DESK, Tlp.AMBER),
        course(Mode.LIVE, pilot, NOC, Tlp.AMBER),
        course(Mode.LIVE, live, NOC, Tlp.AMBER),
        course(Mode.REDIRECT, live, NOC, Tlp.AMBER),
    ]
    assert told == [
        Course(State.PREVIEWED, DESK.address),
        Course(State.WAITING, "all@cert.example"),
        Course(State.PREVIEWED, DESK.address),
        Course(State.WAITING, DESK.address),
        Course(State.HELD, NOC.address),
        Course(State.WAITING, NOC.address),
        Course(State.PREVIEWED, NOC.address),
    ]


def test_live_is_made_by_two() -> None:
    with pytest.raises(Refused, match="by two persons"):
        check_change(Sending(), Mode.LIVE, "")
    with pytest.raises(UsageError, match="one mail address"):
        check_change(Sending(), Mode.REDIRECT, "nobody")
    check_change(Sending(mode=Mode.LIVE), Mode.PREVIEW, "")
    with pytest.raises(Refused, match="Nobody proposed"):
        check_confirm(Sending(), "b@x.example")
    with pytest.raises(Refused, match="another person"):
        check_confirm(Sending(proposed_by="a@x.example"), "a@x.example")
    check_confirm(Sending(proposed_by="a@x.example"), "b@x.example")


@given(st.sampled_from(State), st.sampled_from(State))
def test_steps_are_those_of_the_table(old: State, new: State) -> None:
    if new in STEPS[old]:
        check_step(old, new)
    else:
        with pytest.raises(IllegalStep, match=f"{old.value} does not become {new.value}"):
            check_step(old, new)


def test_what_may_have_left_is_never_sent_again_by_itself() -> None:
    assert {old for old, new in STEPS.items() if State.SENDING in new} == {State.WAITING}
    assert STEPS[State.SENT] == {State.BOUNCED}
    assert {State.SENT, State.UNCERTAIN, State.SENDING, State.WAITING} & ANEW == set()
    assert set(STEPS) == set(State)


@given(st.integers(1, 70_000), st.floats(0, 1, exclude_max=True), st.integers(0, 200))
def test_tries_grow_apart_and_end(attempt: int, jitter: float, hours: int) -> None:
    now = NOW + timedelta(hours=hours)
    at = next_try(attempt, NOW, now, jitter)
    if at is None:
        assert now > NOW + GIVE_UP - timedelta(hours=5)
    else:
        assert timedelta(minutes=3) <= at - now <= timedelta(hours=5)
        assert at <= NOW + GIVE_UP
