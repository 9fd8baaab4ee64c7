"""`pehra cases evidence`: from a file to a package that was handed over, by words alone."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
import pyzipper
from tests.cases.evidence.conftest import NOW, Room, evidence_room, mail
from typer.testing import CliRunner

from pehra.cli import evidence
from pehra.kernel.errors import Damaged, PehraError, Refused
from pehra.kernel.time import TEST_CLOCK, iso

if TYPE_CHECKING:
    from pathlib import Path

    from pehra.kernel.settings import Home

# Cases are named by number, which on PostgreSQL depends on the tests before.
pytestmark = [pytest.mark.django_db, pytest.mark.either]

__all__ = ["evidence_room"]

DATA = b"MZ what was on the disk"


@pytest.fixture
def home(room: Room, monkeypatch: pytest.MonkeyPatch) -> Home:
    (room.home.root / "pehra.toml").touch()
    moment = room.home.root / "clock"
    moment.write_text(iso(NOW))
    monkeypatch.setenv("PEHRA_HOME", str(room.home.root))
    monkeypatch.setenv(TEST_CLOCK, str(moment))
    return room.home


def run(*words: object, typed_by: str = "operator", code: int = 0) -> Any:  # noqa: ANN401 any JSON
    runner = CliRunner(env={"SUDO_USER": typed_by})
    result = runner.invoke(evidence.app, [*map(str, words), "--json"])
    if isinstance(result.exception, PehraError):
        raise result.exception
    assert result.exit_code == code, result.output
    return json.loads(result.stdout.splitlines()[-1])


def added(folder: Path, name: str = "invoice.exe", data: bytes = DATA) -> int:
    file = folder / name
    file.write_bytes(data)
    told = run("add", 1, file, "--by", mail("custodian"), "--source", "mail server",
               "--collector", "A. Collector", "--acquired-at", "2026-11-22T05:00:00+00:00",
               "--tool", "dd", "--clock-offset", -1.5)  # fmt: skip
    assert told["sha256"] == hashlib.sha256(data).hexdigest()
    return int(told["item"])


def test_an_item_from_its_file_to_its_verdict(home: Home, tmp_path: Path) -> None:
    number = added(tmp_path)
    assert [one["id"] for one in run("list")["evidence"]] == [number]
    out = tmp_path / "out.zip"
    asked = ("open", number, "--to", out, "--by", mail("custodian"))
    assert run(*asked, "--purpose", "to find the C2")["password"] == "infected"  # noqa: S105 it is public
    assert out.stat().st_mode & 0o777 == 0o600
    with pyzipper.AESZipFile(out) as file:
        assert file.read("invoice.exe.bin", pwd=b"infected") == DATA
    run("note", number, "The disk lies in the safe", "--by", mail("custodian"))
    with pytest.raises(Refused, match="back-dated"):
        run("note", number, "The disk lies in the safe", "--by", mail("custodian"), "--at",
            "2026-11-21T06:00:00Z")  # fmt: skip
    held = run("hold", number, "--reason", "a court has ordered it", "--by", mail("custodian"))
    with pytest.raises(Refused, match="A legal hold keeps it"):
        run("destroy", number, "--reason", "its time is over", "--by", mail("custodian"))
    run("release", held["hold"], "--reason", "the court decided", "--by", mail("custodian"))
    assert run("verify", number, "--by", mail("custodian"))["holds"] is True
    acts = [line["act"] for line in run("show", number)["custody"]]
    assert acts == ["begun", "taken-in", "opened", "noted", "held", "released", "verified"]
    for path in home.evidence.glob("*.sealed"):
        path.write_bytes(path.read_bytes()[:-1])
    assert run("verify", number, "--by", mail("custodian"), code=1)["holds"] is False
    half = tmp_path / "half.zip"
    with pytest.raises(Damaged):
        run("open", number, "--to", half, "--by", mail("custodian"), "--purpose", "to find the C2")
    assert not half.exists()


@pytest.mark.usefixtures("home")
def test_what_is_said_wrongly(tmp_path: Path) -> None:
    number = added(tmp_path)
    for words, fault in (
        (("add", 1, tmp_path, "--by", mail("custodian"), "--source", "s", "--collector", "c",
          "--acquired-at", "2026-11-22T05:00:00Z"), "is no file"),
        (("add", 1, tmp_path / "invoice.exe", "--by", mail("custodian"), "--source", "s",
          "--collector", "c", "--acquired-at", "yesterday"), "no moment"),
        (("open", number, "--to", tmp_path / "x", "--purpose", "to look at it", "--by",
          mail("analyst")), "holds `keep-evidence`"),
        (("open", number, "--to", tmp_path, "--purpose", "to look at it", "--by",
          mail("custodian")), "Cannot write"),
        (("show", 99), "no evidence 99"),
        (("request", 99), "no request 99"),
        (("step", 1, "legality", "--by", mail("lawyer"), "--text", "x", "--leave-out", "4"),
         "says not what"),
    ):  # fmt: skip
        with pytest.raises(PehraError, match=fault):
            run(*words)
