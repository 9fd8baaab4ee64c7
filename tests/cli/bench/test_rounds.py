"""The bench of a round of notices, small: every holder is told of all that is open."""

from __future__ import annotations

import msgspec
import pytest
from typer.testing import CliRunner

from pehra.cli.bench import app


@pytest.mark.service
@pytest.mark.long
def test_every_holder_is_told_of_all_that_is_open() -> None:
    arguments = ["--letters", "3", "--known", "300", "--prefixes", "50", "--json"]
    result = CliRunner().invoke(app, ["notices", *arguments])
    assert result.exit_code == 0, result.output
    found = msgspec.json.decode(result.stdout.splitlines()[-1])
    assert (found["findings"], found["mailboxes"], found["letters"]) == (300, 5, 3)
    assert found["findings_per_second"] > 0
