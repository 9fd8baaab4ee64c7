"""The compiled index in the home: made anew when register, routing or address table has changed."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pehra.kernel.errors import Damaged, EnvironmentFault
from pehra.kernel.ids import digest
from pehra.mandate.queries import lead_teams, routing_stamp
from pehra.registry import queries
from pehra.registry.holdings import Holdings, compile_holdings
from pehra.registry.networks import Networks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from pehra.kernel.settings import Home


def current_holdings(home: Home, on: date) -> Holdings:
    """Open the index, after compiling it where it is not of this state.

    Several processes may ask at once: one compiles, under a lock on a file, and the others wait.

    Args:
        home: whose index, register and address table.
        on: day whose structure decides the lead team, UTC.
    """
    path = home.indexes / "holdings"
    ready = _opened(path, _state(home, on))
    if ready is not None:
        return ready
    with _lock(home.indexes / "holdings.lock"):
        # Read again: another process may have compiled it, or the register may have changed.
        state = _state(home, on)
        ready = _opened(path, state)
        if ready is not None:
            return ready
        number = queries.revision()
        holdings = compile_holdings(queries.claims_frame(on), networks(home), path, number)
        _made_from(path).write_text(state)
        return holdings


def networks(home: Home) -> Networks | None:
    """The address table of the home; null where there is none yet."""
    path = home.indexes / "networks"
    return Networks.load(path) if path.exists() else None


def _state(home: Home, on: date) -> str:
    """All that the index depends on: the register's number, who leads on whom, the table."""
    manifest = home.indexes / "networks" / "manifest.json"
    table = digest(manifest.read_bytes())[:12] if manifest.exists() else "none"
    return f"{queries.revision()} {routing_stamp(lead_teams(on))} {table}\n"


def _made_from(path: Path) -> Path:
    return path.with_name("holdings.from")


def _opened(path: Path, state: str) -> Holdings | None:
    """The index if it is of this state; a torn one is as good as none, for it can be rebuilt."""
    try:
        return Holdings.load(path) if _made_from(path).read_text() == state else None
    except (FileNotFoundError, EnvironmentFault, Damaged):
        return None


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
