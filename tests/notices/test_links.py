"""Links that answer without an account."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.notices import links
from pehra.notices.links import Link

KEY = links.key_of("0" * 64)
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@given(st.integers(0, 2**63), st.dates(date(2026, 11, 28), date(2099, 1, 1)))
def test_what_was_signed_is_read_back(notice: int, until: date) -> None:
    text = links.sign(Link(notice, until), KEY)
    assert len(text) == 38
    assert links.read(text, KEY, NOW) == Link(notice, until)


@given(st.integers(0, 37), st.sampled_from("ABCDwxyz0189-_"))
def test_any_other_letter_makes_it_worthless(place: int, letter: str) -> None:
    text = links.sign(Link(12, date(2026, 12, 28)), KEY)
    changed = text[:place] + letter + text[place + 1 :]
    assert (links.read(changed, KEY, NOW) is not None) == (changed == text)


@given(st.text(max_size=60))
def test_any_text_is_a_link_or_none(text: str) -> None:
    assert links.read(text, KEY, NOW) is None


@pytest.mark.parametrize("other", ["1" * 64, ""])
def test_another_home_did_not_sign_it(other: str) -> None:
    text = links.sign(Link(12, date(2026, 12, 28)), links.key_of(other))
    assert links.read(text, KEY, NOW) is None


def test_its_last_day_is_its_last() -> None:
    text = links.sign(Link(12, date(2026, 11, 28)), KEY)
    assert links.read(text, KEY, NOW) == Link(12, date(2026, 11, 28))
    assert links.read(text, KEY, NOW + timedelta(hours=12)) is None


@given(st.integers(0, 10**17), st.integers(0, 10**17), st.text(max_size=30))
def test_a_tag_names_its_notice_and_no_other(one: int, two: int, noise: str) -> None:
    told = links.tag(one, KEY)
    assert links.tagged(told.upper().replace("N", "n", 1), KEY) == one
    assert links.tagged(f"n{two}.{told.partition('.')[2]}", KEY) == (one if one == two else None)
    assert links.tagged(noise, KEY) is None
    assert links.tagged(told, b"x" * 32) is None
