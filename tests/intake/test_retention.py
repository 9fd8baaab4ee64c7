"""Pruning: what is too old is gone from lake and disk, what is held or needed stays."""

from __future__ import annotations

import io
import os
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest
from tests.observations.test_retention import frame

from pehra.engines.blobs import files as blobs
from pehra.intake import actions, queries
from pehra.intake.models import Batch, Reject
from pehra.kernel.actors import Actor
from pehra.kernel.addresses import pack
from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.settings import Home, Retention, home_path
from pehra.kernel.time import clock
from pehra.ledger import queries as ledger
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.observations.store import open_lake

if TYPE_CHECKING:
    from pathlib import Path

BY = Actor(name="a", office="operator")
pytestmark = pytest.mark.django_db


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home of its own, with folders."""
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path / "home"))
    home_path().blobs.mkdir(parents=True)
    return home_path()


def received(home: Home, name: str, at: datetime) -> None:
    """A batch of that moment with its file, two observations and a reject."""
    blob = blobs.keep(home, io.BytesIO(name.encode()), largest=99)
    os.utime(blob.path, (at.timestamp(), at.timestamp()))
    batch = Batch.objects.create(
        id=name, sha256=blob.sha256, source="s", file_name="f", size=1, received_at=at,
        state="applied",
    )  # fmt: skip
    Reject.objects.create(batch=batch, row=1, line=1, offset=0, reason="time", detail="", raw=b"x")
    rows = frame([("192.0.2.77", "scan"), ("198.51.100.9", "c2")]).with_columns(
        pl.lit(name).alias("batch"), pl.lit(at.date()).alias("received_day")
    )
    open_lake(home.lake).append(rows, name=name, number=1)


def there(home: Home) -> dict[str, list[bytes]]:
    rows = open_lake(home.lake).scan().select("batch", "ip", "ip_key").collect()
    kept = rows.sort("batch", "ip_key").group_by("batch", maintain_order=True).all()
    return dict(zip(kept["batch"], [list(ips) for ips in kept["ip"]], strict=True))


def files(home: Home) -> int:
    return len(blobs.kept(home))


def test_time_passes(home: Home) -> None:
    now = clock()
    ages = {"new": 1, "month": 40, "quarter": 100, "years": 800}
    for name, days in ages.items():
        received(home, name, now - timedelta(days=days))
    victim, bad, cut = pack("192.0.2.77"), pack("198.51.100.9"), pack("192.0.2.0")
    counted = actions.prune(home, Retention(), actor=BY, now=now, dry_run=True)
    assert there(home)["years"] == [victim, bad]
    done = actions.prune(home, Retention(), actor=BY, now=now)
    assert (done.cut, done.deleted, done.held, done.files, done.rejects) == (1, 2, 0, 3, 3)
    assert counted.files == done.files
    assert there(home) == {"month": [victim, bad], "new": [victim, bad], "quarter": [cut, bad]}
    assert files(home) == 1
    assert list(Reject.objects.values_list("batch_id", flat=True)) == ["new"]
    # Nothing on the disk holds what was cut, and once more changes nothing.
    kept = [path.read_bytes() for path in home.lake.rglob("*.parquet")]
    assert len(kept) >= 3
    again = actions.prune(home, Retention(), actor=BY, now=now)
    assert again == actions.Pruned()
    assert [body.act for body in ledger.show("home")] == ["retention.prune"]


def test_a_hold_keeps_and_is_seen_until_it_is_lifted(home: Home) -> None:
    now = clock()
    received(home, "old", now - timedelta(days=800))
    number = actions.hold("network", "192.0.2.0/24", "case 7 of 2026", actor=BY, now=now)
    with pytest.raises(Refused, match="held already"):
        actions.hold("network", "192.0.2.0/24", "again", actor=BY, now=now)
    assert [row["ground"] for row in queries.holds(viewer=SYSTEM_VIEWER)] == ["case 7 of 2026"]
    done = actions.prune(home, Retention(), actor=BY, now=now)
    assert (done.deleted, done.held, done.files, done.rejects) == (1, 1, 0, 0)
    assert there(home) == {"old": [pack("192.0.2.77")]}
    assert actions.prune(home, Retention(), actor=BY, now=now).held == 1
    actions.lift(number, actor=BY, now=now)
    with pytest.raises(UsageError, match="No hold"):
        actions.lift(number, actor=BY, now=now)
    done = actions.prune(home, Retention(), actor=BY, now=now)
    assert (done.deleted, done.held, done.files, done.rejects) == (1, 0, 1, 1)
    assert there(home) == {}


def test_holds_are_checked() -> None:
    for kind, value in (("network", "x"), ("organisation", "x"), ("person", "a"), ("batch", " ")):
        with pytest.raises(UsageError, match="cannot be held"):
            actions.hold(kind, value, "case", actor=BY, now=clock())
    with pytest.raises(UsageError, match="needs its ground"):
        actions.hold("batch", "a", " ", actor=BY, now=clock())


def test_the_newest_backup_stays(home: Home) -> None:
    now = clock()
    (home.root / "backups").mkdir()
    for name, days in (("a.tar", 90), ("b.tar", 60), ("c.tar", 40)):
        path = home.root / "backups" / name
        path.write_bytes(b"x")
        os.utime(path, ((now - timedelta(days=days)).timestamp(),) * 2)
    assert actions.prune(home, Retention(), actor=BY, now=now).backups == 2
    assert [path.name for path in (home.root / "backups").iterdir()] == ["c.tar"]


def test_a_file_that_is_still_to_be_read_stays(home: Home) -> None:
    now = clock()
    received(home, "old", now - timedelta(days=40))
    Batch.objects.update(state="reading")
    assert actions.prune(home, Retention(), actor=BY, now=now).files == 0
    assert files(home) == 1
