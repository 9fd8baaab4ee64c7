"""`pehra roster`: import, show, export, swap."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
import pytest
from typer.testing import CliRunner

from pehra.cli import accounts, roster, structure
from pehra.kernel.errors import PehraError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pehra.toml").touch()
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))
    CliRunner().invoke(structure.app, ["load"])


def appoint(email: str) -> None:
    words = ["open", email, "--office", "ncert-duty-officer", "--password-stdin"]
    CliRunner().invoke(accounts.app, words, input="seven mangoes in Multan\n")


def run(*words: object) -> Any:  # noqa: ANN401 any JSON
    result = CliRunner().invoke(roster.app, [*map(str, words), "--json"])
    if result.exception is not None and not isinstance(result.exception, SystemExit | click.Abort):
        raise result.exception
    return json.loads(result.stdout.splitlines()[-1])


def test_a_roster_in_and_out(tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text(
        "team,person,role,from,to\n"
        "ncert,amna@cert.example,duty,2026-11-30T08:00,2026-11-30T16:00\n"
        "ncert,bilal@cert.example,on-call,2026-11-30T08:00+05:00,2026-12-01T08:00+05:00\n"
    )
    with pytest.raises(PehraError, match="holds no office of ncert"):
        run("import", file)
    for email in ("amna@cert.example", "bilal@cert.example"):
        appoint(email)
    dry = run("import", file, "--dry-run")
    assert dry == {"added": 2, "unchanged": 0, "removed": 0, "reaching": 0, "dry_run": True}
    assert run("import", file)["added"] == 2
    wanted = ("--team", "ncert", "--from", "2026-11-30")
    shown = run("show", *wanted)["shifts"]
    assert [(one["role"], one["starts"], one["local"]) for one in shown] == [
        ("duty", "2026-11-30T03:00:00Z", "Mon 30 Nov 08:00 to Mon 16:00"),
        ("on-call", "2026-11-30T03:00:00Z", "Mon 30 Nov 08:00 to Tue 08:00"),
    ]
    out = tmp_path / "again.csv"
    told = run("export", "--out", out, *wanted)
    assert (told["shifts"], out.read_text().count("cert.example")) == (2, 2)
    assert run("import", out)["unchanged"] == 2
    calendar = tmp_path / "roster.ics"
    assert run("export", "--out", calendar, *wanted)["shifts"] == 2
    assert calendar.read_bytes().count(b"BEGIN:VEVENT") == 2
    swapped = run("swap", shown[0]["id"], "bilal@cert.example")
    assert swapped == {"shift": shown[0]["id"], "person": "bilal@cert.example"}
    for wrong, code in (
        (("export", "--out", tmp_path / "roster.txt"), 2),
        (("import", tmp_path / "none.csv"), 4),
        (("show", "--team", "nobody"), 2),
        (("swap", "999", "amna@cert.example"), 2),
    ):
        with pytest.raises(PehraError) as fault:
            run(*wrong)
        assert fault.value.exit_code == code
