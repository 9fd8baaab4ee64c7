"""`pehra cases rules`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.cases.conftest import NOW
from tests.cases.fromfindings.test_actions import OWN
from typer.testing import CliRunner

from pehra.cli import caserules
from pehra.kernel.errors import PehraError
from pehra.kernel.time import TEST_CLOCK, iso

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.django_db, pytest.mark.either]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pehra.toml").touch()
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))
    moment = tmp_path / "clock"
    moment.write_text(iso(NOW.replace(day=28)))
    monkeypatch.setenv(TEST_CLOCK, str(moment))


def run(*words: object) -> Any:  # noqa: ANN401 any JSON
    result = CliRunner().invoke(caserules.app, [*map(str, words), "--json"])
    if isinstance(result.exception, PehraError):
        raise result.exception
    return json.loads(result.stdout.splitlines()[-1])


def test_list_preview_set_and_run(tmp_path: Path) -> None:
    slugs = ["cii-critical", "family-outbreak", "relapse-after-claim"]
    assert [one["slug"] for one in run("list")["rules"]] == slugs
    assert [(one["rule"], one["would_open"]) for one in run("preview")["rules"]] == [
        (slug, 0) for slug in slugs
    ]
    file = tmp_path / "rules.toml"
    file.write_bytes(OWN)
    assert run("set", file) == {"changed": 2}
    assert run("run") == {"opened": 0, "fed": 0, "linked": 0}
    with pytest.raises(PehraError, match="Cannot read"):
        run("set", tmp_path / "none.toml")
