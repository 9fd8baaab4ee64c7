"""Doing jobs in this process: how they end, what they are told, what is kept of errors."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pehra.jobs import actions, queries, rules, work
from pehra.kernel.errors import EnvironmentFault, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from pehra.jobs.queries import JobRow
    from pehra.jobs.work import Work
    from pehra.kernel.actors import Actor

    Register = Callable[[str, Work], None]
    Progress = Callable[[int, int], None]

pytestmark = pytest.mark.django_db


def row(job_id: int) -> JobRow:
    found = queries.job(job_id)
    assert found is not None
    return found


def test_due_jobs_are_done_here(now: datetime, kind: Register) -> None:
    def add(payload: dict[str, Any], *, now: datetime, progress: Progress) -> dict[str, Any]:
        assert now.tzinfo is not None
        progress(2, 2)
        return {"sum": payload["a"] + payload["b"]}

    kind("tests.add", add)
    ids = [actions.enqueue("tests.add", {"a": 1, "b": b}, now=now) for b in range(3)]
    later = actions.enqueue("tests.add", {}, now=now, run_after=now + timedelta(hours=1))
    assert work.run_due(now) == 3
    assert [(row(i).state, row(i).result, row(i).done) for i in ids] == [
        ("done", {"sum": 1 + b}, 2) for b in range(3)
    ]
    assert row(later).state == "queued"


def test_a_job_may_queue_another(now: datetime, kind: Register) -> None:
    def first(payload: dict[str, Any], *, now: datetime, **_: object) -> None:
        if payload["left"]:
            actions.enqueue("tests.chain", {"left": payload["left"] - 1}, now=now)

    kind("tests.chain", first)
    actions.enqueue("tests.chain", {"left": 2}, now=now)
    # Its clock runs on from `now`, so the followers are due a moment later.
    assert work.run_due(now) == 1
    assert work.run_due(now + timedelta(minutes=1)) == 1
    assert work.run_due(now + timedelta(minutes=2)) == 1


@pytest.mark.parametrize(
    ("error", "state", "kept"),
    [
        (Refused("No.", mend="Ask."), "failed", "No. Ask."),
        (EnvironmentFault("No disk."), "queued", "No disk."),
    ],
)
def test_an_error_of_ours_is_kept(
    now: datetime, kind: Register, error: Exception, state: str, kept: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    kind("tests.fail", fail)
    job_id = actions.enqueue("tests.fail", {}, now=now)
    assert work.run_due(now) == 1
    assert (row(job_id).state, row(job_id).error) == (state, kept)


def test_any_other_error_is_tried_five_times(now: datetime, kind: Register) -> None:
    def fail(payload: dict[str, Any], **_: object) -> None:
        payload["missing"]

    kind("tests.fail", fail)
    job_id = actions.enqueue("tests.fail", {}, now=now)
    tries = 0
    while row(job_id).state == "queued":
        tries += work.run_due(now)
        now += rules.LONGEST_DELAY
    assert (tries, row(job_id).state) == (5, "failed")
    assert row(job_id).error.splitlines()[-1] == "KeyError: 'missing'"


def test_a_result_that_is_not_json_is_an_error(now: datetime, kind: Register) -> None:
    def answer(*_: object, now: datetime, **__: object) -> dict[str, Any]:
        return {"at": now}

    kind("tests.answer", answer)
    job_id = actions.enqueue("tests.answer", {}, now=now)
    work.run_due(now)
    assert row(job_id).error.splitlines()[-1].startswith("TypeError: ")


def test_a_kind_that_nobody_does_fails_at_once(now: datetime) -> None:
    job_id = actions.enqueue("tests.unheard-of", {}, now=now)
    assert work.run_due(now) == 1
    assert row(job_id).state == "failed"
    assert row(job_id).error.startswith("No room does the job tests.unheard-of.")


def test_a_job_that_is_cancelled_stops_at_its_next_progress(
    now: datetime, kind: Register, actor: Actor
) -> None:
    reached = []

    def long(payload: dict[str, Any], *, now: datetime, progress: Progress) -> None:
        running = queries.jobs(state="running", kind="tests.long")
        actions.cancel(running[0].id, actor=actor, now=now)
        progress(1, 1)
        reached.append(payload)

    kind("tests.long", long)
    job_id = actions.enqueue("tests.long", {}, now=now)
    work.run_due(now)
    assert (row(job_id).state, reached) == ("cancelled", [])


def test_two_functions_of_one_kind_are_refused(kind: Register) -> None:
    def one(payload: dict[str, Any], *, now: datetime, progress: Progress) -> None: ...

    def other(payload: dict[str, Any], *, now: datetime, progress: Progress) -> None: ...

    kind("tests.same", one)
    kind("tests.same", one)
    with pytest.raises(ValueError, match=r"Two functions do the job tests\.same"):
        kind("tests.same", other)


def test_rooms_jobs_are_found_and_scheduled(now: datetime) -> None:
    work.find_jobs()
    work.ensure_periodic(now)
    names = [found.name for found in queries.schedules()]
    assert {"jobs.prune", "ledger.checkpoint"} <= set(names)
