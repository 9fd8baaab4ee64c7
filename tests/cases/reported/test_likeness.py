"""Likeness: copies of one campaign are alike, and the estimate is near the truth."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases.reported.conftest import PARCEL

from pehra.cases.reported.likeness import (
    ALIKE,
    BANDS,
    FEWEST,
    LONGEST,
    PIECE,
    bands,
    likeness,
    normal,
    signature,
)

OURS = PARCEL.format("4434", "250", "https://pay.example/a1")


def of(text: str) -> bytes:
    return signature(normal(text))


def pieces(text: str) -> set[str]:
    return {text[at : at + PIECE] for at in range(len(text) - PIECE + 1)}


def test_copies_of_a_campaign_are_alike() -> None:
    other = PARCEL.format("99-812", "1,300", "hxxp://else.example/zz?u=9").upper()
    assert normal(other) == normal(OURS)
    longer = f"Assalam o alaikum. {OURS} Thank you!"
    assert likeness(of(OURS), of(longer)) >= ALIKE
    assert set(bands(of(OURS))) & set(bands(of(longer)))


def test_other_words_of_the_same_matter_are_not() -> None:
    other = (
        "Respected customer, customs stopped a parcel of yours. Kindly send money to release it."
    )
    assert likeness(of(OURS), of(other)) < 0.3


def test_the_forms_of_one_arabic_letter_are_one() -> None:
    assert normal("آپ كا پارسل ۱۲۳ روک ليا گيا") == normal("اپ کا پارسل 9 روک لیا گیا")
    assert normal("مُحَمَّد") == normal("محمد")


def test_a_short_text_has_no_likeness() -> None:
    assert of("Is this real?") == b""
    assert likeness(b"", b"") == 0.0
    assert bands(b"") == []


def test_its_cost_is_bounded() -> None:
    assert len(normal("a b" * LONGEST)) <= LONGEST
    assert len(normal("\ufdfa" * LONGEST)) <= LONGEST


@given(st.text(max_size=400))
def test_laws(text: str) -> None:
    made = of(text)
    assert normal(normal(text)) == normal(text)
    assert (made == b"") == (len(pieces(normal(text))) < FEWEST)
    assert len(bands(made)) == (BANDS if made else 0)
    assert likeness(made, made) == float(bool(made))


WORDS = st.lists(
    st.text("abcdefghij", min_size=3, max_size=9), min_size=40, max_size=60, unique=True
)


@settings(max_examples=20)
@given(WORDS, st.integers(0, 39))
def test_the_estimate_is_near_the_truth(words: list[str], changed: int) -> None:
    one = " ".join(words)
    other = " ".join(["zzzzzz", *words[:changed], *words[changed + 1 :]])
    a, b = pieces(one), pieces(other)
    truth = len(a & b) / len(a | b)
    assert likeness(of(one), of(other)) == pytest.approx(truth, abs=0.35)
    assert likeness(of(one), of(other)) == likeness(of(other), of(one))
