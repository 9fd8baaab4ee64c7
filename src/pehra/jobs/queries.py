"""Reading the queue.

It lies below tenancy: `organisation` narrows to what one tenant asked for, and the door that asks
decides which may be named.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import Count

from pehra.jobs.models import Job, Lease, Schedule

if TYPE_CHECKING:
    from django.db.models import QuerySet


class JobRow(msgspec.Struct, frozen=True):
    """A job as shown; times in UTC."""

    id: int
    kind: str
    state: str
    payload: dict[str, Any]
    unique_key: str
    queued_at: datetime
    run_after: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempts: int
    most_attempts: int
    worker: str
    lease_until: datetime | None
    done: int
    total: int
    result: dict[str, Any] | None
    error: str
    organisation: int | None


class ScheduleRow(msgspec.Struct, frozen=True):
    """A schedule as shown."""

    name: str
    kind: str
    every_seconds: int
    next_at: datetime


def due(now: datetime) -> QuerySet[Job]:
    """Jobs that wait and may run, the longest due first."""
    found = Job.objects.filter(state=Job.State.QUEUED, run_after__lte=now)
    return found.order_by("run_after", "id")


def abandoned(now: datetime) -> QuerySet[Job]:
    """Jobs whose worker gave no sign of life for the time of its lease."""
    found = Job.objects.filter(state=Job.State.RUNNING, lease_until__lt=now)
    return found.order_by("run_after", "id")


def alive(unique_key: str) -> bool:
    """Whether a job with this key waits or runs."""
    states = (Job.State.QUEUED, Job.State.RUNNING)
    return Job.objects.filter(state__in=states, unique_key=unique_key).exists()


def anything_to_do(now: datetime) -> bool:
    """Whether a claim would find a job: asked first, since claiming locks the database."""
    return due(now).exists() or abandoned(now).exists()


def due_schedules(now: datetime) -> QuerySet[Schedule]:
    """Schedules whose time has come."""
    return Schedule.objects.filter(next_at__lte=now).order_by("name")


def jobs(  # noqa: PLR0913 what a list is narrowed by
    *,
    state: str = "",
    kind: str = "",
    before: int | None = None,
    limit: int = 100,
    organisation: int | None = None,
    ended_since: datetime | None = None,
) -> list[JobRow]:
    """Jobs from the newest down; `before` is the id at which a last page ended."""
    wanted = {
        "state": state,
        "kind": kind,
        "id__lt": before,
        "organisation": organisation,
        "finished_at__gte": ended_since,
    }
    found = Job.objects.filter(**{name: value for name, value in wanted.items() if value})
    return [_row(job) for job in found.order_by("-id")[:limit]]


def job(job_id: int) -> JobRow | None:
    """One job; None where there is none."""
    found = Job.objects.filter(pk=job_id).first()
    return None if found is None else _row(found)


def counts() -> dict[str, int]:
    """How many jobs stand in each state, all states named."""
    found = dict(Job.objects.order_by().values_list("state").annotate(Count("id")))
    return {state.value: found.get(state.value, 0) for state in Job.State}


def failed_since(moment: datetime) -> dict[str, int]:
    """How many jobs failed for good after a moment, by kind."""
    found = Job.objects.filter(state=Job.State.FAILED, finished_at__gt=moment).order_by()
    return dict(found.values_list("kind").annotate(Count("id")))


def leader(now: datetime) -> str:
    """The worker that queues what is scheduled; empty: none gave a sign of life lately."""
    found = Lease.objects.filter(until__gte=now).values_list("holder", flat=True)
    return found.first() or ""


def schedules() -> list[ScheduleRow]:
    """All schedules, by name."""
    return [
        ScheduleRow(found.name, found.kind, found.every_seconds, found.next_at)
        for found in Schedule.objects.order_by("name")
    ]


def _row(found: Job) -> JobRow:
    return JobRow(**{name: getattr(found, name) for name in JobRow.__struct_fields__})
