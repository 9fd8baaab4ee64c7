"""A reject names its place and keeps no more of a row than it may."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pehra.intake.source import Reject
from pehra.intake.stretches import DETAIL_CHARACTERS, RAW_BYTES, Place, reject


@given(st.integers(1, 2**40), st.integers(1, 2**40), st.integers(0, 2**50), st.text())
def test_a_reject_stands_where_its_record_does(
    row: int, line: int, offset: int, words: str
) -> None:
    found = reject(Place(row, line, offset, b"raw"), "time", words)
    assert found == Reject(
        row, line, offset, "time", words[:DETAIL_CHARACTERS].replace("\0", "\ufffd"), b"raw"
    )


def test_a_long_row_is_cut() -> None:
    found = reject(Place(1, 2, 3, b"r" * 9_000), "fields", "d" * 900)
    assert (len(found.raw), len(found.detail)) == (RAW_BYTES, DETAIL_CHARACTERS) == (4_096, 240)


def test_words_hold_no_nul() -> None:
    assert reject(Place(1, 2, 3, b"\0"), "json", "a\0b").detail == "a\ufffdb"
    assert reject(Place(1, 2, 3, b"\0"), "json", "a\0b").raw == b"\0"
