"""`pehra offices`: the table of powers, glass that is broken, and its review by another."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click
import pytest
from typer.testing import CliRunner

from pehra.cli import accounts, offices, structure
from pehra.kernel.errors import Refused
from pehra.kernel.time import clock
from pehra.mandate.models import BrokenGlass

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db
LAWYER, HEAD = "lawyer@cert.example", "head@cert.example"
WHY = ("--reason", "Both officers of the shift are ill tonight")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pehra.toml").touch()
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setenv("USER", "first")
    CliRunner().invoke(structure.app, ["load"])
    for email, office in ((LAWYER, "ncert-legal-officer"), (HEAD, "ncert-director-general")):
        words = ["open", email, "--office", office, "--password-stdin"]
        CliRunner().invoke(accounts.app, words, input="seven mangoes in Multan\n")


def run(*words: str, code: int = 0) -> Any:  # noqa: ANN401 any JSON
    result = CliRunner().invoke(offices.app, [*words, "--json"])
    if result.exception is not None and not isinstance(result.exception, SystemExit | click.Abort):
        raise result.exception
    assert result.exit_code == code
    return json.loads(result.stdout.splitlines()[-1])


def test_who_may_do_what_today() -> None:
    found = run("powers", "handle-reports")["powers"]
    assert [(one["role"], one["offices"]) for one in found] == [
        ("NC", ["ncert-duty-officer"]),
        ("SUP", ["ncert-shift-supervisor"]),
        ("DIR", ["ncert-director-general"]),
    ]
    assert {one["unconfirmed"] for one in found} == {True}


def test_glass_is_broken_and_another_person_at_another_terminal_reviews_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    number = run("break-glass", LAWYER, "ncert-legal-officer", "handle-reports", *WHY)["glass"]
    with pytest.raises(Refused, match="first broke this glass"):
        run("review", str(number), HEAD)
    monkeypatch.setenv("USER", "second")
    assert run("glass", "--waiting")["overdue"] == []
    assert run("review", str(number), HEAD) == {"glass": number, "verdict": "confirmed"}
    assert [one["verdict"] for one in run("glass")["glass"]] == ["confirmed"]


def test_what_nobody_reviewed_in_time_is_said_and_exits_1() -> None:
    number = run("break-glass", LAWYER, "ncert-legal-officer", "handle-reports", *WHY)["glass"]
    BrokenGlass.objects.update(review_by=clock() - timedelta(minutes=1))
    assert run("glass", code=1)["overdue"] == [number]
    shown = CliRunner().invoke(offices.app, ["glass"]).stdout.splitlines()
    assert "OVERDUE since" in shown[1]


def test_orders_and_evidence_are_never_taken() -> None:
    with pytest.raises(Refused, match="No glass is broken for `security-block`"):
        run("break-glass", LAWYER, "ncert-legal-officer", "security-block", *WHY)
