"""What the planner of a database knows of its tables: SQLite has to be told to look.

Without statistics SQLite takes every index for equally good, and answers a question about one
holder of a million findings by the index of an identifier that all of them share. PostgreSQL looks
by itself.
"""

from __future__ import annotations

from typing import Any

ROWS = 1_000
"""Rows of each index that are looked at: an estimate, for some milliseconds (SQLite's own advice
is 100 to 1,000)."""


def renew(cursor: Any, vendor: str) -> None:  # noqa: ANN401 a cursor of either driver
    """Let the planner learn how many rows each index leads to.

    Args:
        cursor: of the database.
        vendor: Django's word for it.
    """
    if vendor == "sqlite":
        cursor.execute(f"PRAGMA analysis_limit = {ROWS}")
        cursor.execute("ANALYZE")
