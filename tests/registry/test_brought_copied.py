"""Tables of a dump: escapes, nulls, rows of the wrong width, any text at all."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pehra.registry.brought.copied import tables
from pehra.registry.register_text import Rejected

DUMP = """SET client_encoding = 'UTF8';
COPY public.fqdn (fqdn_id, fqdn, comment) FROM stdin;
1\tbank.example\ttwo\\nlines\\tand \\\\ one
2\tschool.example\t\\N
3\tonly two
\\.

COPY sector ("sector_id", name) FROM stdin;
\\.
"""
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def test_tables_of_a_dump() -> None:
    found, rejects = tables(DUMP)
    assert found == {
        "fqdn": [
            (3, {"fqdn_id": "1", "fqdn": "bank.example", "comment": "two\nlines\tand \\ one"}),
            (4, {"fqdn_id": "2", "fqdn": "school.example", "comment": ""}),
        ],
        "sector": [],
    }
    assert rejects == [Rejected(5, "", "2 cells where fqdn has 3")]


@given(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8")), max_size=5))
def test_a_cell_comes_back_as_it_was_written(cells: list[str]) -> None:
    body = "".join(f"1\t{cell.translate(_ESCAPES)}\n" for cell in cells)
    found, rejects = tables(f"COPY t (a, b) FROM stdin;\n{body}\\.\n")
    assert [row["b"] for _, row in found["t"]] == cells
    assert rejects == []


@given(st.text())
def test_any_text_gives_tables_or_none(text: str) -> None:
    assert tables(text) == ({}, []) or "COPY" in text
    found, rejects = tables("COPY t (a) FROM stdin;\n" + text)
    assert len(found["t"]) + len(rejects) <= text.count("\n") + 1
