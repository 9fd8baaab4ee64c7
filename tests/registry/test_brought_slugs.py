"""Slugs of organisations that come with numbers: each its own, always a slug."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from pehra.registry.brought.slugs import Slugs, slug_of


def test_a_name_becomes_a_slug() -> None:
    assert slug_of("  Université d'Exemple (2) ") == "universite-d-exemple-2"
    assert slug_of("مشق") == ""


def test_a_second_of_the_same_name_has_its_number() -> None:
    slugs = Slugs()
    given_out = [slugs.give("Bank", "1"), slugs.give("bank!", "7"), slugs.give("مشق", "8")]
    assert given_out == ["bank", "bank-7", "organisation-8"]


@given(st.lists(st.tuples(st.text(max_size=120), st.text(max_size=40)), max_size=8))
def test_no_two_have_one(pairs: list[tuple[str, str]]) -> None:
    slugs = Slugs()
    found = [slugs.give(name, number) for name, number in pairs]
    assert len(set(found)) == len(pairs)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) for slug in found)
    assert all(len(slug) <= 96 for slug in found)
