"""Reading the queue: filters, pages, counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pehra.jobs import actions, queries

if TYPE_CHECKING:
    from datetime import datetime

pytestmark = pytest.mark.django_db


def test_jobs_are_listed_from_the_newest(now: datetime) -> None:
    ids = [actions.enqueue(kind, {}, now=now) for kind in ("a.b", "a.c", "a.b", "a.c")]
    actions.claim("w", now=now)
    assert [found.id for found in queries.jobs()] == ids[::-1]
    assert [found.id for found in queries.jobs(limit=2)] == [ids[3], ids[2]]
    assert [found.id for found in queries.jobs(before=ids[2])] == [ids[1], ids[0]]
    assert [found.id for found in queries.jobs(kind="a.b")] == [ids[2], ids[0]]
    assert [found.id for found in queries.jobs(state="running")] == [ids[0]]
    assert queries.jobs(organisation=3) == []


def test_states_are_counted(now: datetime) -> None:
    for _ in range(3):
        actions.enqueue("a.b", {}, now=now)
    actions.claim("w", now=now)
    assert queries.counts() == {
        "queued": 2,
        "running": 1,
        "done": 0,
        "failed": 0,
        "cancelled": 0,
    }


def test_an_empty_queue_has_nothing_to_do(now: datetime) -> None:
    assert not queries.anything_to_do(now)
    actions.enqueue("a.b", {}, now=now)
    assert queries.anything_to_do(now)


def test_a_key_is_alive_while_a_job_of_it_waits_or_runs(now: datetime) -> None:
    found = [queries.alive("k")]
    actions.enqueue("a.b", {}, now=now, unique_key="k")
    found += [queries.alive("k"), queries.alive("j")]
    held = actions.claim("w", now=now)
    assert held is not None
    found.append(queries.alive("k"))
    actions.finish(held, None, now=now)
    assert [*found, queries.alive("k")] == [False, True, False, True, False]
