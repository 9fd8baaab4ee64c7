"""INSERT statements of a dump: what was quoted is read back, what is no row is named."""

from __future__ import annotations

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


@settings(deadline=None, max_examples=60)
@given(text=st.text("INSERT O`t()',;\\\n1V AUS", max_size=60))
def test_any_text_is_read(text: str) -> None:
    tables(f"{MADE}{ROWS} (1,{text}")
