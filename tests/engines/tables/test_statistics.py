"""SQLite's planner learns which index leads to few rows; other databases learn by themselves."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from pehra.engines.tables import statistics


def plan(database: sqlite3.Connection) -> str:
    asked = "EXPLAIN QUERY PLAN SELECT * FROM rows WHERE kind = 1 AND holder = 7"
    return str(database.execute(asked).fetchone()[3])


def test_the_planner_learns_which_index_leads_to_few_rows() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE rows (kind INT, holder INT, name TEXT)")
        database.executemany("INSERT INTO rows VALUES (1, ?, 'x')", ((n,) for n in range(5_000)))
        database.execute("CREATE INDEX by_kind ON rows (kind)")
        database.execute("CREATE INDEX by_holder ON rows (holder, name)")
        before = plan(database)
        statistics.renew(database.cursor(), "sqlite")
        assert (before, plan(database)) == (
            "SEARCH rows USING INDEX by_kind (kind=?)",
            "SEARCH rows USING INDEX by_holder (holder=?)",
        )


def test_other_databases_are_asked_nothing() -> None:
    statistics.renew(None, "postgresql")
