"""Counting by day: what stands, what came and went, and the end of the day before."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from pehra.findings.actions.answers import answer
from pehra.findings.actions.counting import KEPT, SOON, count_day, renew_statistics
from pehra.findings.models import CountedDay, DayCount
from pehra.findings.queries import Counts, by_day, present
from pehra.findings.rules import Act
from pehra.kernel.actors import Actor
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from tests.findings.conftest import House

ZONE = ZoneInfo("Asia/Karachi")
OFFICER = Actor("amna", "duty officer")
DAY = date(2026, 11, 22)


def counted() -> Counts:
    found = present(viewer=SYSTEM_VIEWER)
    assert found is not None
    return found.counts


def test_what_stands_is_counted(watch: House) -> None:
    watch.telnet("2026-11-20", 10, 11, severity="critical")
    watch.telnet("2026-11-20", 12, 13, severity="low")
    assert count_day(watch.now, ZONE) == 1
    assert counted() == Counts(critical=2, low=2, untaken=2, opened=4)
    answer(1, Act.ACKNOWLEDGE, why="", viewer=SYSTEM_VIEWER, actor=OFFICER, now=watch.now)
    answer(2, Act.DISPUTE, why="not ours", viewer=SYSTEM_VIEWER, actor=OFFICER, now=watch.now)
    count_day(watch.now, ZONE)
    assert counted() == Counts(critical=2, low=2, disputed=1, opened=4)


def test_deadlines_that_pass_and_that_are_near(watch: House) -> None:
    watch.telnet("2026-11-20", 10, severity="critical")
    due = next(row.due_at for row in watch.findings())
    assert due is not None
    for moment, overdue, soon in (
        (due - SOON - timedelta(seconds=1), 0, 0),
        (due - SOON, 0, 1),
        (due, 1, 0),
    ):
        count_day(moment, ZONE)
        assert (counted().overdue, counted().due_soon) == (overdue, soon)


def test_a_day_is_the_nations_and_its_end_is_counted_once_it_is_past(watch: House) -> None:
    watch.telnet("2026-11-20", 10)
    count_day(watch.now, ZONE)
    watch.now = datetime(2026, 11, 22, 18, 58, tzinfo=UTC)  # 23:58 there
    watch.telnet("2026-11-21", 11)
    count_day(datetime(2026, 11, 22, 19, 1, tzinfo=UTC), ZONE)  # 00:01 of the next day
    days = by_day(DAY, DAY + timedelta(days=1), viewer=SYSTEM_VIEWER)
    assert {day: (one.opened, one.standing) for day, one in days.items()} == {
        DAY: (2, 1),
        DAY + timedelta(days=1): (0, 2),
    }


def test_old_days_are_forgotten(watch: House) -> None:
    old = DAY - KEPT - timedelta(days=1)
    CountedDay.objects.create(day=old, at=watch.now)
    with as_system():
        DayCount.objects.create(day=old, low=1)
        count_day(watch.now, ZONE)
        assert list(DayCount.objects.values_list("day", flat=True)) == []
    assert list(CountedDay.objects.values_list("day", flat=True)) == [DAY]


@pytest.mark.either
def test_the_planner_is_told_what_tables_hold(watch: House) -> None:
    watch.telnet("2026-11-20", 10, 11)
    renew_statistics()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) > 0 FROM sqlite_stat1 WHERE tbl = 'findings_finding'")
        assert cursor.fetchone() == (1,)
