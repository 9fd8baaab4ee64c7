"""The pipeline bench, small: every promised key is there, and the counts are exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from typer.testing import CliRunner

from pehra.cli.bench import app

if TYPE_CHECKING:
    from pathlib import Path

PROMISED = {
    "rows_per_second",
    "rows_per_second_to_findings",
    "known_per_second",
    "new_per_second",
    "longest_write_ms",
    "peak_rss_mib",
    "cpu_seconds",
    "machine",
}


@pytest.mark.service
@pytest.mark.long
def test_pipeline_measures_a_report_over_a_full_store(tmp_path: Path) -> None:
    arguments = ["pipeline", "--rows", "500", "--known", "600", "--prefixes", "100", "--json"]
    result = CliRunner().invoke(app, [*arguments, "--stage", str(tmp_path)])
    assert result.exit_code == 0, result.output
    found = msgspec.json.decode(result.stdout.splitlines()[-1])
    assert found.keys() >= PROMISED
    assert found["to_stored"]["findings"] == {"opened": 0, "updated": 0, "relapsed": 0}
    assert found["to_findings"]["findings"] == {"opened": 100, "updated": 400, "relapsed": 0}
    assert found["known_only"]["findings"] == {"opened": 0, "updated": 500, "relapsed": 0}
    assert found["new_only"]["findings"] == {"opened": 100, "updated": 0, "relapsed": 0}
    assert found["to_findings"]["attributed"] == 500


def test_a_peer_that_is_not_known_is_refused() -> None:
    result = CliRunner().invoke(app, ["pipeline", "--against", "splunk", "--json"])
    assert result.exit_code != 0
    assert "splunk" in str(result.exception)
