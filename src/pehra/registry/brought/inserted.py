r"""Tables of a MariaDB or MySQL dump: its `INSERT` statements, as `mysqldump` writes them.

Columns stand in the statement (`--complete-insert`), else in `CREATE TABLE` before it. A text is in
single quotes, where a backslash escapes or a quote stands twice:
https://mariadb.com/kb/en/string-literals/.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pehra.registry.register_text import Rejected

if TYPE_CHECKING:
    from pehra.registry.brought.copied import Row

_STATEMENT = re.compile(
    r"^(?:CREATE TABLE (?:IF NOT EXISTS )?`(?P<made>\w+)` \(|"
    r"INSERT (?:IGNORE )?INTO `(?P<table>\w+)`(?: ?\((?P<columns>[^()\n]*+)\))? VALUES\s*)",
    re.MULTILINE,
)
_MADE = re.compile(r"[^\n]*+(?:\n(?!\)|CREATE TABLE |INSERT )[^\n]*+)*+\n(?=\))")
"""Columns of a table: a line that only closes the bracket ends them."""
_COLUMN = re.compile(r"^[ \t]*+`(\w+)` ", re.MULTILINE)
_NAMED = re.compile(r"`(\w+)`")
_VALUE = re.compile(r"(?:_binary )?'((?:[^'\\]|\\.|'')*+)'|(NULL)|([-+.\w]+)", re.DOTALL)
_BETWEEN = re.compile(r"\s*,\s*\(|\s*;")
_ESCAPED = re.compile(r"\\(.)|''", re.DOTALL)
_MEANT = {"0": "", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}


def tables(text: str) -> tuple[dict[str, list[Row]], list[Rejected]]:
    """Table -> its rows, null as empty text. What is no row of its table is rejected."""
    columns: dict[str, list[str]] = {}
    found: dict[str, list[Row]] = {}
    rejects: list[Rejected] = []
    lines = _Lines(text)
    at = 0
    while statement := _STATEMENT.search(text, at):
        at = statement.end()
        made, table = statement["made"], statement["table"]
        if made:
            body = _MADE.match(text, at)
            if body is None:
                line = lines.at(statement.start())
                rejects.append(Rejected(line, "", f"the columns of {made} do not end"))
                continue
            at = body.end()
            columns[made] = _COLUMN.findall(text, body.start(), at)
            continue
        listed = statement["columns"]
        names = _NAMED.findall(listed) if listed else columns.get(table, [])
        rows = found.setdefault(table, [])
        at = _rows(text, at, (table, names, lines), (rows, rejects))
    return found, rejects


def _rows(
    text: str,
    at: int,
    of: tuple[str, list[str], _Lines],
    sink: tuple[list[Row], list[Rejected]],
) -> int:
    """Read the rows of a statement; returns where it ends, or where it cannot be read further."""
    table, names, lines = of
    rows, rejects = sink
    at = text.find("(", at)
    while at >= 0:
        line = lines.at(at)
        cells, at = _cells(text, at + 1)
        between = _BETWEEN.match(text, at + 1) if text[at : at + 1] == ")" else None
        if between is None:
            rejects.append(Rejected(line, "", f"no row of {table} that mysqldump writes"))
            return at
        if len(cells) == len(names):
            rows.append((line, dict(zip(names, cells, strict=True))))
        else:
            why = f"{len(cells)} values where {table} has {len(names)}"
            rejects.append(Rejected(line, "", why))
        at = between.end() - 1
        if text[at] == ";":
            return at
    return len(text)


def _cells(text: str, at: int) -> tuple[list[str], int]:
    """Values up to where no further one follows, and that place."""
    cells: list[str] = []
    while value := _VALUE.match(text, at):
        quoted, _, plain = value.groups()
        cells.append(_plain(quoted) if quoted is not None else plain or "")
        at = value.end()
        if text[at : at + 1] != ",":
            break
        at += 1
    return cells, at


def _plain(quoted: str) -> str:
    if "\\" in quoted or "''" in quoted:
        quoted = _ESCAPED.sub(lambda one: _MEANT.get(one[1], one[1]) if one[1] else "'", quoted)
    return quoted.replace("\0", "")


class _Lines:
    """Counts lines forwards."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._line = text, 0, 1

    def at(self, place: int) -> int:
        self._line += self._text.count("\n", self._at, place)
        self._at = place
        return self._line
