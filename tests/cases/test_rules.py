"""The state table of cases: what follows what, and what never does."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pehra.cases.rules import (
    ENDED,
    OPEN,
    TABLE,
    Act,
    State,
    acts_from,
    check_another,
    check_text,
    check_title,
    step,
)
from pehra.kernel.errors import IllegalStep, Refused, UsageError


@given(some.sampled_from(State), some.sampled_from(Act))
def test_a_step_is_in_the_table_or_refused(state: State, act: Act) -> None:
    if (state, act) in TABLE:
        assert step(state, act) == TABLE[state, act]
        assert act in acts_from(state)
    else:
        with pytest.raises(IllegalStep, match=f"{state.word} cannot {act.value}"):
            step(state, act)
        assert act not in acts_from(state)


@given(some.lists(some.sampled_from(Act), max_size=30))
def test_laws_of_every_course(acts: list[Act]) -> None:
    course = [State.REPORTED]
    for act in acts:
        if (course[-1], act) in TABLE:
            course.append(step(course[-1], act))
    for before, after in itertools.pairwise(course):
        assert after != State.REPORTED
        assert (after == State.VERIFIED) <= (before == State.RECOVERED)
        assert (after == State.CLOSED) <= (before == State.VERIFIED)
        assert before != State.MERGED
        assert (before in ENDED) <= (after == State.REOPENED)
    if State.CLOSED in course:
        assert {State.TRIAGED, State.CONFIRMED} & set(course) or State.REOPENED in course


def test_the_course_of_rules_4_1() -> None:
    course = [
        (Act.TRIAGE, State.TRIAGED),
        (Act.CONFIRM, State.CONFIRMED),
        (Act.CONTAIN, State.CONTAINED),
        (Act.ERADICATE, State.ERADICATED),
        (Act.CLAIM_RECOVERED, State.RECOVERED),
        (Act.VERIFY, State.VERIFIED),
        (Act.CLOSE, State.CLOSED),
        (Act.REOPEN, State.REOPENED),
    ]
    state = State.REPORTED
    for act, after in course:
        state = step(state, act)
        assert state == after


def test_words_are_read_back() -> None:
    assert {State.of_word(state.word) for state in State} == OPEN | ENDED


def test_another_person_verifies() -> None:
    check_another(Act.VERIFY, ["amna"], "bilal")
    check_another(Act.CLOSE, ["amna"], "amna")
    with pytest.raises(Refused, match="another person looks"):
        check_another(Act.VERIFY, ["amna"], "amna")


def test_titles_and_texts() -> None:
    assert check_title("  a \n b ") == "a b"
    assert check_text(" a\x00 ") == "a"
    with pytest.raises(UsageError, match="needs a title"):
        check_title(" ")
    with pytest.raises(UsageError, match="over 200"):
        check_title("a" * 201)
    with pytest.raises(UsageError, match="over 20000"):
        check_text("a" * 20_001)
