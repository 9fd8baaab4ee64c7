"""The bench of small batches, small: every batch is timed."""

from __future__ import annotations

import msgspec
import pytest
from typer.testing import CliRunner

from pehra.cli.bench import app


@pytest.mark.service
@pytest.mark.long
def test_store_times_every_batch() -> None:
    arguments = ["--batches", "3", "--rows", "20", "--known", "50", "--prefixes", "50"]
    result = CliRunner().invoke(app, ["store", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    found = msgspec.json.decode(result.stdout.splitlines()[-1])
    assert (found["batches"], found["rows"]) == (3, 20)
    assert found["last"]["stored"].keys() == {"p50_ms", "p95_ms", "p99_ms", "most_ms"}
