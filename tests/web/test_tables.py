"""Tables as values."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string

from pehra.web.marks import Badge
from pehra.web.tables import Cell, Column, badge_cell, moment_cell, table

COLUMNS = [Column("Name"), Column("Count", number=True)]


def test_a_row_has_a_cell_for_every_column() -> None:
    with pytest.raises(ValueError, match="shorter"):
        table(COLUMNS, [[Cell("x")]], caption="", empty="")


def test_what_is_in_a_cell_is_escaped() -> None:
    made = table(COLUMNS, [[Cell("<b>", main=True), Cell("1")]], caption="Things", empty="None")
    text = render_to_string("parts/table.html", {"table": made})
    assert "&lt;b&gt;" in text
    assert "<b>" not in text


def test_an_empty_table_says_so() -> None:
    made = table(COLUMNS, [], caption="Things", empty="None yet")
    assert "None yet" in render_to_string("parts/table.html", {"table": made})


def test_cells_of_states_and_of_no_moment() -> None:
    assert badge_cell(Badge("done", "Done"), "sub") == Cell(badge=Badge("done", "Done"), sub="sub")
    assert moment_cell(None).text == "\u2013"
