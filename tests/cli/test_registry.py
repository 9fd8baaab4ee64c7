"""`pehra registry`: import with a report, dry run, export, show, decide."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from tests.engines.http.conftest import running
from tests.registry.test_rdap import answer, entity
from typer.testing import CliRunner

from pehra.cli import registry, structure
from pehra.engines.blobs.files import is_kept
from pehra.kernel.errors import EnvironmentFault, UsageError
from pehra.kernel.settings import Home

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db
ROWS = "organisation,name,sector,asset\nbank,Bank,banking,192.0.2.0/24\nbank,,,bank.example\n"
REJECTED = 1


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pehra.toml").touch()
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))
    CliRunner().invoke(structure.app, ["load"])
    return tmp_path


def run(*words: str) -> tuple[int, list[str]]:
    result = CliRunner().invoke(registry.app, list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout.splitlines()


def write(home: Path, text: str) -> str:
    path = home / "r.csv"
    path.write_text(text)
    return str(path)


def test_import_reports_every_row(home: Path) -> None:
    bad = write(home, ROWS + "bank,,,10.0.0.0/8\n")
    code, dry = run("import", bad, "--dry-run")
    assert code == REJECTED
    assert dry[-1] == (
        "3 added, 0 changed, 0 unchanged, 1 rejected, 0 conflict (dry run: nothing was changed)"
    )
    code, lines = run("import", bad, "--json")
    assert code == REJECTED
    assert [json.loads(line)["outcome"] for line in lines[:-1]] == ["added"] * 3 + ["rejected"]
    assert json.loads(lines[-1]) == {
        "added": 3, "changed": 0, "unchanged": 0, "rejected": 1, "conflict": 0, "dry_run": False,
        "revision": 1,
    }  # fmt: skip
    assert run("import", write(home, ROWS)) == (
        0,
        ["0 added, 0 changed, 2 unchanged, 0 rejected, 0 conflict"],
    )


def test_export_shows_what_import_reads(home: Path) -> None:
    run("import", write(home, ROWS))
    out = home / "out.csv"
    assert json.loads(run("export", "--to", str(out), "--json")[1][-1])["rows"] == 34
    assert run("import", str(out))[1] == ["0 added, 0 changed, 2 unchanged, 0 rejected, 0 conflict"]
    assert run("export")[1] == out.read_text().splitlines()


def test_show(home: Path) -> None:
    run("import", write(home, ROWS))
    found = json.loads(run("show", "bank", "--json")[1][-1])
    assert [claim["asset"] for claim in found["claims"]] == ["192.0.2.0/24", "bank.example"]
    assert found["organisation"]["lead"] == "PKCERT, the national CERT"
    assert run("show", "bank")[1][:3] == [
        "Bank (bank), confirmed",
        "sector: Banking   territory: -",
        "CII grade: none",
    ]
    with pytest.raises(UsageError, match="There is no organisation `nobody`"):
        run("show", "nobody")


def test_conflicts_are_work(home: Path) -> None:
    run("import", write(home, ROWS + "other,Other,,192.0.2.0/24\n"))
    items = json.loads(run("work", "--json")[1][-1])["items"]
    assert [item["subject"] for item in items] == ["prefix 192.0.2.0/24 (manual)"]
    assert len(run("work")[1]) == 2


def test_a_proposal_must_be_one(home: Path) -> None:
    run("import", write(home, ROWS))
    with pytest.raises(UsageError, match="There is no organisation"):
        run("decide", "nobody", "--accept")


def test_a_letter_is_recorded_with_its_copy(home: Path) -> None:
    run("import", write(home, ROWS))
    copy = home / "letter.pdf"
    copy.write_bytes(b"signed")
    (home / "keys").mkdir(exist_ok=True)
    told = json.loads(run("letter", "bank", "AS64500", str(copy), "--json")[1][-1])
    assert told["sha256"] == hashlib.sha256(b"signed").hexdigest()
    assert is_kept(Home(home), told["sha256"])
    (proof,) = json.loads(run("controls", "bank", "--json")[1][-1])["controls"]
    assert (proof["id"], proof["asset"], proof["proof"]["state"]) == (
        told["proof"],
        "64500",
        "proved",
    )
    assert "AS64500" not in run("controls", "bank")[1]
    with pytest.raises(UsageError, match="no organisation `none`"):
        run("controls", "none")


def test_contacts_are_fetched_where_registries_give_them(home: Path) -> None:
    run("import", write(home, "organisation,name,asset\nbank,Bank,192.0.2.0/24\n"))
    with running() as server:
        server.say("/ip/192.0.2.0/24", answer(entity("abuse", email="abuse@isp.example")))
        toml = f'[registries]\nrdap = "{server.url}"\npeeringdb = ""\n[fetch]\n'
        (home / "pehra.toml").write_text(f"{toml}loopback = true\n")
        told = run("fetch-contacts", "bank", "--pause", "0", "--json")
        assert (told[0], json.loads(told[1][-1])) == (
            0,
            {"organisations": 1, "asked": 1, "added": 1, "removed": 0, "failed": 0},
        )
        server.say("/ip/192.0.2.0/24", b"", status=503)
        again = run("fetch-contacts", "bank", "--pause", "0")
        assert again == (1, ["1 organisations, 1 asked, 0 added, 0 removed, 1 failed"])
        (home / "pehra.toml").write_text(f"{toml}offline = true\n")
        with pytest.raises(EnvironmentFault, match="asks nobody"):
            run("fetch-contacts")


def test_bring_shows_the_difference_then_makes_it(home: Path) -> None:
    sheet = write(home, "Company,Nets\nBank,192.0.2.0/24\n")
    columns = home / "map.toml"
    columns.write_text('[columns]\nname = "Company"\nasset = "Nets"\n')
    words = ("bring", "spreadsheet", sheet, "--columns", str(columns))
    code, dry = run(*words, "--dry-run")
    assert code == 0
    assert dry[-1] == (
        "2 added, 0 changed, 0 unchanged, 0 rejected, 0 conflict (dry run: nothing was changed)"
    )
    code, lines = run(*words, "--json")
    assert json.loads(lines[-1]) == {
        "added": 2, "changed": 0, "unchanged": 0, "rejected": 0, "conflict": 0, "dry_run": False,
        "revision": 1,
    }  # fmt: skip
    with pytest.raises(UsageError, match="needs a map"):
        run("bring", "spreadsheet", sheet)
