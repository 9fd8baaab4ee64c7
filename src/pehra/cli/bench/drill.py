"""A backup while a report is taken in, and the home that comes of it: the restore drill, timed.

The home is filled by reports that all name the findings it knows, so it has many observations for
each. The drill is passed only where the restored home has the backup's ledger head and every count,
which `restore` itself refuses to do without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from pehra.cli.bench.stage import pehra
from pehra.kernel.errors import Damaged

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pehra.cli.bench.pipeline import Reports
    from pehra.cli.bench.stage import Stage


def run(
    stage: Stage, made: Reports, observations: int, note: Callable[[str], None]
) -> dict[str, Any]:
    """Fill the home up to so many observations, then back it up beside an ingest, and restore."""
    _fill(stage, made, observations, note)
    folder = made.folder
    report = made.make(max(stage.wanted.known, 1_000), 0.8 if stage.wanted.known else 0.0)
    note("A backup while a report is taken in")
    with stage.start("pipeline:ingest", {"path": str(report), "folds": True}) as beside:
        backup = pehra(stage, "backup", str(folder / "home.tar"))
        busy = beside.poll() is None
        beside.communicate()
    note("The home that comes of it")
    restored = _restored(stage, folder, backup["file"])
    if restored["ledger"] != backup["ledger"]:
        message = "The restored home has another ledger."
        raise Damaged(message, mend="Keep both, and say so to who makes Pehra.")
    return {
        "observations": backup["observations"],
        "findings": backup["findings"],
        "rows": backup["rows"],
        "files": backup["files"],
        "bytes": backup["size"],
        "backup_seconds": backup["seconds"],
        "ingest_went_on": busy or beside.returncode == 0,
        "restore_seconds": restored["seconds"],
        "ledger_root": restored["ledger"]["root"],
    }


def _fill(stage: Stage, made: Reports, observations: int, note: Callable[[str], None]) -> None:
    there = pehra(stage, "status")["observations"]
    while there < observations:
        rows = min(max(stage.wanted.known, 1), observations - there)
        path = made.make(rows, 1.0 if stage.wanted.known else 0.0)
        there += pehra(stage, "ingest", "shadowserver", str(path))["accepted"]
        path.unlink()
        note(f"{there:,} of {observations:,} observations")


def _restored(stage: Stage, folder: Path, file: str) -> dict[str, Any]:
    away = msgspec.structs.replace(stage, home=folder / "away")
    keys = str(stage.home / "keys")
    return pehra(away, "restore", file, "--to", str(folder / "restored"), "--keys", keys)
