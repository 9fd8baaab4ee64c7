"""`pehra cases breaches` and `pehra cases leaked-check`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
import pytest
from tests.cases.test_breaches import WORDS, laid
from tests.mandate.test_tenancy import breach, tenant
from typer.testing import CliRunner

from pehra.cases.breaches.leaked import Kind
from pehra.cli import cases
from pehra.kernel.errors import PehraError
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pehra.toml").touch()
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))


def run(*words: str, typed: str = "") -> Any:  # noqa: ANN401 any JSON
    result = CliRunner().invoke(cases.app, [*words, "--json"], input=typed)
    if result.exception is not None and not isinstance(result.exception, SystemExit | click.Abort):
        raise result.exception
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.parametrize("kind", Kind)
def test_a_password_is_looked_up_by_its_prefix(tmp_path: Path, kind: Kind) -> None:
    laid(tmp_path / "leaked", kind, apart=False)
    known = run("leaked-check", "--kind", kind, typed=f"{WORDS[7]}\n")
    assert (known["found"], known["count"], len(known["prefix"])) == (True, kind.digits, 5)
    assert run("leaked-check", "--kind", kind, typed="seven mangoes\n")["found"] is False


def test_what_is_missing_is_said() -> None:
    with pytest.raises(PehraError, match="There is no password"):
        run("leaked-check", typed="\n")
    with pytest.raises(PehraError, match="no data of leaked passwords"):
        run("leaked-check", typed="mango\n")


@pytest.mark.django_db
def test_the_register_has_every_breach() -> None:
    with as_system():
        row = breach(tenant(1))
    (told,) = run("breaches")["breaches"]
    assert (told["id"], told["organisation"], told["state"]) == (row.pk, "tenant-1", "detected")
    assert "contact" in told["missing"]
