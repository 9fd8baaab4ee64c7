"""The bench of three sizes, small: each size is stored and folded."""

from __future__ import annotations

import msgspec
import pytest
from typer.testing import CliRunner

from pehra.cli.bench import app


@pytest.mark.service
@pytest.mark.long
def test_linear_measures_three_sizes() -> None:
    arguments = ["--smallest", "3", "--known", "20", "--prefixes", "50", "--json"]
    result = CliRunner().invoke(app, ["linear", *arguments])
    assert result.exit_code == 0, result.output
    found = msgspec.json.decode(result.stdout.splitlines()[-1])
    sizes = {f"{half}_{rows}" for half in ("to_stored", "to_findings") for rows in (3, 30, 300)}
    assert found.keys() == {"bench", "machine", "known_findings", *sizes}
