"""What a roster may say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.errors import Refused, UsageError
from pehra.mandate.roster.rules import (
    Duty,
    Shift,
    check_shift,
    check_signature,
    clash,
    spans,
    within,
)

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def shift(first: int, last: int, person: str = "amna@cert.example", role: str = "duty") -> Shift:
    """From one hour to another after noon."""
    hours = (NOON + timedelta(hours=first), NOON + timedelta(hours=last))
    return Shift(*hours, team="national", role=role, person=person)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (shift(0, 8, role="cook"), "line 3: `cook` is no duty"),
        (shift(8, 8), "ends before it begins"),
        (shift(0, 15 * 24), "longer than 14 days"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: Shift, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        check_shift(wrong, "line 3: ")


def test_nobody_does_the_same_twice_at_a_time() -> None:
    assert clash([shift(0, 8), shift(8, 16), shift(0, 24, role=Duty.ON_CALL)]) is None
    assert clash([shift(8, 16), shift(0, 9)]) == (shift(0, 9), shift(8, 16))
    assert clash([shift(0, 8), shift(0, 8, person="bilal@cert.example")]) is None


def test_a_plan_speaks_of_what_lies_wholly_in_its_span() -> None:
    spans_ = spans([shift(8, 16), shift(0, 4)])
    assert spans_ == {"national": (shift(0, 1).starts, shift(15, 16).ends)}
    asked = [(0, 16), (2, 6), (-1, 4), (12, 17), (-1, 17)]
    assert [within(shift(*one), spans_) for one in asked] == [True, True, False, False, False]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), max_size=8))
def test_a_clash_is_found_wherever_two_overlap(spans: list[tuple[int, int]]) -> None:
    shifts = [shift(first, first + length) for first, length in spans]
    overlap = any(
        one.starts < other.ends and other.starts < one.ends
        for place, one in enumerate(shifts)
        for other in shifts[place + 1 :]
    )
    assert (clash(shifts) is not None) == overlap


def test_two_persons_sign() -> None:
    check_signature("amna", "bilal")
    with pytest.raises(Refused, match="amna gave this shift over"):
        check_signature("amna", "amna")
