"""`pehra ledger`, as an operator and as an outsider would call it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from typer.testing import CliRunner

from pehra.cli import ledger
from pehra.kernel.actors import Actor
from pehra.kernel.errors import Damaged, EnvironmentFault, UsageError
from pehra.ledger import actions
from pehra.ledger.models import Entry

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pehra.toml").touch()
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))
    return tmp_path


def write(count: int) -> None:
    for number in range(count):
        with transaction.atomic():
            actions.append(
                "cases.open",
                actor=Actor("amna", "analyst"),
                subject=f"case:{number}",
                facts={"n": number},
                now=datetime(2026, 11, 22, tzinfo=UTC),
            )


def run(*words: str | Path, code: int = 0) -> list[str]:
    """Lines on standard output; an error of ours is raised as it is."""
    result = CliRunner().invoke(ledger.app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.stdout.splitlines()


@pytest.mark.usefixtures("home")
def test_verify_says_what_holds() -> None:
    write(3)
    note = json.loads(run("checkpoint", "--json")[-1])
    found = json.loads(run("verify", "--json")[-1])
    del found["seconds"]
    assert found == {
        "ok": True,
        "size": 3,
        "root": note["root"],
        "checkpoints": 1,
        "bad": None,
        "what": "",
    }
    assert run("verify") == [
        "The ledger holds: 3 entries, 1 checkpoints.",
        f"Root {note['root']}",
    ]


@pytest.mark.usefixtures("home")
def test_verify_fails_and_names_the_first_bad_entry() -> None:
    write(3)
    Entry.objects.filter(seq=1).update(act="cases.close")
    found = json.loads(run("verify", "--json", code=1)[-1])
    assert (found["ok"], found["bad"]) == (False, 1)
    assert run("verify", code=1) == [
        "The ledger does NOT hold. act of entry 1 differs from its body. First bad entry: 1."
    ]


@pytest.mark.usefixtures("home")
def test_show_gives_entries_of_a_subject_or_the_newest() -> None:
    write(3)
    shown = json.loads(run("show", "case:1", "--json")[-1])["entries"]
    assert [(entry["seq"], entry["facts"]) for entry in shown] == [(1, {"n": 1})]
    assert run("show", "--limit", "1")[1:] == [
        '2\t2026-11-22T00:00:00Z\tcases.open\tcase:2\tamna (analyst)\t{"n":2}'
    ]


def test_an_outsider_checks_an_export(home: Path) -> None:
    write(5)
    log = home / "log.jsonl"
    key = json.loads(run("export", log, "--json")[-1])["key"]
    assert len(log.read_bytes().splitlines()) == 5
    found = json.loads(run("verify", "--file", log, "--key", key, "--json")[-1])
    assert (found["ok"], found["size"], found["checkpoints"]) == (True, 5, 1)
    log.write_bytes(log.read_bytes().replace(b'"n":3', b'"n":4'))
    assert not json.loads(run("verify", "--file", log, "--key", key, "--json", code=1)[-1])["ok"]
    with pytest.raises(UsageError, match="a key that you trust"):
        run("verify", "--file", log)
    (home / "log.jsonl.checkpoint").unlink()
    with pytest.raises(UsageError, match="There is no checkpoint"):
        run("verify", "--file", log, "--key", key)


def test_an_outsider_checks_proofs(home: Path) -> None:
    write(4)
    old = home / "old.note"
    first = json.loads(run("checkpoint", "--json")[-1])
    old.write_text(first["note"])
    write(3)
    assert run("checkpoint") != first["note"].splitlines()
    for words, size in ((("6",), 7), (("--since", old), 7)):
        proof = home / "proof.json"
        proof.write_text(run("prove", *words)[-1])
        answer = run("verify", "--proof", proof, "--key", first["key"], "--json")
        assert json.loads(answer[-1]) == {"ok": True, "size": size}
        proof.write_text(proof.read_text().replace('"hashes":["', '"hashes":["AAAA'))
        with pytest.raises(Damaged):
            run("verify", "--proof", proof, "--key", first["key"])


def test_a_kept_checkpoint_is_held_against_the_log(home: Path) -> None:
    write(2)
    kept = home / "kept.note"
    kept.write_text(json.loads(run("checkpoint", "--json")[-1])["note"])
    found = json.loads(run("verify", "--checkpoint", kept, "--json")[-1])
    assert (found["ok"], found["checkpoints"]) == (True, 2)
    kept.write_text(kept.read_text().replace("\n2\n", "\n1\n"))
    assert not json.loads(run("verify", "--checkpoint", kept, "--json", code=1)[-1])["ok"]


def test_prove_wants_one_thing_and_a_signature(home: Path) -> None:
    note = home / "note"
    note.touch()
    for words in ((), ("1", "--since", note)):
        with pytest.raises(UsageError, match="either an entry or --since"):
            run("prove", *words)
    with pytest.raises(UsageError, match="Nothing was signed yet"):
        run("prove", "0")


def test_export_needs_a_place(home: Path) -> None:
    with pytest.raises(EnvironmentFault, match="Cannot write"):
        run("export", home / "nowhere" / "log")


def test_without_a_home_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path / "none"))
    with pytest.raises(EnvironmentFault, match="There is no home"):
        run("verify")
