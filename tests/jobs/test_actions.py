"""The queue's acts: once queued, once claimed, once ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from pehra.jobs import actions, queries
from pehra.jobs.actions import Claim
from pehra.jobs.queries import JobRow
from pehra.kernel.errors import IllegalStep, UsageError
from pehra.ledger import queries as ledger

if TYPE_CHECKING:
    from pehra.kernel.actors import Actor

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
LEASE = timedelta(seconds=60)


def row(job_id: int) -> JobRow:
    found = queries.job(job_id)
    assert found is not None
    return found


def take(now: datetime, worker: str = "w") -> Claim:
    held = actions.claim(worker, now=now)
    assert held is not None
    return held


def test_a_job_as_queued(now: datetime) -> None:
    job_id = actions.enqueue("a.b", {"n": 1}, now=now, run_after=now + SECOND)
    assert row(job_id) == JobRow(
        id=job_id,
        kind="a.b",
        state="queued",
        payload={"n": 1},
        unique_key="",
        queued_at=now,
        run_after=now + SECOND,
        started_at=None,
        finished_at=None,
        attempts=0,
        most_attempts=5,
        worker="",
        lease_until=None,
        done=0,
        total=0,
        result=None,
        error="",
        organisation=None,
    )
    assert queries.job(job_id + 1) is None


@pytest.mark.django_db(transaction=True)
def test_a_job_falls_with_its_cause(now: datetime) -> None:
    with transaction.atomic():
        actions.enqueue("a.b", {}, now=now, unique_key="k")
        transaction.set_rollback(True)
    assert queries.jobs() == []


def test_a_key_waits_once(now: datetime) -> None:
    first = actions.enqueue("a.b", {"n": 1}, now=now, unique_key="k")
    assert actions.enqueue("a.b", {"n": 2}, now=now, unique_key="k") == first
    assert actions.enqueue("a.c", {}, now=now, unique_key="k") != first
    assert actions.enqueue("a.b", {}, now=now) != actions.enqueue("a.b", {}, now=now)
    assert row(first).payload == {"n": 1}


def test_a_key_that_runs_may_wait_again(now: datetime) -> None:
    first = actions.enqueue("a.b", {}, now=now, unique_key="k")
    take(now)
    assert actions.enqueue("a.b", {}, now=now, unique_key="k") != first


def test_the_longest_due_goes_first(now: datetime) -> None:
    late = actions.enqueue("a.b", {}, now=now, run_after=now + SECOND)
    second = actions.enqueue("a.b", {}, now=now)
    first = actions.enqueue("a.b", {}, now=now, run_after=now - SECOND)
    assert [take(now).id, take(now).id] == [first, second]
    assert actions.claim("w", now=now) is None
    assert take(now + SECOND).id == late


def test_a_claim_says_whose_it_is(now: datetime) -> None:
    job_id = actions.enqueue("a.b", {"n": 1}, now=now)
    assert take(now) == Claim(job_id, "a.b", {"n": 1}, "w", 1, 5, LEASE)
    found = row(job_id)
    assert (found.state, found.worker, found.attempts) == ("running", "w", 1)
    assert (found.started_at, found.lease_until) == (now, now + LEASE)


def test_a_job_ends(now: datetime) -> None:
    job_id = actions.enqueue("a.b", {}, now=now)
    held = take(now)
    assert actions.advance(held, 3, 7, now=now + SECOND)
    assert actions.finish(held, {"rows": 7}, now=now + 2 * SECOND)
    found = row(job_id)
    assert (found.state, found.result, found.finished_at) == (
        "done",
        {"rows": 7},
        now + 2 * SECOND,
    )
    assert (found.done, found.total, found.lease_until) == (3, 7, None)
    assert not actions.finish(held, None, now=now)


def test_a_job_fails_for_good_or_for_a_while(now: datetime) -> None:
    job_id = actions.enqueue("a.b", {}, now=now)
    held = take(now)
    assert actions.fail(held, "no disk", now=now, retry_at=now + SECOND)
    assert (row(job_id).state, row(job_id).error) == ("queued", "no disk")
    assert actions.claim("w", now=now) is None
    again = take(now + SECOND)
    assert again.attempt == 2
    assert actions.fail(again, "still none", now=now, retry_at=None)
    assert (row(job_id).state, row(job_id).error) == ("failed", "still none")


def test_a_job_whose_worker_went_away_is_taken_over(now: datetime) -> None:
    job_id = actions.enqueue("a.b", {}, now=now)
    old = take(now, "gone")
    assert actions.claim("next", now=now + LEASE) is None
    assert actions.renew(old, now=now + SECOND)
    assert actions.claim("next", now=now + LEASE + SECOND) is None
    new = take(now + LEASE + 2 * SECOND, "next")
    assert (new.id, new.attempt) == (job_id, 2)
    late = now + LEASE + 3 * SECOND
    assert not actions.renew(old, now=late)
    assert not actions.advance(old, 1, 2, now=late)
    assert not actions.finish(old, {"by": "old"}, now=late)
    assert not actions.fail(old, "x", now=late, retry_at=None)
    assert not actions.fail(old, "x", now=late, retry_at=late)
    assert not actions.put_back(old, now=late)
    assert actions.finish(new, {"by": "new"}, now=late)
    assert row(job_id).result == {"by": "new"}


def test_a_job_that_kills_its_workers_fails(now: datetime) -> None:
    job_id = actions.enqueue("a.b", {}, now=now)
    for _ in range(5):
        take(now, "victim")
        now += LEASE + SECOND
    assert actions.claim("w", now=now) is None
    assert row(job_id).state == "failed"
    assert row(job_id).error == "Its worker went away 5 times, the last was victim."


def test_a_job_put_back_counts_no_attempt(now: datetime) -> None:
    job_id = actions.enqueue("a.b", {}, now=now)
    assert actions.put_back(take(now), now=now + SECOND)
    assert (row(job_id).state, row(job_id).attempts, row(job_id).worker) == ("queued", 0, "")
    assert take(now + SECOND).attempt == 1


@pytest.mark.parametrize("how", ["fail", "put_back"])
def test_a_job_whose_twin_waits_leaves_it_the_work(now: datetime, how: str) -> None:
    first = actions.enqueue("a.b", {}, now=now, unique_key="k")
    held = take(now)
    twin = actions.enqueue("a.b", {}, now=now, unique_key="k")
    if how == "fail":
        assert actions.fail(held, "x", now=now, retry_at=now)
    else:
        assert actions.put_back(held, now=now)
    assert (row(first).state, row(twin).state) == ("cancelled", "queued")
    assert row(first).error == "Another job of the same key is queued and will do it."


@pytest.mark.parametrize("running", [False, True])
def test_a_person_cancels(now: datetime, actor: Actor, *, running: bool) -> None:
    job_id = actions.enqueue("a.b", {}, now=now)
    held = take(now) if running else None
    actions.cancel(job_id, actor=actor, now=now)
    assert row(job_id).state == "cancelled"
    assert held is None or not actions.advance(held, 1, 2, now=now)
    entry = ledger.show(f"job:{job_id}")[0]
    assert (entry.act, entry.actor) == ("jobs.cancel", actor)
    assert entry.facts == {"kind": "a.b", "was": "running" if running else "queued"}
    with pytest.raises(IllegalStep):
        actions.cancel(job_id, actor=actor, now=now)


def test_a_job_that_is_not_there_cannot_be_cancelled(now: datetime, actor: Actor) -> None:
    with pytest.raises(UsageError, match="There is no job 7"):
        actions.cancel(7, actor=actor, now=now)


def test_old_jobs_are_forgotten(now: datetime) -> None:
    ended, waiting = actions.enqueue("a.b", {}, now=now), actions.enqueue("a.c", {}, now=now)
    actions.finish(take(now), None, now=now)
    assert actions.prune(now) == 0
    assert actions.prune(now + SECOND) == 1
    assert [found.id for found in queries.jobs()] == [waiting]
    assert ended != waiting


def test_what_is_held_is_no_ones_role(now: datetime) -> None:
    for _ in range(2):
        with transaction.atomic():
            actions.hold("rule", now=now)
    assert actions.take_lease("rule", "a", now=now, until=now + LEASE)


def test_a_lease_has_one_holder(now: datetime) -> None:
    until = now + LEASE
    assert actions.take_lease("role", "a", now=now, until=until)
    assert not actions.take_lease("role", "b", now=now, until=until)
    assert actions.take_lease("role", "a", now=until - SECOND, until=until + LEASE)
    assert not actions.take_lease("role", "b", now=until, until=until + LEASE)
    assert actions.take_lease("role", "b", now=until + LEASE, until=until + 2 * LEASE)
    actions.drop_lease("role", "a")
    assert not actions.take_lease("role", "a", now=until + LEASE, until=until + 2 * LEASE)
    actions.drop_lease("role", "b")
    assert actions.take_lease("role", "a", now=until + LEASE, until=until + 2 * LEASE)
