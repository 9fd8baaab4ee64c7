"""`pehra cases list` and `show`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.cases.conftest import NOW, Nation, clocks, nation, opened
from typer.testing import CliRunner

from pehra.cli import cases
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["clocks", "nation"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pehra.toml").touch()
    (tmp_path / "now").write_text(NOW.isoformat())
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))
    monkeypatch.setenv("PEHRA_TEST_CLOCK", str(tmp_path / "now"))


def run(*words: object) -> Any:  # noqa: ANN401 any JSON
    result = CliRunner().invoke(cases.app, [*map(str, words), "--json"])
    if result.exception is not None:
        raise result.exception
    return json.loads(result.stdout.splitlines()[-1])


def test_cases_are_listed_and_shown(clocks: Nation) -> None:
    number = opened(clocks, kind="ransomware")
    (row,) = run("list")["cases"]
    assert (row["number"], row["state"], row["severity"], row["lead"], row["next_due"]) == (
        number, "reported", None, "fincert", "2026-11-22T10:00:00Z",
    )  # fmt: skip
    assert run("list", "--state", "closed", "--overdue", "--severity", 1) == {"cases": []}
    case = run("show", number)["case"]
    assert case["clocks"] == [
        {"kind": "case-triage", "due_at": "2026-11-22T10:00:00Z", "over_since": None,
         "met_at": None, "unconfirmed": True},
    ]  # fmt: skip
    assert [one["kind"] for one in case["timeline"]] == ["opened"]
    assert {"name": "river-bank", "role": "affected"} in case["parties"]
    plain = CliRunner().invoke(cases.app, ["show", str(number)])
    assert "Files of River Bank" in plain.stdout
    with pytest.raises(UsageError, match="no case 0"):
        run("show", 0)
    with pytest.raises(UsageError, match="no state"):
        run("list", "--state", "x")
