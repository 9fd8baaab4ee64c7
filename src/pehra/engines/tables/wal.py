"""SQLite's write-ahead log, moved into its file beside the writer (sqlite.org/wal.html, section 2).

A commit that moves the log itself makes the next writers wait, and moving it between transactions
makes this one wait. Beside it, on the second processor, it costs the writer next to nothing. The
log begins anew only once all of it is moved while nobody writes, so now and then the writer asks
for that: by then little is left to move.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from pehra.engines.durable import flush

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PASSIVE = "PRAGMA wal_checkpoint(PASSIVE)"
LONG = 40_000
"""Pages in the log (160 MB) from which on it should begin anew: before SQLite does it by itself."""


def flush_log(path: Path) -> None:
    """Make what was committed survive a power cut too, which `synchronous=NORMAL` leaves open.

    Raises:
        OSError: the disk refuses.
    """
    log = path.with_name(f"{path.name}-wal")
    if log.exists():
        flush(log)


class Mover:
    """Moves the log of one file when it is asked to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._asked = Event()
        # Who finds another moving gives up at once, and what is left would stay.
        self._turn = Lock()
        self._ended = False
        self.pages = 0
        """How long the log was when it was last moved."""

    def ask(self) -> None:
        """Let what is in the log by now be moved, some time soon."""
        self._asked.set()

    def move(self) -> None:
        """Move what is left, so that the log can begin anew: call it between transactions."""
        with closing(sqlite3.connect(self._path, isolation_level=None)) as own, self._turn:
            own.execute(_PASSIVE)
        self.pages = 0

    def end(self) -> None:
        """Stop once the present move is done."""
        self._ended = True
        self._asked.set()

    def run(self) -> None:
        """Move whenever asked, until the end."""
        with closing(sqlite3.connect(self._path, isolation_level=None)) as own:
            while self._asked.wait() and not self._ended:
                self._asked.clear()
                with self._turn:
                    _, self.pages, _ = own.execute(_PASSIVE).fetchone()


@contextmanager
def beside(path: Path) -> Iterator[Mover]:
    """A mover for a database file in WAL mode, at work until the end of the block."""
    mover = Mover(path)
    thread = Thread(target=mover.run, name="wal", daemon=True)
    thread.start()
    try:
        yield mover
    finally:
        mover.end()
        thread.join()
        mover.move()
