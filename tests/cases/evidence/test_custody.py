"""Custody: a chain in which nothing can be changed, left out, put between or dated back."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.cases.evidence import custody
from pehra.cases.evidence.custody import FIRST, Line
from pehra.kernel.errors import Damaged


def chain(words: list[str]) -> list[Line]:
    found: list[Line] = []
    for seq, text in enumerate(words):
        previous = found[-1].digest if found else FIRST
        at = f"2026-11-22T06:{seq:02}:00{'.5' if seq % 2 else ''}Z"
        found.append(Line(1, seq, at, "noted", "a@b.example", "custodian", text, {"n": seq},
                          previous))  # fmt: skip
    return found


@given(st.lists(st.text(max_size=20), max_size=6))
def test_a_chain_holds_and_reads_back(words: list[str]) -> None:
    found = chain(words)
    text = "\n".join(line.text for line in found)
    assert custody.lines(text) == found
    assert custody.check(1, found) == (found[-1].digest if found else FIRST)


@given(st.integers(0, 4), st.sampled_from(["by", "purpose", "act", "office", "at", "facts"]))
def test_a_line_that_is_changed_breaks_the_chain_after_it(place: int, name: str) -> None:
    found = chain(["a"] * 6)
    value = {"n": 9} if name == "facts" else "2026-11-22T06:00:00Z" if name == "at" else "x"
    if name == "at" and place == 0:
        value = "2026-11-22T05:00:00Z"
    found[place] = msgspec.structs.replace(found[place], **{name: value})
    with pytest.raises(Damaged, match=r"is not what follows|is earlier"):
        custody.check(1, found)


def test_lines_out_of_place_are_named() -> None:
    found = chain(["a", "b", "c"])
    for bad, words in (
        (found[1:], "out of order"),
        ([found[0], found[2]], "out of order"),
        (found[::-1], "out of order"),
    ):
        with pytest.raises(Damaged, match=words):
            custody.check(1, bad)
    with pytest.raises(Damaged, match="of another item"):
        custody.check(2, found)
    with pytest.raises(Damaged, match="This is no custody"):
        custody.lines('{"item": 1}')
