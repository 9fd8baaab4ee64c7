"""The commands print one line of JSON with what they promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from typer.testing import CliRunner

from pehra.cli.bench import app

if TYPE_CHECKING:
    from pathlib import Path


def _said(*arguments: str) -> dict[str, object]:
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    return msgspec.json.decode(result.stdout.splitlines()[-1], type=dict[str, object])


def test_start_times_the_help_page() -> None:
    found = _said("start", "--times", "1")
    assert {"bench", "p50_ms", "p95_ms", "cpu_ms", "times", "machine"} <= found.keys()


def test_attribution_finds_a_holder_for_every_address_of_the_table() -> None:
    found = _said("attribution", "--rows", "300", "--prefixes", "200")
    assert (found["rows"], found["attributed"], found["prefixes"]) == (300, 300, 200)
    assert {"rows_per_second", "rows_per_cpu_second", "load_ms", "peak_rss_mib"} <= found.keys()


def test_report_writes_the_published_name_into_a_folder(tmp_path: Path) -> None:
    found = _said("report", str(tmp_path), "--rows", "20", "--prefixes", "50")
    path = tmp_path / "2026-11-20-scan_telnet-pakistan-geo.csv"
    assert found == {"file": str(path), "rows": 20, "bytes": path.stat().st_size}
    assert len(path.read_text().splitlines()) == 21


def test_without_json_a_table_is_shown() -> None:
    result = CliRunner().invoke(app, ["start", "--times", "1"])
    assert result.exit_code == 0
    assert "machine.cores" in result.stdout
