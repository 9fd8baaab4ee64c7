"""`pehra cases` has the commands of its subjects."""

from __future__ import annotations

from typer.testing import CliRunner

from pehra.cli import cases


def test_the_commands_of_its_subjects() -> None:
    told = CliRunner().invoke(cases.app, ["--help"]).stdout
    assert {"import", "playbooks"} <= set(told.split())
