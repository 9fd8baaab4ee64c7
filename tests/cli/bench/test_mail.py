"""The bench of mail, small: every letter arrives."""

from __future__ import annotations

import msgspec
import pytest
from typer.testing import CliRunner

from pehra.cli.bench import app


@pytest.mark.service
def test_every_letter_arrives() -> None:
    result = CliRunner().invoke(app, ["mail", "--letters", "4", "--json"])
    assert result.exit_code == 0, result.output
    found = msgspec.json.decode(result.stdout.splitlines()[-1])
    assert (found["letters"], found["taken"], found["mails_per_hour"] > 0) == (4, 4, True)
