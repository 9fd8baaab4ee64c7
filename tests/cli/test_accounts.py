"""`pehra accounts`: open, appoint, end, list; a password comes by standard input or a prompt."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pehra.cli import accounts, structure
from pehra.kernel.errors import UsageError
from pehra.mandate.actions import person

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db
PHRASE = "seven mangoes in Multan"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pehra.toml").touch()
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))
    CliRunner().invoke(structure.app, ["load"])


def run(*words: str, typed: str = "") -> list[str]:
    result = CliRunner().invoke(accounts.app, list(words), input=typed)
    if result.exception is not None:
        raise result.exception
    return result.stdout.splitlines()


def test_an_account_from_opening_to_end() -> None:
    opened = run("open", "a@b.pk", "--password-stdin", "--json", typed=PHRASE + "\n")
    assert json.loads(opened[-1])["email"] == "a@b.pk"
    assert person("a@b.pk").check_password(PHRASE)
    run("appoint", "a@b.pk", "cert-pb-analyst", "--from", "2026-01-01")
    listed = json.loads(run("list", "--json")[-1])["accounts"]
    assert listed == [
        {"email": "a@b.pk", "name": "", "offices": ["cert-pb-analyst"], "active": True}
    ]
    run("end", "a@b.pk", "cert-pb-analyst", "--on", "2026-02-01")
    assert run("list") == ["account\tname\toffices\tstate", "a@b.pk\t\t\topen"]


def test_a_new_password_is_asked_for_twice() -> None:
    run("open", "a@b.pk", "--password-stdin", typed=PHRASE + "\n")
    other = PHRASE[::-1]
    run("password", "a@b.pk", typed=f"{other}\n{other}\n")
    assert person("a@b.pk").check_password(other)


def test_a_wrong_day_is_told() -> None:
    with pytest.raises(UsageError, match="`soon` is no day"):
        run("appoint", "a@b.pk", "cert-pb-analyst", "--from", "soon")
