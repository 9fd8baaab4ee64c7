"""Ours beside the peer's: the same first rows, the same table, the same run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pehra.cli.bench import intelmq
from pehra.cli.bench.prefixes import networks
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pehra.cli.bench.stage import Stage

ROWS = 50_000
"""How many rows the peer gets: at its speed, one to three minutes."""


def check(against: str) -> None:
    """Refuse a peer that is not known, before anything is measured."""
    if against not in ("", "intelmq"):
        message = f"There is no peer `{against}`."
        raise UsageError(message, mend="Known: intelmq.")


def intelmq_on(
    report: Path,
    stage: Stage,
    schema: Path,
    note: Callable[[str], None],
    ours: Mapping[str, Any],
) -> dict[str, Any]:
    """Run the peer on the first rows of `report`, and put our figures in relation to its."""
    job = intelmq.Job(
        report=report,
        file_name=report.name,
        networks=networks(stage.over.prefixes),
        schema=schema,
        rows=min(ROWS, ours["rows"]),
    )
    found = intelmq.run(job, note)
    return {
        "ratio_rows_per_cpu_second": _ratio(ours["rows_per_cpu_second"], found),
        "ratio_to_findings": _ratio(ours["rows_per_cpu_second_to_findings"], found),
        "intelmq": found.figures(),
    }


def _ratio(ours: float, peer: intelmq.PeerRun) -> float:
    return round(ours / peer.rows_per_cpu_second, 1)
