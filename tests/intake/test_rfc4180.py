"""Quotes of delimited text: which stand where they may, and which are written twice."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.intake.rfc4180 import doubled_quotes

cells = st.text('ab", \n', max_size=5)
pairs = st.lists(st.lists(cells, min_size=2, max_size=2), min_size=1, max_size=6)


@given(pairs)
def test_doubled_quotes_are_counted_where_a_writer_quotes_right(rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    inside = sum(field.count('"') for row in rows for field in row)
    assert doubled_quotes(text.getvalue().encode(), b",") == inside


@pytest.mark.parametrize("text", [b'a"b,c\n', b'"a"b,c\n', b'"a,c\n', b'a,"b""\n', b'a, "b"\n'])
def test_a_quote_out_of_place_is_noticed(text: bytes) -> None:
    assert doubled_quotes(text, b",") is None
