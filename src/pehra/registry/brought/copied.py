"""Tables of a PostgreSQL dump: its `COPY ... FROM stdin;` parts, as `pg_dump` writes them.

https://www.postgresql.org/docs/current/sql-copy.html, "Text Format".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pehra.registry.register_text import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = tuple[int, dict[str, str]]
"""Line in the file, and cells by column; null is empty."""

_COPY = re.compile(r'^COPY (?:"?\w+"?\.)?"?(\w+)"? \(([^)]*)\) FROM stdin;$')
_ESCAPED = re.compile(r"\\(.)")
_MEANT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def tables(text: str) -> tuple[dict[str, list[Row]], list[Rejected]]:
    """Table -> its rows. A row with another number of cells than its table's is rejected."""
    found: dict[str, list[Row]] = {}
    rejects: list[Rejected] = []
    lines = enumerate(text.split("\n"), 1)
    for _, line in lines:
        begins = _COPY.match(line.rstrip("\r"))
        if begins is None:
            continue
        columns = [name.strip().strip('"') for name in begins[2].split(",")]
        rows = found.setdefault(begins[1], [])
        for number, cells in _rows(lines):
            if len(cells) == len(columns):
                rows.append((number, dict(zip(columns, cells, strict=True))))
            else:
                why = f"{len(cells)} cells where {begins[1]} has {len(columns)}"
                rejects.append(Rejected(number, "", why))
    return found, rejects


def _rows(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    for number, line in lines:
        plain = line.rstrip("\r")
        if plain == "\\.":
            return
        yield number, [_cell(cell) for cell in plain.split("\t")]


def _cell(text: str) -> str:
    if text == "\\N":
        return ""
    return _ESCAPED.sub(lambda one: _MEANT.get(one[1], one[1]), text).replace("\0", "")
