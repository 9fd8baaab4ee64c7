"""Acts on the queue: put work in, claim it, keep it, end it; set schedules, hold leases.

Working is no act of a person, so only `cancel` writes to the ledger. A claim is a fence: once
another worker has taken the job over, or somebody cancelled it, nothing of the old claim is kept.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import IntegrityError, close_old_connections, connections, transaction
from django.db.models import F

from pehra.jobs import rules
from pehra.jobs.models import Job, Lease, Schedule
from pehra.jobs.queries import abandoned, due, due_schedules
from pehra.kernel.errors import UsageError
from pehra.ledger.actions import append

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from pehra.kernel.actors import Actor


class Claim(msgspec.Struct, frozen=True):
    """A job in the hands of one worker, for one attempt."""

    id: int
    kind: str
    payload: dict[str, Any]
    worker: str
    attempt: int
    most_attempts: int
    lease: timedelta


def enqueue(
    kind: str,
    payload: dict[str, Any],
    *,
    now: datetime,
    unique_key: str = "",
    run_after: datetime | None = None,
) -> int:
    """Queue work in the caller's transaction, so that it exists if and only if its cause does.

    Args:
        kind: name under which a room registered the function, such as `findings.ingest`.
        payload: JSON for that function.
        now: when it is queued.
        unique_key: while a job of this kind and key waits, no other is added; its payload stays.
        run_after: not before this time.

    Returns:
        Id of the job that will do it.
    """
    job = Job(
        kind=kind,
        payload=payload,
        unique_key=unique_key,
        queued_at=now,
        run_after=run_after or now,
    )
    with transaction.atomic():
        while True:
            waiting = _lock_waiting(kind, unique_key) if unique_key else None
            if waiting is not None:
                return waiting
            try:
                with transaction.atomic():
                    job.save(force_insert=True)
            except IntegrityError:
                continue  # the same key was committed meanwhile: it is found now
            return job.pk


def _lock_waiting(kind: str, unique_key: str) -> int | None:
    """Id of the waiting twin, locked: no worker may start it before what we write is there."""
    found = Job.objects.select_for_update().filter(
        kind=kind, unique_key=unique_key, state=Job.State.QUEUED
    )
    return found.values_list("pk", flat=True).first()


@transaction.atomic
def claim(worker: str, *, now: datetime, lease: timedelta = rules.LEASE) -> Claim | None:
    """Take one job: first of those whose worker went away, then of those that are due."""
    while (job := _free(abandoned(now))) is not None:
        if job.attempts < job.most_attempts:
            return _start(job, worker, now, lease)
        text = f"Its worker went away {job.attempts} times, the last was {job.worker}."
        Job.objects.filter(pk=job.pk).update(state=Job.State.FAILED, finished_at=now, error=text)
    job = _free(due(now))
    return None if job is None else _start(job, worker, now, lease)


def _free(jobs: QuerySet[Job]) -> Job | None:
    return jobs.select_for_update(skip_locked=True).first()


def _start(job: Job, worker: str, now: datetime, lease: timedelta) -> Claim:
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.RUNNING,
        worker=worker,
        attempts=job.attempts + 1,
        started_at=now,
        lease_until=now + lease,
        done=0,
        total=0,
    )
    return Claim(job.pk, job.kind, job.payload, worker, job.attempts + 1, job.most_attempts, lease)


def _mine(held: Claim) -> QuerySet[Job]:
    return Job.objects.filter(
        pk=held.id, state=Job.State.RUNNING, worker=held.worker, attempts=held.attempt
    )


def renew(held: Claim, *, now: datetime) -> bool:
    """Give a sign of life; False where the job is no longer this worker's."""
    return bool(_mine(held).update(lease_until=now + held.lease))


def advance(held: Claim, done: int, total: int, *, now: datetime) -> bool:
    """Note progress, which is a sign of life too; False where the job is no longer ours."""
    return bool(_mine(held).update(done=done, total=total, lease_until=now + held.lease))


@transaction.atomic
def finish(held: Claim, result: dict[str, Any] | None, *, now: datetime) -> bool:
    """The work is done; False where another has it now, and then nothing is written."""
    return bool(
        _mine(held).update(
            state=Job.State.DONE, result=result, finished_at=now, lease_until=None, error=""
        )
    )


def fail(held: Claim, text: str, *, now: datetime, retry_at: datetime | None) -> bool:
    """The work failed: for good, or until another try at `retry_at`."""
    if retry_at is not None:
        return _requeue(held, now, run_after=retry_at, error=text)
    return bool(
        _mine(held).update(state=Job.State.FAILED, finished_at=now, lease_until=None, error=text)
    )


