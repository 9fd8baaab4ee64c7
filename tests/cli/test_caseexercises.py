"""`pehra cases exercise`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.cases.conftest import NOW
from typer.testing import CliRunner

from pehra.cli import caseexercises, structure
from pehra.kernel.errors import PehraError
from pehra.kernel.time import TEST_CLOCK, iso
from pehra.mandate.models import Organisation, Sector

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
    CliRunner().invoke(structure.app, ["load"])
    Organisation.objects.create(
        slug="river-bank", name="River Bank", sector=Sector.objects.get(slug="banking")
    )


def run(*words: object) -> Any:  # noqa: ANN401 any JSON
    result = CliRunner().invoke(caseexercises.app, [*map(str, words), "--json"])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return json.loads(result.stdout.splitlines()[-1])


def test_played_to_its_end() -> None:
    assert [one["injects"] for one in run("scenarios")["scenarios"]] == [20, 19, 18]
    told = run("run", "bank-wiper")
    assert (told["organisations"], len(told["injects"])) == (1, 19)
    shown = run("show", told["exercise"])
    assert (len(shown["injects"]), len(shown["lessons"])) == (19, 2)
    assert shown["exercise"]["ended_at"] == "2026-11-28T06:00:00Z"
    assert [one["id"] for one in run("list")["exercises"]] == [told["exercise"]]


def test_by_hand_and_a_call_tree() -> None:
    number = run("begin", "oil-servers", "--organisation", "river-bank")["exercise"]
    assert run("next", number)["does"] == "note"
    assert run("end", number) == {"exercise": number}
    with pytest.raises(PehraError, match="has ended"):
        run("next", number)
    with pytest.raises(PehraError, match="no exercise 77"):
        run("show", 77)
    with pytest.raises(PehraError, match="Nobody holds an office"):
        run("ping", "--team", "ncert")
    with pytest.raises(PehraError, match="Nobody was asked"):
        run("answered", 5)
