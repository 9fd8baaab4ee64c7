"""The peer runs, reads every row, and leaves nothing behind."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import pytest

from pehra.cli.bench import beside
from pehra.cli.bench.intelmq import Job, run
from pehra.cli.bench.prefixes import made_up, networks
from pehra.cli.bench.reports import Recipe, universe, write
from pehra.kernel.errors import EnvironmentFault


def _job(tmp_path: Path, schema: Path) -> Job:
    prefixes = made_up(1_000)
    recipe = Recipe("scan_telnet", date(2026, 11, 20), rows=700)
    write(tmp_path / recipe.file_name, recipe, universe(prefixes))
    return Job(
        report=tmp_path / recipe.file_name,
        file_name=recipe.file_name,
        networks=networks(prefixes),
        schema=schema,
        rows=500,
    )


def test_without_a_schema_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="report schema"):
        run(_job(tmp_path, tmp_path / "absent.json"), lambda _: None)


@pytest.mark.service
@pytest.mark.long
def test_intelmq_reads_every_row(tmp_path: Path) -> None:
    before = set(Path(tempfile.gettempdir()).glob("intelmq-*"))
    found = run(_job(tmp_path, beside.schema(None, tmp_path)), lambda _: None)
    assert (found.rows, found.with_asn) == (500, 500)
    assert sorted(found.cpu_by_process) == [
        "asn",
        "deduplicator",
        "file",
        "parser",
        "redis",
        "taxonomy",
    ]
    assert found.cpu_seconds > 0
    assert set(Path(tempfile.gettempdir()).glob("intelmq-*")) == before
