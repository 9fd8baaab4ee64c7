"""CSV that comes back as it went out, and runs in no spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.cells import guarded
from pehra.web import spreadsheet

if TYPE_CHECKING:
    from collections.abc import Iterator

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


@given(st.lists(st.lists(CELLS, min_size=1), max_size=20))
def test_rows_come_back(rows: list[list[str]]) -> None:
    text = "".join(spreadsheet.lines(rows))
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read == [[guarded(cell) for cell in row] for row in rows]
    assert all(cell[:1] not in "=+-@\t\r" for row in read for cell in row if cell)


def test_rows_leave_in_pieces_the_first_at_once() -> None:
    assert [piece.count("\n") for piece in spreadsheet.lines([["x"]] * 1_200)] == [1, 500, 500, 199]


def test_the_first_row_leaves_before_the_second_is_read() -> None:
    def rows() -> Iterator[list[str]]:
        yield ["first"]
        pytest.fail("nobody has asked for more")

    assert next(spreadsheet.lines(rows())) == "first\r\n"


def test_values_keep_their_kind_in_json_and_have_one_spelling_in_csv() -> None:
    moment = datetime(2026, 11, 28, 5, tzinfo=timezone(timedelta(hours=5)))
    row = ["=1", -1, None, True, moment, moment.date()]
    told = json.loads("".join(spreadsheet.json_lines("abcdef", [row])))
    at = "2026-11-28T00:00:00Z"
    assert told == {"a": "=1", "b": -1, "c": None, "d": True, "e": at, "f": "2026-11-28"}
    assert "".join(spreadsheet.lines([row])) == f"'=1,-1,,True,{at},2026-11-28\r\n"


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [("all.csv", "text/csv", "n\r\n7\r\n"), ("all.jsonl", "application/jsonl", '{"n":7}\n')],
)
def test_a_file_is_of_the_kind_that_its_name_says(name: str, kind: str, text: str) -> None:
    response = spreadsheet.file(["n"], [[7]], name)
    assert response.headers["Content-Type"] == f"{kind}; charset=utf-8"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert b"".join(response.streaming_content).decode() == text  # type: ignore[arg-type] # it is no coroutine here
