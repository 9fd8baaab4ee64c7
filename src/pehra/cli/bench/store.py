"""Small batches: how long until a file of a thousand rows is durable, early and after a thousand.

Each batch is a file of its own and goes the whole way. `stored_ms` is what its observations took
until they could survive a power cut; `whole_ms` also has the kept file, the rows about the batch,
its findings and the ledger entry.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pehra.cli.bench.measure import Stopwatch, peak_rss_mib, percentiles
from pehra.cli.bench.pipeline import SOURCE
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from pehra.cli.bench.pipeline import Reports
    from pehra.cli.bench.stage import Stage

_SAMPLE = 100


def measure(options: dict[str, Any]) -> dict[str, Any]:
    """Step: take in every file of `folder`, by name; compare the first and the last of them."""
    from pehra.cli.door import open_home

    home = open_home()
    from pehra.findings import jobs

    desk = jobs.desk(home, clock())
    stored: list[float] = []
    whole: list[float] = []
    for path in sorted(Path(options["folder"]).rglob("*.csv")):
        watch = Stopwatch()
        result = jobs.ingest(SOURCE, path, home=home, now=clock(), opened=desk)
        whole.append(watch.read().wall_seconds)
        stored.append(result.stored_seconds)
    sample = min(_SAMPLE, len(whole))
    return {
        "batches": len(whole),
        "first": _both(stored[:sample], whole[:sample]),
        "last": _both(stored[-sample:], whole[-sample:]),
        "peak_rss_mib": peak_rss_mib(),
    }


def _both(stored: list[float], whole: list[float]) -> dict[str, Any]:
    return {"stored": percentiles(stored), "whole": percentiles(whole)}


def run(
    stage: Stage, made: Reports, shape: tuple[int, int], note: Callable[[str], None]
) -> dict[str, Any]:
    """Make `batches` files of `rows` rows each (`shape`), and take them in."""
    batches, rows = shape
    share = 0.8 if stage.wanted.known >= rows else 0.0
    for _ in range(batches):
        made.make(rows, share)
    note(f"{batches:,} batches of {rows:,} rows")
    found = stage.run("store:measure", {"folder": str(made.folder)})
    return {"rows": rows, "known_findings": stage.wanted.known, **found}
