"""What `pehra doctor` looks at: each fault is found by its own check, and what is well is not."""

from __future__ import annotations

import os
import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction

from pehra.cli.checks import rows
from pehra.engines.lake.lock import only_one
from pehra.intake.models import Alarm, Batch
from pehra.jobs import actions as jobs
from pehra.kernel.actors import Actor
from pehra.kernel.errors import Damaged
from pehra.kernel.settings import Home
from pehra.kernel.time import clock
from pehra.ledger.actions import append
from pehra.ledger.models import Entry, Head

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def wrong(told: Any) -> dict[str, str]:  # noqa: ANN401 what a call came to
    return {check["what"]: check["mend"] for check in told.said["checks"] if not check["well"]}


def found(told: Any) -> dict[str, str]:  # noqa: ANN401 what a call came to
    return {check["what"]: check["found"] for check in told.said["checks"]}


def batch(name: str, age: timedelta, state: str) -> None:
    Batch.objects.create(
        id=name,
        sha256=name * 2,
        source="shadowserver",
        file_name="a.csv",
        size=1,
        received_at=clock() - age,
        state=state,
    )


def test_work_that_stands_still_is_found(pehra: Callable[..., Any], place: Path) -> None:
    pehra("init")
    batch("a" * 32, timedelta(hours=2), "reading")
    batch("b" * 32, timedelta(hours=2), "applied")
    batch("c" * 32, timedelta(minutes=5), "received")
    told = wrong(pehra("doctor", "--json"))
    assert told["batches"] == f"Run `pehra replay {'a' * 32}`, and so on."
    with only_one(Home(place).batch_lock("a" * 32)):
        assert "batches" not in wrong(pehra("doctor", "--json"))
    (place / "indexes" / "plans").mkdir()
    (place / "indexes" / "plans" / f"{'a' * 32}.0.arrow").write_bytes(b"torn")
    told = wrong(pehra("doctor", "--json"))
    assert told["plans"].endswith(f"then `pehra replay {'a' * 32}`.")


def test_jobs_that_nobody_does_and_that_failed_are_found(pehra: Callable[..., Any]) -> None:
    pehra("init")
    jobs.enqueue("a.kind", {}, now=clock() - timedelta(hours=1))
    told = pehra("doctor", "--json")
    assert wrong(told)["jobs"] == "Start `pehra run` or `pehra work`."
    jobs.take_lease("scheduler", "w", now=clock(), until=clock() + timedelta(minutes=1))
    assert "jobs" not in wrong(pehra("doctor", "--json"))
    while (claim := jobs.claim("w", now=clock())) is not None:
        jobs.fail(claim, "no", now=clock(), retry_at=None)
    told = pehra("doctor", "--json")
    assert found(told)["jobs"].startswith("Jobs failed in the last 7 days: ")
    assert "1 a.kind" in found(told)["jobs"]
    assert wrong(told)["jobs"] == "`pehra jobs list --state failed` says why."


def test_an_alarm_that_nobody_answered_is_found(pehra: Callable[..., Any]) -> None:
    pehra("init")
    for kind in ("empty", "stuck"):
        Alarm.objects.create(source="ipsum", kind=kind, opened_at=clock(), last_at=clock())
    told = pehra("doctor", "--json")
    assert found(told)["sources"] == "2 alarms: ipsum stuck, ipsum empty."
    Alarm.objects.update(state=Alarm.State.ACKNOWLEDGED)
    assert "sources" not in wrong(pehra("doctor", "--json"))


def act(name: str, subject: str, age: timedelta) -> None:
    with transaction.atomic():
        who = Actor(name="a", office="b")
        append(name, actor=who, subject=subject, facts={}, now=clock() - age)


def test_a_backup_that_is_missing_or_old_is_found(pehra: Callable[..., Any], place: Path) -> None:
    pehra("init")
    assert found(pehra("doctor", "--json"))["backups"] == "none yet"
    old = (clock() - timedelta(days=5)).timestamp()
    os.utime(place / "keys" / "finding.key", (old, old))
    told = pehra("doctor", "--json")
    assert found(told)["backups"] == "none was made"
    act("home.backup", "home", timedelta(days=3))
    assert wrong(pehra("doctor", "--json"))["backups"] == "Run `pehra backup`, best by a timer."
    act("home.backup", "home", timedelta(hours=3))
    assert "backups" not in wrong(pehra("doctor", "--json"))


def test_a_clock_that_went_back_is_found(pehra: Callable[..., Any]) -> None:
    pehra("init")
    act("home.trial", "home", timedelta(hours=-1))
    told = pehra("doctor", "--json")
    assert wrong(told)["clock"] == "Set this machine's clock by a time server (NTP)."


def test_a_ledger_that_was_changed_is_found(open_for_work: Callable[..., Any]) -> None:
    assert open_for_work("ledger", "checkpoint").code == 0
    told = open_for_work("doctor", "--thorough", "--json")
    assert found(told)["all of the ledger"].endswith("entries and 1 checkpoints hold")
    assert set(wrong(told)) == {"indexes"}
    Entry.objects.filter(seq=1).update(body=b"{}")
    told = open_for_work("doctor", "--thorough", "--json")
    assert "ledger" not in wrong(told)
    assert wrong(told)["all of the ledger"].endswith("then restore a backup.")
    last = Head.objects.get(pk=1).size - 1
    Entry.objects.filter(seq=last).update(root=b"x" * 32)
    assert "ledger" in wrong(open_for_work("doctor", "--json"))


def test_a_newer_homes_database_is_found(pehra: Callable[..., Any]) -> None:
    pehra("init")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied)"
            " VALUES ('intake', '9999_to_come', CURRENT_TIMESTAMP)"
        )
    told = pehra("doctor", "--json")
    assert found(told)["database"].endswith("newer Pehra: intake.9999_to_come.")


def test_a_folder_that_cannot_be_written_is_found(pehra: Callable[..., Any], place: Path) -> None:
    pehra("init")
    assert found(pehra("doctor", "--json"))["folders"].startswith("4 folders, ")
    (place / "blobs").chmod(0o500)
    if os.geteuid() != 0:  # root may write anywhere
        assert "folders" in wrong(pehra("doctor", "--json"))
    (place / "blobs").chmod(0o700)
    assert [path.name for path in place.rglob(".doctor-*")] == []


def test_a_torn_database_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PEHRA_DATABASE_URL", raising=False)
    place = Home(tmp_path)
    with sqlite3.connect(place.database) as made:
        made.execute("CREATE TABLE a (b TEXT)")
        made.executemany("INSERT INTO a VALUES (?)", [("x" * 500,)] * 200)
    assert rows.database_is_whole(place) == "whole"
    content = bytearray(place.database.read_bytes())
    content[8_192:16_384] = b"\xff" * 8_192
    place.database.write_bytes(content)
    with pytest.raises(Damaged) as caught:
        rows.database_is_whole(place)
    assert caught.value.mend == "Stop the services and restore a backup."
