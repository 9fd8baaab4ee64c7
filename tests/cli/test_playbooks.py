"""`pehra cases playbooks`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.cases.conftest import nation, opened
from typer.testing import CliRunner

from pehra.cases.playbooks.shipped import SLUGS, content
from pehra.cli import playbooks
from pehra.kernel.errors import PehraError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cases.conftest import Nation

pytestmark = [pytest.mark.django_db, pytest.mark.either]
__all__ = ["nation"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pehra.toml").touch()
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))


def run(*words: object, code: int = 0) -> Any:  # noqa: ANN401 any JSON
    result = CliRunner().invoke(playbooks.app, [*map(str, words), "--json"])
    if isinstance(result.exception, PehraError):
        raise result.exception
    assert result.exit_code == code
    return json.loads(result.stdout.splitlines()[-1])


def test_list_show_and_give_away(tmp_path: Path) -> None:
    assert [one["which"] for one in run("list")["playbooks"]] == list(SLUGS)
    steps = run("show", "ransomware")["steps"]
    assert (steps[4]["number"], steps[4]["who"]) == ("3b1", "Evidence custodian")
    assert [one["volatility"] for one in steps[4]["evidence"]] == [2, 3, 4, 4, 5]
    file = tmp_path / "out.json"
    run("export", "ddos", "--out", file)
    assert file.read_bytes() == content("ddos")
    assert run("check", file)["faults"] == []
    assert run("import", file) == run("import", file)
    with pytest.raises(PehraError, match="no playbook `nothing`"):
        run("show", "nothing")


def test_faults_with_their_places(tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    file.write_text("{}")
    told = run("check", file, code=2)
    message = "Object missing required field `type`"
    assert told["faults"] == [{"place": "$", "message": message}]
    with pytest.raises(PehraError, match="no playbook that can be followed"):
        run("import", file)
    with pytest.raises(PehraError, match="Cannot read"):
        run("check", tmp_path / "none.json")


def test_begun_and_marked(nation: Nation) -> None:
    begun = run("begin", opened(nation), "phishing")["run"]
    assert run("mark", begun, "1")["settled"] == 1
    told = run("mark", begun, "3", "--answer", "own")
    assert (told["settled"], told["total"]) == (2, 10)
