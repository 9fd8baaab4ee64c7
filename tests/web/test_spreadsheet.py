"""CSV that comes back as it went out, and runs in no spreadsheet."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.cells import guarded
from pehra.web import spreadsheet

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


@given(st.lists(st.lists(CELLS, min_size=1), max_size=20))
def test_rows_come_back(rows: list[list[str]]) -> None:
    text = "".join(spreadsheet.lines(rows))
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read == [[guarded(cell) for cell in row] for row in rows]
    assert all(cell[:1] not in "=+-@\t\r" for row in read for cell in row if cell)


def test_rows_leave_in_pieces() -> None:
    assert len(list(spreadsheet.lines([["x"]] * 1_200))) == 3
