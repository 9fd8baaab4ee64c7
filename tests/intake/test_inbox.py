"""Files in a watched folder are taken when they are whole, and put aside without loss."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pehra.intake import inbox
from pehra.kernel.errors import EnvironmentFault

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


def drop(folder: Path, name: str, age: float, text: str = "x") -> Path:
    path = folder / name
    path.write_text(text)
    moment = NOW.timestamp() - age
    os.utime(path, (moment, moment))
    return path


def test_whole_files_come_the_oldest_first(tmp_path: Path) -> None:
    old, older = drop(tmp_path, "b.csv", 100), drop(tmp_path, "c.csv", 200)
    drop(tmp_path, "fresh.csv", 10)
    drop(tmp_path, "clock-is-ahead.csv", -10)
    for name in (".hidden", "x.part", "x.TMP", "x.filepart", "x~"):
        drop(tmp_path, name, 100)
    (tmp_path / "link.csv").symlink_to(old)
    (tmp_path / "folder").mkdir()
    assert inbox.ready(tmp_path, 30, NOW) == [older, old]
    assert inbox.ready(tmp_path, 30, NOW + timedelta(minutes=5))[0] == older
    assert len(inbox.ready(tmp_path, 30, NOW + timedelta(minutes=5))) == 4


def test_put_aside_keeps_what_lies_there(tmp_path: Path) -> None:
    first = drop(tmp_path, "a.csv", 100, "1")
    inbox.ready(tmp_path, 30, NOW)
    assert inbox.put_aside(first, inbox.DONE, now=NOW) == tmp_path / "done" / "a.csv"
    for text in ("2", "3"):
        inbox.put_aside(drop(tmp_path, "a.csv", 100, text), inbox.DONE, now=NOW)
    kept = {path.name: path.read_text() for path in (tmp_path / "done").iterdir()}
    assert kept == {"a.csv": "1", "a.csv.2": "2", "a.csv.3": "3"}
    aside = inbox.put_aside(
        drop(tmp_path, "bad.csv", 100), inbox.FAILED, note="It breaks off.", now=NOW
    )
    note = (tmp_path / "failed" / "bad.csv.why.txt").read_text()
    assert (aside.read_text(), note) == ("x", "2026-11-22T06:00:00Z\nIt breaks off.\n")


def test_a_version_changes_with_the_file(tmp_path: Path) -> None:
    path = drop(tmp_path, "a", 100)
    before = inbox.version(path)
    assert inbox.version(path) == before
    with path.open("a") as file:
        file.write("more")
    assert inbox.version(path) != before


def test_what_is_done_is_kept_for_a_while(tmp_path: Path) -> None:
    path = drop(tmp_path, "a", 10**8)
    inbox.ready(tmp_path, 30, NOW)
    failed = inbox.put_aside(drop(tmp_path, "b", 10**8), inbox.FAILED, note="x", now=NOW)
    done = inbox.put_aside(path, inbox.DONE, now=NOW)
    moved = datetime.fromtimestamp(done.lstat().st_ctime, UTC)
    assert inbox.prune(tmp_path, moved - timedelta(seconds=1)) == 0
    assert inbox.prune(tmp_path, moved + timedelta(seconds=1)) == 1
    assert (done.exists(), failed.exists()) == (False, True)
    assert inbox.prune(tmp_path / "none", NOW) == 0


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault):
        inbox.ready(tmp_path / "none", 30, NOW)
    drop(tmp_path, "file", 0)
    with pytest.raises(EnvironmentFault):
        inbox.ready(tmp_path / "file", 30, NOW)
