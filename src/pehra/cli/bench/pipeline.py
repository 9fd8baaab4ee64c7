"""The whole way of a report, and its two halves: parse to stored, and folded into findings.

Each figure comes from a report of its own, read in a process of its own: one that is only stored,
one of which four rows in five are about known findings, one about known findings only, one about
new ones only.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.cli.bench import reports
from pehra.cli.bench.measure import Stopwatch
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from pehra.cli.bench.stage import Stage

SOURCE = "shadowserver"
SHARE = 0.8
"""Part of a day's rows that is about findings already known."""


def ingest(options: dict[str, Any]) -> dict[str, Any]:
    """Step: take one report in, in the home of this process.

    Args:
        options: `path`; `folds` (False: only to stored observations).
    """
    from pehra.cli.door import open_home

    home = open_home()
    from pehra.findings import jobs

    path = Path(options["path"])
    desk = jobs.desk(home, clock())
    desk.folds = options["folds"]
    watch = Stopwatch()
    result = jobs.ingest(SOURCE, path, home=home, now=clock(), opened=desk)
    usage = watch.read()
    return {
        **msgspec.structs.asdict(usage),
        "rows": result.rows,
        "accepted": result.accepted,
        "attributed": result.attributed,
        "findings": result.findings,
        "stored_seconds": round(result.stored_seconds, 3),
        "folded_seconds": round(result.folded_seconds, 3),
        "longest_write_ms": round(result.longest_write_ms, 1),
        "rows_per_second": round(result.rows / usage.wall_seconds),
        "rows_per_cpu_second": round(result.rows / usage.cpu_seconds),
    }


class Reports:
    """Makes reports for a stage: each names known devices in an order of its own, and new ones.

    Args:
        folder: where they are written.
        stage: about whose devices.
        day: of all of them, after that of the stage.
    """

    def __init__(self, folder: Path, stage: Stage, day: date) -> None:
        self.folder = folder
        self._stage = stage
        self._day = day
        self._fresh = stage.wanted.known
        self._made = 0

    def make(self, rows: int, share: float) -> Path:
        """A report of which `share` is about findings of the stage, and the rest about new ones."""
        self._made += 1
        known = self._stage.wanted.known
        recipe = reports.Recipe(
            "scan_telnet", self._day, rows, known, share, self._fresh, self._made
        )
        self._fresh += rows
        path = self.folder / str(self._made) / recipe.file_name
        path.parent.mkdir()
        reports.write(path, recipe, self._stage.over)
        return path


def run(
    stage: Stage, made: Reports, rows: int, note: Callable[[str], None]
) -> tuple[dict[str, Any], Path]:
    """Measure all four; returns the figures, and the report of which the peer gets a part."""
    share = SHARE if stage.wanted.known else 0.0
    mixed = made.make(rows, share)
    known = min(rows, stage.wanted.known)
    note(f"{rows:,} rows to stored observations")
    stored = _measured(stage, made.make(rows, share), folds=False)
    note(f"{rows:,} rows to findings")
    whole = _measured(stage, mixed, folds=True)
    old = _measured(stage, made.make(known, 1.0), folds=True) if known else None
    new = _measured(stage, made.make(max(rows // 5, 1), 0.0), folds=True)
    every = [run for run in (stored, whole, old, new) if run]
    return {
        "rows": rows,
        "known_findings": stage.wanted.known,
        "prefixes": len(stage.over.prefixes),
        "database": "postgresql" if stage.wanted.database else "sqlite",
        "rows_per_second": stored["rows_per_second"],
        "rows_per_second_to_findings": whole["rows_per_second"],
        "rows_per_cpu_second": stored["rows_per_cpu_second"],
        "rows_per_cpu_second_to_findings": whole["rows_per_cpu_second"],
        "known_per_second": _folds(old, "updated") if old else 0,
        "new_per_second": _folds(new, "opened"),
        "longest_write_ms": max(run["longest_write_ms"] for run in every),
        "peak_rss_mib": max(run["peak_rss_mib"] for run in every),
        "cpu_seconds": stored["cpu_seconds"],
        "cpu_seconds_to_findings": whole["cpu_seconds"],
        "to_stored": stored,
        "to_findings": whole,
        "known_only": old,
        "new_only": new,
    }, mixed


def _measured(stage: Stage, path: Path, *, folds: bool) -> dict[str, Any]:
    return stage.run("pipeline:ingest", {"path": str(path), "folds": folds})


def _folds(found: dict[str, Any], what: str) -> int:
    """Findings a second, over the time that only the fold took."""
    folded: int = found["findings"][what]
    return round(folded / max(float(found["folded_seconds"]), 1e-3))
