"""Letters: how usual they are, and what they look like."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pehra.cases.triage.lettering import consonants, learn, skeleton, skeletons, surprise

TABLE = learn(["name"])


def test_look_alike_letters_have_one_skeleton() -> None:
    assert skeleton("\u0440\u0430\u0443\u0440\u0430l") == skeleton("paypal") == skeleton("PaYpaI")
    assert skeleton("easypa1sa") == skeleton("easypaisa")
    assert skeleton("mobilínk") == skeleton("mobilink")


def test_pairs_of_letters_are_read_as_one() -> None:
    assert skeleton("meezan") in skeletons("rneezan")


def test_usual_letters_surprise_less() -> None:
    table = learn(["market", "marker", "markets", "marked"] * 5)
    mean, total, greatest = surprise(["market", "xqzwvk", ""], table)
    assert mean[0] < mean[1]
    assert total[0] < total[1]
    assert greatest[0] < greatest[1]
    assert mean[2] <= total[2]


def test_the_longest_run_of_consonants_is_counted() -> None:
    assert consonants(["", "banana", "strength", "a-bcd9fghj"]).tolist() == [0, 1, 4, 4]


@given(st.lists(st.text(max_size=12), min_size=1, max_size=5))
def test_any_texts_are_measured(texts: list[str]) -> None:
    clean = [text.replace("\0", "") for text in texts]
    mean, total, greatest = surprise(clean, TABLE)
    assert np.isfinite([mean, total, greatest]).all()
    assert len(consonants(clean)) == len(clean)
