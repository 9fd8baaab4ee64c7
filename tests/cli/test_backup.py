"""Backup and restore: one moment, while work goes on; the same home again, or none."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from typing import Protocol

    class Calls(Protocol):
        """See `calls` in conftest.py."""

        environment: dict[str, str]
        home: Path

        def __call__(
            self, *words: str | Path, code: int = 0, within: dict[str, str] | None = None
        ) -> dict[str, Any]:
            """What the call said as JSON; its exit code must be `code`."""


SAMPLE = Path(__file__).resolve().parents[2] / "src" / "pehra" / "intake" / "sample"
REPORTS = sorted(SAMPLE.glob("*.csv"))

pytestmark = [pytest.mark.service, pytest.mark.database]


@pytest.fixture
def pehra(calls: Calls) -> Calls:
    """A home with some reports taken in."""
    calls("init")
    calls("ingest", "shadowserver", *REPORTS[:6])
    return calls


def counted(pehra: Calls, within: dict[str, str] | None = None) -> dict[str, Any]:
    """What a home holds."""
    told = pehra("status", within=within)
    return {name: told[name] for name in ("observations", "findings", "batches", "ledger_entries")}


def test_a_restored_home_is_the_home(
    pehra: Calls, tmp_path: Path, elsewhere: dict[str, str]
) -> None:
    file, other = tmp_path / "one.tar", tmp_path / "other"
    before = counted(pehra)
    head = pehra("ledger", "verify")
    made = pehra("backup", file)
    assert pehra("backup", "--verify", file)["manifest_sha256"] == made["manifest_sha256"]
    assert file.stat().st_mode & 0o777 == 0o600
    restored = pehra("restore", file, "--to", other, within=elsewhere)
    assert restored["ledger"] == made["ledger"] == {"size": head["size"], "root": head["root"]}
    there = {**elsewhere, "PEHRA_HOME": str(other)}
    assert counted(pehra, there) == before
    assert pehra("ledger", "verify", within=there)["root"] == head["root"]
    # It is at work as the old one is: the same file adds nothing, another one does.
    again = pehra("ingest", "shadowserver", REPORTS[0], within=there)
    assert (again["accepted"], again["duplicates"]) == (0, again["rows"])
    twins = [pehra("ingest", "shadowserver", REPORTS[7], within=one) for one in ({}, there)]
    assert twins[0]["findings"] == twins[1]["findings"]
    # The backup itself stands in the ledger of the home that it was made of.
    acts = [entry["act"] for entry in pehra("ledger", "show")["entries"]]
    assert "home.backup" in acts


def test_what_is_there_is_never_overwritten(pehra: Calls, tmp_path: Path) -> None:
    file = tmp_path / "one.tar"
    pehra("backup", file)
    told = pehra("restore", file, "--to", pehra.home, code=3)
    assert told["error"] == f"There is something at {pehra.home} already."


def test_a_damaged_backup_makes_no_home(pehra: Calls, tmp_path: Path) -> None:
    file, other = tmp_path / "one.tar", tmp_path / "other"
    pehra("backup", file)
    with tarfile.open(file) as tar:
        place = next(info.offset_data for info in tar if info.name.startswith("blobs/"))
    with file.open("r+b") as raw:
        raw.seek(place)
        raw.write(b"\0")
    for words in (("backup", "--verify", file), ("restore", file, "--to", other)):
        told = pehra(*words, code=1)
        assert told["code"] == "damaged"
        assert "is not as the manifest says" in told["error"]
    assert not list(tmp_path.glob("*other*"))


def test_a_backup_is_of_one_moment_while_files_come_in(
    pehra: Calls, tmp_path: Path, elsewhere: dict[str, str]
) -> None:
    reports = tmp_path / "reports"
    reports.mkdir()
    lines = SAMPLE.joinpath(REPORTS[6].name).read_text().splitlines()
    for number in range(16):
        path = reports / f"2026-11-17-event4_sinkhole-n{number}.csv"
        path.write_text("\n".join([*lines, *lines[1 : number + 2]]) + "\n")
    command = [sys.executable, "-m", "pehra.cli.main", "ingest", "shadowserver"]
    with subprocess.Popen([*command, *sorted(reports.iterdir())], env=pehra.environment) as work:
        made = pehra("backup", tmp_path / "one.tar")
    assert work.returncode == 0
    file, other = Path(made["file"]), tmp_path / "other"
    pehra("restore", file, "--to", other, within=elsewhere)
    there = {**elsewhere, "PEHRA_HOME": str(other)}
    assert pehra("ledger", "verify", within=there)["ok"]
    # The same files once more bring both homes to the same end.
    for one in ({}, there):
        pehra("ingest", "shadowserver", *sorted(reports.iterdir()), within=one)
    ends = [counted(pehra, one) for one in ({}, there)]
    for end in ends:
        end.pop("ledger_entries")  # the backups themselves are entries of the first
    assert ends[0] == ends[1]


def test_a_backup_that_was_killed_leaves_nothing_for_long(pehra: Calls, tmp_path: Path) -> None:
    (pehra.home / ".backup-stale" / "lake").mkdir(parents=True)
    pehra("backup", tmp_path / "one.tar")
    assert not list(pehra.home.glob(".backup-*"))
    shutil.rmtree(pehra.home / "blobs")
    assert pehra("backup", tmp_path / "nowhere" / "one.tar", code=2)["code"] == "usage"


def test_without_keys_it_holds_none(pehra: Calls, tmp_path: Path) -> None:
    file = tmp_path / "one.tar"
    assert pehra("backup", file, "--without-keys")["keys"] == "absent"
    with tarfile.open(file) as tar:
        assert not [name for name in tar.getnames() if name.startswith("keys")]
