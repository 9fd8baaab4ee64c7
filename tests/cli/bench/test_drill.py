"""The drill, small: a backup beside an ingest comes back with the ledger's head and every count."""

from __future__ import annotations

import msgspec
import pytest
from typer.testing import CliRunner

from pehra.cli.bench import app


@pytest.mark.service
@pytest.mark.long
def test_a_home_comes_back_with_every_count() -> None:
    words = ["backup", "--observations", "1500", "--known", "1000", "--prefixes", "200", "--json"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    found = msgspec.json.decode(result.stdout.splitlines()[-1])
    assert found["observations"] >= 1500
    assert found["findings"] >= 1000
    assert found["ingest_went_on"] is True
    assert len(found["ledger_root"]) == 64
    assert found["backup_seconds"] > 0