def put_back(held: Claim, *, now: datetime) -> bool:
    """The worker stops before the work is done: queue it as it was, no attempt counted."""
    return _requeue(held, now, run_after=now, attempts=F("attempts") - 1)


def _requeue(held: Claim, now: datetime, **changes: Any) -> bool:  # noqa: ANN401 columns of the row
    try:
        with transaction.atomic():
            return bool(
                _mine(held).update(state=Job.State.QUEUED, worker="", lease_until=None, **changes)
            )
    except IntegrityError:
        text = "Another job of the same key is queued and will do it."
        return bool(
            _mine(held).update(
                state=Job.State.CANCELLED, finished_at=now, lease_until=None, error=text
            )
        )


@transaction.atomic
def cancel(job_id: int, *, actor: Actor, now: datetime) -> None:
    """End a job that waits or runs; a running one stops at its next sign of progress.

    Raises:
        UsageError: there is no such job.
        IllegalStep: it has ended already.
    """
    job = Job.objects.select_for_update().filter(pk=job_id).first()
    if job is None:
        message = f"There is no job {job_id}."
        raise UsageError(message, mend="See `pehra jobs list`.")
    rules.check_cancel(job.state)
    Job.objects.filter(pk=job_id).update(
        state=Job.State.CANCELLED, finished_at=now, lease_until=None
    )
    facts = {"kind": job.kind, "was": str(job.state)}
    append("jobs.cancel", actor=actor, subject=f"job:{job_id}", facts=facts, now=now)


def prune(before: datetime) -> int:
    """Delete jobs that ended before a time; gives how many."""
    ended = (Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED)
    return Job.objects.filter(state__in=ended, finished_at__lt=before).delete()[0]


@transaction.atomic
def set_schedule(
    name: str, kind: str, every: timedelta, *, payload: dict[str, Any], now: datetime
) -> None:
    """Have a kind of job queued again and again; what is set so already keeps its next time."""
    Schedule.objects.bulk_create(
        [Schedule(name=name, kind=kind, payload=payload, every_seconds=0, next_at=now)],
        ignore_conflicts=True,
    )
    schedule = Schedule.objects.select_for_update().get(pk=name)
    seconds = int(every.total_seconds())
    if schedule.every_seconds != seconds:
        schedule.next_at = min(schedule.next_at, now + every) if schedule.every_seconds else now
    schedule.kind, schedule.payload, schedule.every_seconds = kind, payload, seconds
    schedule.save()


def remove_schedule(name: str) -> None:
    """Queue it no more."""
    Schedule.objects.filter(pk=name).delete()


@transaction.atomic
def queue_due(now: datetime) -> int:
    """Queue a job for every schedule that is due; gives how many. Safe in any number of hands."""
    found = list(due_schedules(now).select_for_update(skip_locked=True))
    for schedule in found:
        key = f"schedule:{schedule.name}"
        enqueue(schedule.kind, schedule.payload, now=now, unique_key=key)
        every = timedelta(seconds=schedule.every_seconds)
        schedule.next_at = rules.next_run(schedule.next_at, every, now)
        schedule.save(update_fields=["next_at"])
    return len(found)


@transaction.atomic
def take_lease(name: str, holder: str, *, now: datetime, until: datetime) -> bool:
    """Hold a role until a time; True where it was free, had lapsed, or is held by us already."""
    Lease.objects.bulk_create([Lease(name=name, holder="", until=now)], ignore_conflicts=True)
    lease = Lease.objects.select_for_update().get(pk=name)
    if lease.holder not in ("", holder) and lease.until > now:
        return False
    Lease.objects.filter(pk=name).update(holder=holder, until=until)
    return True


def hold(name: str, *, now: datetime) -> None:
    """Let nobody else hold the same name before the caller's transaction ends."""
    Lease.objects.bulk_create([Lease(name=name, holder="", until=now)], ignore_conflicts=True)
    Lease.objects.select_for_update().get(pk=name)


def drop_lease(name: str, holder: str) -> None:
    """Give a role back, so that another need not wait for its end."""
    Lease.objects.filter(pk=name, holder=holder).delete()


def refresh_connection() -> None:
    """Between two jobs: leave a database connection that broke or grew old."""
    close_old_connections()


def leave_database() -> None:
    """At the end of a thread: close what it opened."""
    connections.close_all()
