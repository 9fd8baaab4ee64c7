"""Many rows in one statement: many in a VALUES list on SQLite, COPY on PostgreSQL.

PostgreSQL takes no COPY into a table with row-level security. So rows come by COPY into a table of
the transaction's own, and from there in one statement, which the policy judges.

Callers own the transaction. Table and column names are the caller's constants, never input.
"""

from __future__ import annotations

import sqlite3
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_TOGETHER = 500
"""Rows that one statement of SQLite adds. It opens the table and each index once for them all and
stays where the row before went: that halves the time to add a finding. It takes 32,766 values."""


class Cursor(Protocol):
    """What is asked of a DB-API cursor (PEP 249)."""

    rowcount: int

    def execute(self, sql: str, params: Sequence[Any] = ..., /) -> Any:  # noqa: ANN401 as PEP 249
        """Run one statement."""

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> Any:  # noqa: ANN401 as PEP 249
        """Run one statement for each row."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows of the last statement."""


def insert(
    cursor: Any,  # noqa: ANN401 a cursor of either driver
    table: str,
    columns: Sequence[str],
    rows: list[tuple[Any, ...]],
    fixed: Mapping[str, Any] = _NOTHING,
) -> None:
    """Add `rows`, whose values stand in the order of `columns`.

    Args:
        cursor: of sqlite3 or psycopg 3, or Django's around it.
        table: where to.
        columns: names.
        rows: values. SQLite's driver takes five times as long over True, False and None as over a
            number, since it asks whether anybody would adapt them.
        fixed: columns that have one and the same value in every row; it is given once.
    """
    same = tuple(fixed.values())
    names = ", ".join(f'"{name}"' for name in (*fixed, *columns))
    if hasattr(cursor, "copy"):
        _insert_from(cursor, table, names, (same + row for row in rows))
        return
    marks = ", ".join([*(f"?{number + 1}" for number in range(len(same))), *["?"] * len(columns)])
    told = f'INSERT INTO "{table}" ({names}) VALUES '  # noqa: S608 constants
    whole = len(rows) - len(rows) % _TOGETHER
    if whole:
        bare = getattr(cursor, "cursor", cursor)
        many = told + ", ".join([f"({marks})"] * _TOGETHER)
        for start in range(0, whole, _TOGETHER):
            values = [*same, *chain(*rows[start : start + _TOGETHER])]
            # The driver's own: Django's would look through so long a text for marks at every call.
            sqlite3.Cursor.execute(bare, many, values)
    cursor.executemany(f"{told}({marks})", [same + row for row in rows[whole:]])


def _insert_from(cursor: Any, table: str, names: str, rows: Iterable[Sequence[Any]]) -> None:  # noqa: ANN401 psycopg's cursor
    made = f'SELECT {names} FROM "{table}" WITH NO DATA'  # noqa: S608 constants
    cursor.execute(f"CREATE TEMPORARY TABLE arriving ON COMMIT DROP AS {made}")
    with cursor.copy(f"COPY arriving ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.execute(f'INSERT INTO "{table}" ({names}) SELECT {names} FROM arriving')  # noqa: S608 constants
    cursor.execute("DROP TABLE arriving")


def update(cursor: Any, statement: str, kinds: Sequence[str], rows: list[tuple[Any, ...]]) -> int:  # noqa: ANN401 a cursor of either driver
    """Run `statement` once for each row; returns how many rows of the table it changed.

    Args:
        cursor: of sqlite3 or psycopg 3.
        statement: an UPDATE with `{0}`, `{1}` ... where the values of a row go.
        kinds: SQL types of those values; PostgreSQL joins them as one table.
        rows: values, one tuple a row. The statement's condition must match at most one row each.
    """
    if not rows:
        return 0
    if hasattr(cursor, "copy"):
        return _update_from(cursor, statement, kinds, rows)
    marks = [f"?{number + 1}" for number in range(len(kinds))]
    cursor.executemany(statement.format(*marks).replace(" FROM given", ""), rows)
    return int(cursor.rowcount)


def _update_from(cursor: Any, statement: str, kinds: Sequence[str], rows: list[Any]) -> int:  # noqa: ANN401 psycopg's cursor
    columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(kinds))
    cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS given ({columns}) ON COMMIT DROP")
    with cursor.copy("COPY given FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.execute(statement.format(*(f"given.c{number}" for number in range(len(kinds)))))
    changed = int(cursor.rowcount)
    cursor.execute("DROP TABLE given")
    return changed
