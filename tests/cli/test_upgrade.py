"""Upgrade: the first release's home comes to this one whole, with a way back; never downward."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pehra.engines.sealed.stream import is_sealed

if TYPE_CHECKING:
    from tests.cli.conftest import Calls

OLD = Path(__file__).parent / "homes" / "26.1"
COUNTS = {"observations": 48, "findings": 37, "batches": 4}
ROOT = "6740bdb864587ae7f313e12ee112e5e99ac896ae4bd9537a7b748bb2b0e8d417"
"""What release 26.1 said of that home."""

pytestmark = pytest.mark.service


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A home as release 26.1 left it."""
    home = tmp_path / "old"
    shutil.copytree(OLD, home)
    home.chmod(0o700)
    (home / "keys").chmod(0o700)  # a clone has the modes of whoever made it
    for path in (home / "keys").iterdir():
        path.chmod(0o600)
    with closing(sqlite3.connect(home / "pehra.sqlite3")) as rows:
        rows.executescript((home / "rows.sql").read_text())
    (home / "rows.sql").unlink()
    return home


def counted(told: dict[str, Any]) -> dict[str, int]:
    return {name: told[name] for name in COUNTS}


def raw(home: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(home / "pehra.sqlite3")) as rows, rows:
        return rows.execute(statement).fetchall()


def test_the_first_releases_home_comes_up_whole_and_can_go_back(
    calls: Calls, old: Path, tmp_path: Path
) -> None:
    at = {"PEHRA_HOME": str(old), "PEHRA_DATABASE_URL": ""}
    migrations = raw(old, "SELECT app, name FROM django_migrations ORDER BY id")
    told = calls("upgrade", at=at)
    assert (told["well"], told["wrong"], told["sealed_files"], told["sealed_rejects"]) == (
        True,
        [],
        4,
        3,
    )
    assert told["migrations"] > 0
    assert counted(calls("status", at=at)) == COUNTS
    entries = calls("ledger", "verify", at=at)
    assert entries["ok"]
    assert raw(old, "SELECT hex(root) FROM ledger_entry WHERE seq = 5") == [(ROOT.upper(),)]
    assert [path.suffix for path in (old / "blobs").glob("*/*")] == [".sealed"] * 4
    assert all(is_sealed(row) for (row,) in raw(old, "SELECT raw FROM intake_reject"))
    # What is known stays known: the same report adds nothing, and its replay reads the sealed file.
    again = calls("replay", "29391ea4438f7e2bc6d1fdc5e51e5cff", code=1, at=at)
    assert (again["accepted"], again["rejected"]) == (0, 3)
    # Once more changes nothing.
    twice = calls("upgrade", at=at)
    assert (twice["migrations"], twice["backup"], twice["sealed_files"]) == (0, "", 0)
    # The way back that it named: the home as the first release left it, migrations and all.
    back = tmp_path / "back"
    assert f"pehra restore {told['backup']} --to NEW_HOME --keys {old / 'keys'}" in told["back"]
    calls("restore", told["backup"], "--to", back, "--keys", old / "keys", at=at)
    assert raw(back, "SELECT app, name FROM django_migrations ORDER BY id") == migrations
    assert raw(back, "SELECT size FROM ledger_head") == [(6,)]


def test_run_never_changes_tables_without_a_backup(calls: Calls, old: Path) -> None:
    at = {"PEHRA_HOME": str(old), "PEHRA_DATABASE_URL": ""}
    (old / "backups").write_text("in the way")
    before = raw(old, "SELECT count(*) FROM django_migrations")
    assert calls("run", "--once", code=4, at=at)["code"] == "environment"
    assert raw(old, "SELECT count(*) FROM django_migrations") == before
    (old / "backups").unlink()
    told = calls("run", "--once", at=at)
    assert Path(told["backup"]).is_file()
    assert counted(calls("status", at=at)) == COUNTS


def test_a_newer_home_is_refused_by_every_command(calls: Calls, old: Path) -> None:
    at = {"PEHRA_HOME": str(old), "PEHRA_DATABASE_URL": ""}
    raw(
        old,
        "INSERT INTO django_migrations (app, name, applied)"
        " VALUES ('findings', '0099_later', '2027-01-01 00:00:00')",
    )
    for words in (("status",), ("run", "--once"), ("upgrade",), ("work", "--once"), ("serve",)):
        told = calls(*words, code=3, at=at)
        assert told["error"] == f"The home {old} was brought to a newer Pehra: findings.0099_later."
        assert "`pehra restore` the backup" in told["mend"]
    checks = calls("doctor", code=1, at=at)["checks"]
    assert [one["what"] for one in checks if "newer Pehra" in one["found"]] == ["database"]
