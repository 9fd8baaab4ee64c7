"""What every command does at the door: find the home, say the result, name the operator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pehra.cli import door
from pehra.kernel.errors import EnvironmentFault

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.django_db
def test_a_home_is_found_or_missed(place: Path) -> None:
    with pytest.raises(EnvironmentFault, match=f"There is no home at {place}"):
        door.open_home()
    assert door.open_home(must_exist=False).root == place
    place.mkdir()
    (place / "pehra.toml").touch()
    assert door.open_home().settings_file == place / "pehra.toml"


def test_a_result_is_one_line_of_json_or_lines_for_people(
    capsys: pytest.CaptureFixture[str],
) -> None:
    result = {"text": "line one\nline two", "none": None, "اردو": [1.5]}
    door.say(True, result, ["not shown"])
    told = capsys.readouterr().out
    assert (told.count("\n"), json.loads(told)) == (1, result)
    door.say(False, result, ["shown", "as lines"])
    door.note("aside")
    assert capsys.readouterr() == ("shown\nas lines\n", "aside\n")


def test_a_table_in_a_pipe_is_separated_by_tabs(capsys: pytest.CaptureFixture[str]) -> None:
    door.table("Title", ("a", "b"), iter([(1, None), ("x", "")]))
    assert capsys.readouterr().out == "a\tb\n1\tNone\nx\t\n"


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"SUDO_USER": "amna", "USER": "root"}, "amna"),
        ({"SUDO_USER": "", "USER": "bilal"}, "bilal"),
        ({"SUDO_USER": "", "USER": ""}, "uid-"),
    ],
)
def test_the_operator_is_the_account_that_runs_the_command(
    variables: dict[str, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    actor = door.operator()
    assert actor.office == "operator"
    assert actor.name.rstrip("0123456789") == name


@pytest.mark.django_db
def test_a_database_with_all_its_tables_waits_for_nothing(place: Path) -> None:
    place.mkdir()
    (place / "pehra.toml").touch()
    home = door.open_home()
    vendor, waiting = door.database(home)
    assert (vendor in {"sqlite", "postgresql"}, waiting) == (True, 0)
