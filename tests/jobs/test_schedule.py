"""Schedules: queued when due, by one leader, and what was missed is not made up for."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from pehra.jobs import actions, queries, schedule
from pehra.jobs.queries import ScheduleRow
from pehra.kernel.errors import UsageError

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_a_schedule_is_queued_when_due(now: datetime) -> None:
    schedule.ensure("s", "a.b", MINUTE, now=now, payload={"n": 1})
    assert schedule.tick("w", now) == 1
    assert schedule.tick("w", now) == 0
    assert schedule.tick("w", now + MINUTE) == 1
    found = queries.jobs()
    assert [(job.kind, job.payload, job.unique_key) for job in found] == [
        ("a.b", {"n": 1}, "schedule:s")
    ]


def test_what_was_missed_is_queued_once(now: datetime) -> None:
    schedule.ensure("s", "a.b", MINUTE, now=now)
    later = now + 10 * MINUTE + timedelta(seconds=1)
    assert schedule.tick("w", later) == 1
    assert queries.schedules() == [ScheduleRow("s", "a.b", 60, now + 11 * MINUTE)]


def test_a_schedule_said_again_keeps_its_time(now: datetime) -> None:
    schedule.ensure("s", "a.b", 10 * MINUTE, now=now)
    schedule.tick("w", now)
    schedule.ensure("s", "a.b", 10 * MINUTE, now=now + MINUTE)
    assert queries.schedules()[0].next_at == now + 10 * MINUTE
    schedule.ensure("s", "a.c", MINUTE, now=now + MINUTE)
    assert queries.schedules() == [ScheduleRow("s", "a.c", 60, now + 2 * MINUTE)]
    schedule.ensure("s", "a.c", 60 * MINUTE, now=now + MINUTE)
    assert queries.schedules()[0].next_at == now + 2 * MINUTE


def test_one_leads_until_it_resigns_or_lapses(now: datetime) -> None:
    schedule.ensure("s", "a.b", timedelta(seconds=1), now=now)
    assert schedule.tick("first", now) == 1
    assert schedule.tick("second", now + timedelta(seconds=5)) == 0
    schedule.resign("first")
    assert schedule.tick("second", now + timedelta(seconds=5)) == 1
    assert schedule.tick("third", now + timedelta(seconds=5) + schedule.TERM) == 1


def test_a_schedule_can_be_removed(now: datetime) -> None:
    schedule.ensure("s", "a.b", MINUTE, now=now)
    actions.remove_schedule("s")
    assert schedule.tick("w", now) == 0


def test_too_often_is_refused(now: datetime) -> None:
    with pytest.raises(UsageError, match="cannot run every"):
        schedule.ensure("s", "a.b", timedelta(milliseconds=999), now=now)
