"""INSERT statements of a dump: what was quoted is read back, what is no row is named."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.registry.brought.inserted import tables

MADE = (
    "CREATE TABLE `t` (\n  `a` int(11) NOT NULL,\n  `b` text,\n  PRIMARY KEY (`a`)\n) ENGINE=x;\n"
)
ROWS = "INSERT INTO `t` VALUES"
ONE = "INSERT INTO `u` (`c`) VALUES (1);"
CELLS = st.none() | st.text("ab,;()'\\\n\t\r\"é`", max_size=6)


def _written(cell: str | None) -> str:
    if cell is None:
        return "NULL"
    for sign, escaped in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("\r", "\\r")):
        cell = cell.replace(sign, escaped)
    return f"'{cell}'"


@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5),
    apart=st.sampled_from(["", "\n"]),
)
def test_rows_are_read_back(rows: list[tuple[str | None, str | None]], apart: str) -> None:
    tuples = f",{apart}".join(f"({_written(one)},{_written(two)})" for one, two in rows)
    found, rejects = tables(MADE + ROWS + f" {apart}{tuples};\n")
    assert [cells for _, cells in found["t"]] == [
        {"a": one or "", "b": two or ""} for one, two in rows
    ]
    assert rejects == []


def test_columns_can_stand_in_the_statement_and_numbers_are_plain() -> None:
    text = "INSERT INTO `t` (`b`, `a`) VALUES ('it''s',-1.5e3),\n(_binary 'x\\0y',0x1F);\n"
    found, rejects = tables("\n".join(["-- head", text + ONE]))
    assert found == {
        "t": [(2, {"b": "it's", "a": "-1.5e3"}), (3, {"b": "xy", "a": "0x1F"})],
        "u": [(4, {"c": "1"})],
    }
    assert rejects == []


def test_what_is_no_row_has_its_line() -> None:
    text = f"{MADE}{ROWS} (1),(2,'x');\n{ROWS} (1,'x);\n"
    found, rejects = tables(text + ROWS)
    assert found == {"t": [(6, {"a": "2", "b": "x"})]}
    assert [(one.row, one.why) for one in rejects] == [
        (6, "1 values where t has 2"),
        (7, "no row of t that mysqldump writes"),
    ]


def test_a_table_that_does_not_end_has_its_line_and_takes_no_other_with_it() -> None:
    text = "CREATE TABLE `x` (\n  `c` int,\n" + MADE + f"{ROWS} (1,2);\n"
    found, rejects = tables(text)
    assert found == {"t": [(8, {"a": "1", "b": "2"})]}
    assert [(one.row, one.why) for one in rejects] == [(1, "the columns of x do not end")]


@pytest.mark.parametrize(
    ("line", "rejected"),
    [("CREATE TABLE `a` (", True), ("INSERT INTO `a` (", False), (f"{ROWS} (`", True)],
)
def test_many_lines_that_never_close_are_each_looked_at_once(line: str, *, rejected: bool) -> None:
    lines = 20_000
    found, rejects = tables(f"{line}\n" * lines + "\n" * lines + ONE)
    assert found.pop("u") == [(2 * lines + 1, {"c": "1"})]
    assert not any(found.values())
    assert [one.row for one in rejects] == (list(range(1, lines + 1)) if rejected else [])


def test_many_empty_lines_of_a_table_are_each_looked_at_once() -> None:
    text = "CREATE TABLE `t` (\n" + "\n" * 50_000 + "  `a` int\n);\n"
    assert tables(f"{text}{ROWS} (1);")[0] == {"t": [(50_004, {"a": "1"})]}


@settings(deadline=None, max_examples=60)
@given(text=st.text("INSERT O`t()',;\\\n1V AUS", max_size=60))
def test_any_text_is_read(text: str) -> None:
    tables(f"{MADE}{ROWS} (1,{text}")
