"""Backup and restore: one moment, while work goes on; the same home again, or none."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.cli.conftest import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.cli.conftest import Calls

SAMPLE = Path(__file__).resolve().parents[2] / "src" / "pehra" / "intake" / "sample"
REPORTS = sorted(SAMPLE.glob("*.csv"))

pytestmark = [pytest.mark.service, pytest.mark.database, pytest.mark.long]


@pytest.fixture
def pehra(calls: Calls) -> Calls:
    """A home with two reports taken in."""
    calls("init")
    calls("ingest", "shadowserver", *REPORTS[2:4])
    return calls


@pytest.fixture
def phrase(tmp_path: Path) -> Path:
    """A file with a passphrase."""
    path = tmp_path / "phrase"
    path.write_text("ivory ladder monsoon quilt\n")
    return path


def counted(pehra: Calls, at: Mapping[str, str] = NOWHERE) -> dict[str, Any]:
    """What a home holds."""
    told = pehra("status", at=at)
    return {name: told[name] for name in ("observations", "findings", "batches", "ledger_entries")}


def test_a_restored_home_is_the_home_and_works_on(
    pehra: Calls, tmp_path: Path, elsewhere: dict[str, str], phrase: Path
) -> None:
    file, other = tmp_path / "one.tar", tmp_path / "other"
    before = counted(pehra)
    head = pehra("ledger", "verify")
    made = pehra("backup", file, "--passphrase-file", phrase)
    assert made["keys"] == "passphrase"
    assert pehra("backup", "--verify", file)["manifest_sha256"] == made["manifest_sha256"]
    assert file.stat().st_mode & 0o777 == 0o600
    with tarfile.open(file) as tar:
        names = tar.getnames()
    assert "keys.sealed" in names
    assert not [name for name in names if name.startswith("keys/")]
    away = {**elsewhere, "PEHRA_HOME": str(tmp_path / "away")}
    words = ("restore", file, "--to", other, "--passphrase-file", phrase)
    restored = pehra(*words, at=away)
    assert restored["ledger"] == made["ledger"] == {"size": head["size"], "root": head["root"]}
    assert pehra(*words, code=3, at=away)["error"] == f"There is something at {other} already."
    there = {**elsewhere, "PEHRA_HOME": str(other)}
    assert counted(pehra, at=there) == before
    assert pehra("ledger", "verify", at=there)["root"] == head["root"]
    # It is at work as the old one is: the same file adds nothing, another one does.
    again = pehra("ingest", "shadowserver", REPORTS[2], at=there)
    assert (again["accepted"], again["duplicates"]) == (0, again["rows"])
    twins = [pehra("ingest", "shadowserver", REPORTS[8], at=one) for one in ({}, there)]
    assert twins[0]["findings"] == twins[1]["findings"]
    # The backup itself stands in the ledger of the home that it was made of.
    acts = [entry["act"] for entry in pehra("ledger", "show")["entries"]]
    assert "home.backup" in acts


def test_a_damaged_backup_makes_no_home_and_one_without_keys_a_home_to_read(
    pehra: Calls, tmp_path: Path, elsewhere: dict[str, str]
) -> None:
    file, other, torn = tmp_path / "one.tar", tmp_path / "other", tmp_path / "torn.tar"
    (pehra.home / ".backup-stale" / "lake").mkdir(parents=True)
    assert pehra("backup", file)["keys"] == "absent"
    assert not list(pehra.home.glob(".backup-*"))
    assert pehra("backup", tmp_path / "nowhere" / "one.tar", code=2)["code"] == "usage"
    shutil.copy(file, torn)
    with tarfile.open(torn) as tar:
        place = next(info.offset_data for info in tar if info.name.startswith("blobs/"))
    with torn.open("r+b") as raw:
        raw.seek(place)
        raw.write(b"\0")
    away = {**elsewhere, "PEHRA_HOME": str(tmp_path / "away")}
    for words in (("backup", "--verify", torn), ("restore", torn, "--to", other)):
        told = pehra(*words, code=1, at=away)
        assert told["code"] == "damaged"
        assert "is not as the manifest says" in told["error"]
    assert not list(tmp_path.glob("*other*"))
    pehra("restore", file, "--to", other, at=away)
    there = {**elsewhere, "PEHRA_HOME": str(other)}
    assert counted(pehra, at=there)["observations"] == counted(pehra)["observations"]
    assert "The keys of" in pehra("init", code=4, at=there)["error"]


def test_a_backup_is_of_one_moment_while_files_come_in(
    pehra: Calls, tmp_path: Path, elsewhere: dict[str, str]
) -> None:
    reports = tmp_path / "reports"
    reports.mkdir()
    lines = SAMPLE.joinpath(REPORTS[6].name).read_text().splitlines()
    for number in range(8):
        path = reports / f"2026-11-17-event4_sinkhole-n{number}.csv"
        path.write_text("\n".join([*lines, *lines[1 : number + 2]]) + "\n")
    command = [sys.executable, "-m", "pehra.cli.main", "ingest", "shadowserver"]
    with subprocess.Popen([*command, *sorted(reports.iterdir())], env=pehra.environment) as work:
        while work.poll() is None and counted(pehra)["batches"] == 2:
            continue  # until the first of them has come
        made = pehra("backup", tmp_path / "one.tar")
    assert work.returncode == 0
    file, other = Path(made["file"]), tmp_path / "other"
    away = {**elsewhere, "PEHRA_HOME": str(tmp_path / "away")}
    pehra("restore", file, "--to", other, "--keys", pehra.home / "keys", at=away)
    there = {**elsewhere, "PEHRA_HOME": str(other)}
    assert pehra("ledger", "verify", at=there)["ok"]
    # The same files once more bring both homes to the same end.
    for one in ({}, there):
        pehra("ingest", "shadowserver", *sorted(reports.iterdir()), at=one)
    ends = [counted(pehra, at=one) for one in ({}, there)]
    for end in ends:
        end.pop("ledger_entries")  # the backups themselves are entries of the first
    assert ends[0] == ends[1]
