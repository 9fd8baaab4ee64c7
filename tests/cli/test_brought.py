"""`pehra cases import`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.cases.brought.samples import HISTORY, SHEET, encoded, ticket
from tests.cases.conftest import nation
from typer.testing import CliRunner

from pehra.cli import cases
from pehra.kernel.errors import PehraError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cases.conftest import Nation
    from typer.testing import Result

pytestmark = pytest.mark.django_db

__all__ = ["nation"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pehra.toml").touch()
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))


def run(*words: object) -> Result:
    result = CliRunner().invoke(cases.app, ["import", *map(str, words)])
    if isinstance(result.exception, PehraError):
        raise result.exception
    return result


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_tickets_come_once_with_the_difference_first(nation: Nation, tmp_path: Path) -> None:
    del nation
    file = tmp_path / "tickets.tsv"
    file.write_bytes(SHEET)
    dry = run(file, "--format", "rtir", "--dry-run", "--json")
    assert dry.exit_code == 1
    counts = {"added": 1, "changed": 0, "unchanged": 0, "rejected": 2, "left": 1}
    assert lines(dry)[-1] == {**counts, "dry_run": True}
    done = run(file, "--format", "rtir", "--team", "ncert")
    assert done.stdout.splitlines() == [
        "line 4: rejected tickets.tsv: 13 cells where the header has 12",
        "line 3: rejected tickets.tsv: ticket 43: it has no subject",
        "line 2: added rtir 42 Defaced page: 1 line, 2 indicators",
        "line 2: left rtir 42 Defaced page: colour: red",
        "1 added, 0 changed, 0 unchanged, 2 rejected, 1 left",
    ]
    (*_, last) = lines(run(file, "--format", "rtir", "--json"))
    assert (last["added"], last["unchanged"]) == (0, 1)
    rest = tmp_path / "tickets.json"
    rest.write_bytes(encoded(ticket(42, History=HISTORY)))
    changed, *_ = lines(run(rest, "--format", "rtir", "--json"))
    assert (changed["outcome"], changed["subject"]) == (
        *("changed",),
        "rtir 42 Phishing page of River Bank",
    )


def test_what_is_said_wrongly(nation: Nation, tmp_path: Path) -> None:
    del nation
    file = tmp_path / "x.json"
    file.write_text("{")
    for words, code in (
        ((file, "--format", "rtir"), 2),
        ((file, "--format", "otrs"), 2),
        ((file, "--format", "misp", "--team", "nobody"), 2),
        ((tmp_path / "none.json", "--format", "misp"), 4),
    ):
        with pytest.raises(PehraError) as fault:
            run(*words)
        assert fault.value.exit_code == code


def test_many_are_shown_in_part(nation: Nation, tmp_path: Path) -> None:
    del nation
    file = tmp_path / "many.json"
    file.write_bytes(encoded([{"id": number} for number in range(205)]))
    told = run(file, "--format", "rtir").stdout.splitlines()
    assert told[-2:] == ["... and 5 more; see --json",
                         "0 added, 0 changed, 0 unchanged, 205 rejected, 0 left"]  # fmt: skip
