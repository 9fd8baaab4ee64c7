"""What a spreadsheet could run is made harmless, and nothing else is touched."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.cells import FORMULA, FORMULA_CLASS, guarded


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_formulas_are_made_harmless(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"


@given(st.text(st.sampled_from("=+-@\t\r\n'a1 "), max_size=6))
def test_no_cell_begins_as_a_formula(cell: str) -> None:
    assert guarded(cell) == (f"'{cell}" if cell[:1] in FORMULA else cell)
    assert guarded(guarded(cell)) == guarded(cell)


@given(st.text(st.sampled_from("=+-@\t\r\n'a1 \\x"), max_size=3))
def test_the_class_of_characters_means_the_same(cell: str) -> None:
    risky = cell.startswith(FORMULA)
    assert (re.match(FORMULA_CLASS, cell) is not None) == risky
    assert pl.Series([cell]).str.contains(f"^{FORMULA_CLASS}").to_list() == [risky]
