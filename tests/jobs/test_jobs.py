"""Jobs of the house itself: the ledger is signed, old jobs are forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from pehra.jobs import actions, jobs, rules
from pehra.jobs.models import Job
from pehra.ledger import actions as ledger
from pehra.ledger import queries

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from pehra.kernel.actors import Actor

pytestmark = pytest.mark.django_db


def silent(done: int, total: int) -> None:
    del done, total


def test_the_ledger_is_signed_as_it_stands(
    now: datetime, actor: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))
    (tmp_path / "keys").mkdir()
    for number in range(3):
        with transaction.atomic():
            ledger.append("a.b", actor=actor, subject=f"x:{number}", facts={}, now=now)
    assert jobs.sign_ledger({}, now=now, progress=silent) == {"size": queries.head().size}
    assert queries.head().size == 3
    assert jobs.sign_ledger({}, now=now + timedelta(hours=1), progress=silent) == {"size": 3}


def test_jobs_that_ended_long_ago_are_forgotten(now: datetime, actor: Actor) -> None:
    kept, old = (actions.enqueue("a.b", {}, now=now) for _ in range(2))
    for number in (kept, old):
        actions.cancel(number, actor=actor, now=now)
    long_ago = now - rules.KEPT - timedelta(seconds=1)
    Job.objects.filter(id=old).update(finished_at=long_ago)
    assert jobs.forget({}, now=now, progress=silent) == {"deleted": 1}
    assert list(Job.objects.values_list("id", flat=True)) == [kept]
    assert jobs.forget({}, now=now, progress=silent) == {"deleted": 0}
