"""The log is moved into its file while the writer goes on, and can begin anew."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from pehra.engines.tables import wal

if TYPE_CHECKING:
    from pathlib import Path

_ROW = 1_000


def _written(path: Path, transactions: int, *, moved: bool) -> tuple[int, int]:
    """Rows that another connection sees, and bytes of the log when the writer has ended."""
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("PRAGMA wal_autocheckpoint=0")
        writer.execute("CREATE TABLE t (words TEXT)")
        with wal.beside(path) as mover:
            for number in range(transactions):
                writer.execute("BEGIN IMMEDIATE")
                rows = [("x" * _ROW,)] * 100
                writer.executemany("INSERT INTO t VALUES (?)", rows)
                writer.execute("COMMIT")
                if moved and number % 5 == 4:
                    mover.move()
                elif moved:
                    mover.ask()
        size = path.with_name(f"{path.name}-wal").stat().st_size
        with closing(sqlite3.connect(path)) as reader:
            return reader.execute("SELECT count(*) FROM t").fetchone()[0], size


def test_the_log_stays_short_where_it_is_moved(tmp_path: Path) -> None:
    rows, size = _written(tmp_path / "moved.sqlite3", 40, moved=True)
    everything, whole = _written(tmp_path / "left.sqlite3", 40, moved=False)
    assert (rows, everything) == (4_000, 4_000)
    assert size * 3 < whole


def test_what_is_left_is_moved_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "end.sqlite3"
    rows, _ = _written(path, 3, moved=False)
    with closing(sqlite3.connect(path)) as reader:
        # Busy, frames in the log, frames moved: all of them are.
        _, frames, moved = reader.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    assert (rows, frames) == (300, moved)
