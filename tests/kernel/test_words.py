"""One spelling for what is searched, here and in both databases."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.words import GONE, SAME, folded, latin_digits, words

LETTERS = st.text(
    st.sampled_from([*SAME, *GONE, *"abzABZ 09", "\u06af", "\u0634", "\u0645", "\u06cc"]),
    max_size=40,
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("بينك", "بینک"),
        ("بـيـنـك", "بینک"),
        ("مى\u200cخو\u0627\u0647م", "میخو\u0627\u06c1م"),
        ("وز\u0627رتِ", "وز\u0627رت"),
        ("\u06f3\u06f0 \u0663\u0660", "30 30"),
        ("First-Bank (Pvt.) Ltd", "first bank  pvt   ltd"),
    ],
)
def test_what_is_written_in_several_ways_is_one(typed: str, kept: str) -> None:
    assert folded(typed) == kept


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.text())
def test_words_hold_nothing_that_a_pattern_means(text: str) -> None:
    found = words(text)
    assert len(found) <= 8
    assert all(word and not set(word) & set('%_"\\\x00 ') for word in found)


def test_digits_are_latin_and_the_rest_stays() -> None:
    assert latin_digits("\u06f1\u06f9\u06f2.\u06f0.\u06f2.\u06f1/Ab\u200f") == "192.0.2.1/Ab"


@pytest.mark.django_db
@given(LETTERS)
def test_the_database_folds_the_same_way(text: str) -> None:
    from pehra.mandate.models import Organisation  # noqa: PLC0415 after Django is set up

    Organisation.objects.filter(slug="x").delete()
    made = Organisation.objects.create(slug="x", name="", name_ur=text)
    table, number, column = {
        "sqlite": ("mandate_organisation_text", "rowid", "text"),
        "postgresql": ("mandate_organisation", "id", "text_folded"),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE {number} = %s", [made.pk])  # noqa: S608 names of our own
        assert cursor.fetchone()[0] == f" {folded(text)} x"
