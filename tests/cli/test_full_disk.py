"""A full or read-only disk stops ingest cleanly and loses nothing (as root: it mounts one)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Calls

pytestmark = [pytest.mark.service, pytest.mark.long]

SAMPLE = Path(__file__).resolve().parents[2] / "src" / "pehra" / "intake" / "sample"
_MIB = 1 << 20
_LEFT = (300_000, 1_800_000, 3_400_000)
"""Bytes that are free at each try: it ends while the file is kept, stored, or folded in."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", place], check=True)  # noqa: S607 the system's own
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)  # noqa: S607 the system's own


def told(calls: Calls, at: dict[str, str]) -> dict[str, Any]:
    """What is in a home."""
    found = calls("status", at=at)
    return {name: found[name] for name in ("observations", "findings", "batches")}


def report(folder: Path) -> Path:
    """A report of some megabytes: the sample's rows about 60 networks."""
    path = folder / "2026-11-17-event4_sinkhole-pehra.csv"
    head, *rows = (SAMPLE / "2026-11-17-event4_sinkhole-pehra-sample.csv").read_text().splitlines()
    copies = (row.replace("198.51.100.", f"100.{n}.7.") for n in range(64, 124) for row in rows)
    path.write_text("\n".join([head, *copies]) + "\n")
    return path


def ballast(disk: Path, left: int) -> None:
    """Fill the disk but for so many bytes."""
    (disk / "ballast").unlink(missing_ok=True)
    with (disk / "ballast").open("wb") as file:
        size = shutil.disk_usage(disk).free - left
        file.write(bytes(max(size, 0)))


def test_a_full_disk_stops_ingest_and_loses_nothing(
    calls: Calls, disk: Path, tmp_path: Path
) -> None:
    file = report(tmp_path)
    roomy = {"PEHRA_HOME": str(tmp_path / "roomy"), "PEHRA_DATABASE_URL": ""}
    small = {"PEHRA_HOME": str(disk / "home"), "PEHRA_DATABASE_URL": ""}
    calls("init", at=roomy)
    shutil.copytree(tmp_path / "roomy", disk / "home")
    whole = calls("ingest", "shadowserver", file, at=roomy)
    refused = calls("ingest", "shadowserver", file, code=4, at=small)
    assert "stay in reserve" in refused["error"]
    assert told(calls, small)["batches"] == 0
    (disk / "home" / "pehra.toml").write_text("[intake]\nreserve_bytes = 0\npart_bytes = 400000\n")
    stopped = set()
    for left in _LEFT:
        calls.end()  # each try is a process of its own, as in life
        ballast(disk, left)
        run = calls.tried("ingest", "shadowserver", file, at=small)
        assert run.code in (0, 4), run
        if run.code == 4:
            assert run.said["code"] == "environment"
            stopped.add(run.said["error"])
    assert stopped
    (disk / "ballast").unlink()
    calls.end()
    calls("ingest", "shadowserver", file, at=small)
    assert told(calls, small) == told(calls, roomy)
    assert calls("ledger", "verify", at=small)["ok"]
    batch = calls("batches", at=small)["batches"][0]
    counts = ("rows", "accepted", "rejected", "duplicates", "unchanged")
    assert {name: batch[name] for name in counts} == {name: whole[name] for name in counts}


def test_a_read_only_disk_is_said(calls: Calls, disk: Path, tmp_path: Path) -> None:
    small = {"PEHRA_HOME": str(disk / "home"), "PEHRA_DATABASE_URL": ""}
    calls("init", at=small)
    file = report(tmp_path)
    calls.end()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)  # noqa: S607 the system's own
    refused = calls.tried("ingest", "shadowserver", file, at=small)
    assert (refused.code, refused.said["code"]) == (4, "environment")
    calls.end()
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)  # noqa: S607 the system's own
    (disk / "home" / "pehra.toml").write_text("[intake]\nreserve_bytes = 0\n")
    assert calls("ingest", "shadowserver", file, at=small)["rejected"] == 0
