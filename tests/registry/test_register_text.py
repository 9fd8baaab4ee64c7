"""What the register writes it reads back; cells that a spreadsheet would run are guarded."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.kernel.errors import UsageError
from pehra.registry.register_text import COLUMNS, Rejected, from_csv, from_yaml, in_order, to_csv

cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=6)


@settings(deadline=None)
@given(st.lists(st.lists(cells, min_size=len(COLUMNS), max_size=len(COLUMNS)), max_size=4))
def test_what_is_exported_is_read_back(rows: list[list[str]]) -> None:
    rows = [[re.sub(r"^[\s']+", "", cell).rstrip() for cell in row] for row in rows]
    rows = [["slug", *row[1:]] for row in rows]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String()), orient="row")
    back, rejects = from_csv(to_csv(frame), "r.csv")
    assert rejects == []
    assert back.drop("line").rows() == frame.rows()


def test_cells_that_a_spreadsheet_would_run_are_guarded() -> None:
    frame = pl.DataFrame([dict.fromkeys(COLUMNS, "") | {"organisation": "b", "name": "=1+1"}])
    assert to_csv(frame).splitlines()[1].startswith("b,'=1+1,")


def test_a_row_knows_the_line_on_which_it_begins() -> None:
    rows, rejects = from_csv('organisation,note\na,"two\nlines"\n\nb,x\nc\n', "r.csv")
    assert rows["line"].to_list() == [2, 5]
    assert rejects == [Rejected(6, "", "1 cells where the header has 2")]


def test_rows_come_in_the_order_of_their_file() -> None:
    rows = [{"line": line, "organisation": slug} for line, slug in ((10, "c"), (2, "a"), (9, "b"))]
    assert in_order(rows)["organisation"].to_list() == ["a", "b", "c"]


def test_columns_are_a_closed_list() -> None:
    with pytest.raises(UsageError) as caught:
        from_csv("organisation,asnum\n", "r.csv")
    assert caught.value.message == "r.csv, line 1: unknown columns asnum."


def test_yaml_dates_are_text() -> None:
    rows, rejects = from_yaml(
        "organisations: [{slug: a, claims: [{asset: AS1, valid_from: 2026-01-31}]}]", "r.yaml"
    )
    assert (rows["valid_from"].to_list(), rejects) == (["", "2026-01-31"], [])
