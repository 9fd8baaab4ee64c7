"""`pehra structure`: load with a difference, and gaps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pehra.cli import structure
from pehra.kernel.errors import UnreadableFile, UsageError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pehra.toml").touch()
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))
    return tmp_path


def run(*words: str) -> list[str]:
    result = CliRunner().invoke(structure.app, list(words))
    if result.exception is not None:
        raise result.exception
    return result.stdout.splitlines()


def test_load_says_the_difference_once() -> None:
    assert run("load", "--dry-run")[-1] == "256 added, 0 changed, 0 kept, 0 missing (dry run)"
    assert json.loads(run("load", "--json")[-1])["added"] == 256
    assert run("load") == ["0 added, 0 changed, 0 kept, 0 missing"]


def test_a_file_of_one_s_own(home: Path) -> None:
    path = home / "own.yaml"
    path.write_text("name: Own\ncountry: ZZ\nterritories: [{code: ZZ-A, name: A}]\n")
    assert run("load", str(path)) == [
        "added territories ZZ-A",
        "1 added, 0 changed, 0 kept, 0 missing",
    ]
    path.write_bytes(b"\xff")
    with pytest.raises(UnreadableFile):
        run("load", str(path))


def test_gaps() -> None:
    run("load")
    found = json.loads(run("gaps", "--json")[-1])["gaps"]
    assert {"territory-without-team", "sector-without-regulator"} < {gap["kind"] for gap in found}
    assert len(run("gaps")) == len(found) + 1


def test_a_rule_reads_otherwise_from_a_day_on() -> None:
    run("load")
    held = json.loads(run("rules", "--json")[-1])["rules"]
    (old,) = [one for one in held if one["slug"] == "notification"]
    assert (old["kind"], old["says"], old["unconfirmed"]) == ("clock", "72", True)
    words = ("clock", str(old["id"]), "--from", "2999-01-01", "--decision", "Minute 4")
    made = json.loads(run("change", *words, "--set", "hours=24", "--json")[-1])
    assert made["since"] == "2999-01-01"
    for day, says, decided in (("2998-12-31", "72", ""), ("2999-01-01", "24", "operator")):
        held = json.loads(run("rules", "--on", day, "--json")[-1])["rules"]
        (found,) = [one for one in held if one["slug"] == "notification"]
        assert (found["says"], found["decided_by"].partition(":")[0]) == (says, decided)
    assert run("rules", "--on", "2999-01-01")[0].startswith("kind\tnumber\twhat")


@pytest.mark.parametrize("given", ["hours", "hours=many", "hours=0", "hours=99999999999"])
def test_a_value_that_sets_nothing_is_told(given: str) -> None:
    words = ("clock", "1", "--from", "2999-01-01", "--decision", "Minute 4", "--set", given)
    with pytest.raises(UsageError, match=r"sets nothing|is no number"):
        run("change", *words)
