"""`pehra init`, `status`: a home is made once, for its owner only, and what it holds is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pehra import __version__

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def files(home: Path) -> dict[str, bytes]:
    """Every file of the home with its bytes, but those that the database keeps."""
    return {
        str(path.relative_to(home)): path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.is_file() and not path.name.startswith("pehra.sqlite3")
    }


def test_a_home_is_made_once(pehra: Callable[..., Any], place: Path) -> None:
    first = pehra("init", "--json")
    assert (first.code, first.err) == (0, "")
    assert first.said == {"home": str(place), "new": True, "structure": first.said["structure"]}
    assert first.said["structure"] > 10
    made = files(place)
    assert {"keys/django.key", "keys/finding.key", "pehra.toml"} <= made.keys()
    modes = {path.name: path.stat().st_mode & 0o777 for path in (place / "keys").iterdir()}
    assert modes == {"django.key": 0o600, "finding.key": 0o600}
    assert (place / "keys").stat().st_mode & 0o777 == 0o700
    assert {len(made[f"keys/{name}.key"]) for name in ("django", "finding")} == {64}
    again = pehra("init", "--json")
    assert again.said == {"home": str(place), "new": False, "structure": 0}
    assert files(place) == made
    assert pehra("init").out == f"The home {place} is there already and up to date.\n"


def test_a_home_is_its_owners_only(pehra: Callable[..., Any], place: Path) -> None:
    pehra("init")
    assert place.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in place.rglob("*") if path.stat().st_mode & 0o077] == []
    place.chmod(0o755)
    told = pehra("doctor", "--json").said["checks"][0]
    assert (told["well"], told["mend"]) == (False, f"`chmod 700 {place}`.")
    pehra("init")
    assert place.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o755, 0o1777])
def test_a_folder_that_others_made_keeps_its_mode(
    pehra: Callable[..., Any], place: Path, mode: int
) -> None:
    place.mkdir()
    place.chmod(mode)
    pehra("init")
    assert place.stat().st_mode & 0o7777 == mode


def test_settings_that_were_changed_stay(pehra: Callable[..., Any], place: Path) -> None:
    pehra("init")
    (place / "pehra.toml").write_text("[web]\nport = 9000\n")
    assert pehra("init").code == 0
    assert (place / "pehra.toml").read_text() == "[web]\nport = 9000\n"


def test_a_place_that_cannot_be_written_is_said(pehra: Callable[..., Any], place: Path) -> None:
    place.touch()
    told = pehra("init", "--json")
    assert (told.code, told.said["code"]) == (4, "environment")
    assert told.said["error"].startswith(f"Cannot write {place}: ")


def test_status_counts_what_is_there(open_for_work: Callable[..., Any], place: Path) -> None:
    told = open_for_work("status", "--json")
    assert (told.code, len(told.out.splitlines())) == (0, 1)
    shown = {name: told.said[name] for name in ("version", "home", "observations", "batches")}
    assert shown == {
        "version": __version__,
        "home": str(place),
        "observations": 14,
        "batches": 2,
    }
    assert told.said["findings"] == open_for_work("findings", "list", "--json").said["total"]
    assert told.said["ledger_entries"] > 3
    assert "observations: 14" in open_for_work("status").out.splitlines()


def test_a_password_in_the_address_of_the_database_is_not_shown(
    pehra: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    pehra("init")
    for url in ("postgresql://pehra:secret@host/name", "postgres://host/name?password=secret"):
        monkeypatch.setenv("PEHRA_DATABASE_URL", url)
        assert pehra("status", "--json").said["database"] == f"{url.partition(':')[0]}://host/name"
        for words in (("status",), ("doctor",), ("doctor", "--json")):
            told = pehra(*words)
            assert "secret" not in told.out + told.err
            assert "//host/name" in told.out


def in_a_process(place: Path, *words: str) -> tuple[int, dict[str, Any], str]:
    told = subprocess.run(
        [sys.executable, "-m", "pehra.cli.main", *words, "--json"],
        env={**os.environ, "PEHRA_HOME": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )
    return told.returncode, json.loads(told.stdout.splitlines()[-1]), told.stderr


def test_a_database_without_tables_is_found(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PEHRA_DATABASE_URL", raising=False)
    place.mkdir()
    (place / "pehra.toml").touch()
    code, said, errors = in_a_process(place, "doctor")
    mends = {check["what"]: check["mend"] for check in said["checks"] if not check["well"]}
    assert (code, mends["database"], errors) == (1, "Run `pehra upgrade`.", "")
    code, said, errors = in_a_process(place, "findings", "list")
    assert (code, said["code"]) == (4, "environment")
    assert said["mend"].endswith("`pehra init` makes missing tables.")
    assert errors == f"pehra: {said['error']} {said['mend']}\n"
    (place / "pehra.toml").write_text('[database]\nurl = "postgresql://x@127.0.0.1:1/x"\n')
    code, said, errors = in_a_process(place, "status")
    assert (code, said["code"]) == (4, "environment")
    assert errors == f"pehra: {said['error']} {said['mend']}\n"
