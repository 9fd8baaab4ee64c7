"""What a backup says of itself, and how its keys are sealed; whole trips are in test_backup.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from pehra.cli import archive, deposit
from pehra.engines.archive.tar import Manifest
from pehra.kernel.errors import Damaged, Refused
from pehra.kernel.settings import Home

if TYPE_CHECKING:
    from pathlib import Path

FACTS = archive.Facts("sqlite", ["jobs.0001_first"], {"jobs_job": 1}, 2, 3, "00")
ABOUT = archive.About(archive.FORMAT, "26.1.0", "2026-11-22T00:00:00Z", "absent", FACTS)


def test_a_manifest_says_what_it_is_of() -> None:
    assert archive.about_of(Manifest(msgspec.to_builtins(ABOUT), [])) == ABOUT
    newer = msgspec.structs.replace(ABOUT, format=archive.FORMAT + 1, version="99.1")
    with pytest.raises(Refused, match="which is newer"):
        archive.about_of(Manifest(msgspec.to_builtins(newer), []))
    with pytest.raises(Damaged, match="is of no home"):
        archive.about_of(Manifest({"format": 1}, []))


def test_keys_go_in_sealed_or_not_at_all(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.keys.mkdir()
    (home.keys / "a.key").write_bytes(b"secret of the home")
    assert archive.sealed_keys(home, None) == ("absent", [])
    word, entries = archive.sealed_keys(home, "ivory ladder monsoon quilt")
    assert (word, [one.path for one in entries]) == ("passphrase", ["keys.sealed"])
    assert b"secret" not in bytes(entries[0].source)
    deposit.found_escrow(home, 2, 3)
    assert archive.sealed_keys(home, None) == ("escrow", [])
    assert (home.root / "escrow" / "keys.sealed").is_file()
