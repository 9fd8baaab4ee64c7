"""What a spreadsheet could run is made harmless, and nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.cells import FORMULA, guarded


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_formulas_are_made_harmless(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"


@given(st.text(st.sampled_from("=+-@\t\r\n'a1 "), max_size=6))
def test_no_cell_begins_as_a_formula(cell: str) -> None:
    assert guarded(cell) == (f"'{cell}" if cell[:1] in FORMULA else cell)
    assert guarded(guarded(cell)) == guarded(cell)
