"""Shares and lengths of time as pages say them."""

from __future__ import annotations

import pytest

from pehra.notices.survival import Length, Share
from pehra.web.shares import between, length_cell, length_text, percent, share_cell


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0%"), (0.001, "<1%"), (0.45, "45%"), (0.999, ">99%"), (1.0, "100%")],
)
def test_some_is_never_none_and_most_never_all(value: float, text: str) -> None:
    assert percent(value) == text


def test_a_share_has_its_interval_and_what_is_not_known_a_dash() -> None:
    cell = share_cell(Share(0.5, 0.41, 0.62))
    assert (cell.text, cell.sub) == ("\u206650%\u2069", "\u206641\u201362%\u2069")
    assert (share_cell(None).text, between(None)) == ("\u2013", "")


def test_lengths_of_time() -> None:
    told = [length_text(days) for days in (0.01, 0.5, 1.9, 2.0, 12.34)]
    assert told == ["under an hour", "12 hours", "46 hours", "2 days", "12.3 days"]
    known = length_cell(Length(3.0, 2.5, None))
    assert (known.text, known.sub) == ("3 days", "\u20662.5\u2013\u221e\u2069 days")
    assert length_cell(Length(None, None, None)).sub == "half have not got there"
