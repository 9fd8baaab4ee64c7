"""The bench of questions, small: in quiet and beside a writer, every address is found."""

from __future__ import annotations

import msgspec
import pytest
from typer.testing import CliRunner

from pehra.cli.bench import app


@pytest.mark.service
@pytest.mark.long
def test_query_finds_every_address_while_a_writer_runs() -> None:
    arguments = ["--times", "2", "--rows", "20", "--files", "2", "--known", "50"]
    result = CliRunner().invoke(app, ["query", *arguments, "--prefixes", "50", "--json"])
    assert result.exit_code == 0, result.output
    found = msgspec.json.decode(result.stdout.splitlines()[-1])
    for when in ("quiet", "beside_a_writer"):
        assert found[when]["address_7_days"]["rows"] == 2
        assert found[when]["list_page"]["p95_ms"] > 0
