"""Numbers: read as they are typed; a wrong character and two that changed places are seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.cases.reported.numbers import ALPHABET, RANDOM_BYTES, number_in, number_of
from pehra.kernel.errors import UsageError

NUMBERS = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES).map(number_of)


def test_its_form() -> None:
    assert number_of(b"abcdef") == "6BS-8PH9-C1J"
    assert number_of(bytes(6)) == "000-0000-000"
    assert set("ILOU") & set(ALPHABET) == set()


@given(NUMBERS, st.sampled_from(["", "-", " ", "\u2013", " - ", "."]))
def test_it_is_read_as_people_type_it(number: str, between: str) -> None:
    typed = number.replace("-", between).lower()
    assert number_in(typed) == number
    assert number_in(typed.replace("0", "o").replace("1", "l")) == number
    assert number_in(f"\u200e{typed}\u200f") == number


@given(NUMBERS, st.integers(0, 9), st.sampled_from(ALPHABET))
def test_a_wrong_character_is_seen(number: str, place: int, other: str) -> None:
    bare = number.replace("-", "")
    wrong = bare[:place] + other + bare[place + 1 :]
    if wrong != bare:
        with pytest.raises(UsageError):
            number_in(wrong)


@given(NUMBERS, st.integers(0, 9), st.integers(0, 9))
def test_two_that_changed_places_are_seen(number: str, one: int, other: int) -> None:
    bare = list(number.replace("-", ""))
    swapped = bare.copy()
    swapped[one], swapped[other] = bare[other], bare[one]
    if swapped != bare:
        with pytest.raises(UsageError):
            number_in("".join(swapped))


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    try:
        found = number_in(text)
    except UsageError:
        return
    assert number_in(found) == found
