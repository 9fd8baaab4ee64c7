"""The bench of reports of people, small: all are filed, by one process and by two."""

from __future__ import annotations

import msgspec
import pytest
from typer.testing import CliRunner

from pehra.cli.bench import app


@pytest.mark.service
@pytest.mark.long
def test_all_are_filed() -> None:
    arguments = ["--stored", "50", "--filed", "20", "--processes", "1", "--json"]
    result = CliRunner().invoke(app, ["reports", *arguments])
    assert result.exit_code == 0, result.output
    found = msgspec.json.decode(result.stdout.splitlines()[-1])
    assert (found["stored"], found["filed"], found["together"]["processes"]) == (50, 20, 1)
    assert found["an_hour"] > 0
