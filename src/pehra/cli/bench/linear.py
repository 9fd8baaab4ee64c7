"""Whether cost grows with the rows and with nothing else: three sizes, a decade apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pehra.cli.bench.pipeline import SHARE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pehra.cli.bench.pipeline import Reports
    from pehra.cli.bench.stage import Stage


def run(
    stage: Stage, made: Reports, sizes: Sequence[int], note: Callable[[str], None]
) -> dict[str, Any]:
    """Take a report of each size in, to stored observations and to findings."""
    found: dict[str, Any] = {"known_findings": stage.wanted.known}
    for rows in sizes:
        share = SHARE if rows * SHARE <= stage.wanted.known else 0.0
        for name, folds in (("to_stored", False), ("to_findings", True)):
            note(f"{rows:,} rows, {name.replace('_', ' ')}")
            path = made.make(rows, share)
            run = stage.run("pipeline:ingest", {"path": str(path), "folds": folds})
            path.unlink()
            found[f"{name}_{rows}"] = {
                "cpu_seconds_per_million": round(run["cpu_seconds"] * 1e6 / rows, 2),
                **{
                    figure: run[figure]
                    for figure in ("cpu_seconds", "wall_seconds", "rows_per_second", "peak_rss_mib")
                },
            }
    return found
