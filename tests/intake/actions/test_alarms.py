"""Alarms: one for as long as it lasts; ended by its cause, answered by a named person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pehra.intake import actions, queries
from pehra.intake.health import Flag, Kind
from pehra.intake.models import Alarm
from pehra.kernel.actors import SYSTEM, Actor
from pehra.kernel.errors import UsageError
from pehra.ledger.models import Entry
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
DAY = timedelta(days=1)
SANA = Actor(name="sana", office="duty-officer")

pytestmark = pytest.mark.django_db


def raised(kind: Kind = Kind.SHRUNK, days: int = 0, stream: str = "") -> int:
    flag = Flag(kind, {"rows": days})
    return actions.raise_alarm("ipsum", flag, stream=stream, actor=SYSTEM, now=NOW + days * DAY)


def acts() -> list[str]:
    return list(Entry.objects.order_by("seq").values_list("act", flat=True))


def test_one_that_lasts_is_one() -> None:
    first = raised()
    assert (raised(days=1), raised(days=2)) == (first, first)
    (row,) = queries.alarms(viewer=SYSTEM_VIEWER)
    assert (row.times, row.facts) == (3, {"rows": 2})
    assert (row.opened_at, row.last_at) == (NOW, NOW + 2 * DAY)
    assert raised(Kind.CANARY) != first
    assert raised(stream="other") != first
    assert acts() == ["intake.alarm"] * 3


def test_it_ends_with_its_cause_and_begins_anew() -> None:
    first = raised()
    other = raised(stream="other")
    assert actions.end_alarms("ipsum", {Kind.SHRUNK}, actor=SYSTEM, now=NOW) == 1
    assert actions.end_alarms("ipsum", {Kind.SHRUNK}, actor=SYSTEM, now=NOW) == 0
    assert [row.id for row in queries.alarms(viewer=SYSTEM_VIEWER)] == [other]
    assert raised(days=1) != first
    assert len(queries.alarms(viewer=SYSTEM_VIEWER, ended=True)) == 3
    assert queries.open_alarms(viewer=SYSTEM_VIEWER) == [("ipsum", "shrunk")] * 2


def test_somebody_looks_into_it_until_it_ends() -> None:
    number = raised()
    actions.acknowledge(number, actor=SANA, why="They said so.", now=NOW)
    (row,) = queries.alarms(viewer=SYSTEM_VIEWER)
    assert (row.state, row.by, row.why) == ("acknowledged", str(SANA), "They said so.")
    assert queries.open_alarms(viewer=SYSTEM_VIEWER) == []
    assert raised(days=1) == number
    actions.end_alarms("ipsum", {Kind.SHRUNK}, actor=SYSTEM, now=NOW + DAY)
    assert Alarm.objects.get().state == "over"
    with pytest.raises(UsageError, match="no alarm"):
        actions.acknowledge(number, actor=SANA, now=NOW)
    assert acts() == ["intake.alarm", "intake.acknowledge", "intake.alarm-over"]


def test_what_is_of_no_list_cannot_be_accepted() -> None:
    with pytest.raises(UsageError, match="about no list"):
        actions.accept(raised(Kind.SILENT), actor=SANA, why="So it is.", now=NOW)
    with pytest.raises(UsageError, match="no alarm 99"):
        actions.accept(99, actor=SANA, why="So it is.", now=NOW)


def test_alarms_are_for_those_who_see_whole_reports() -> None:
    raised()
    nobody = Viewer(name="nobody", teams=frozenset(), organisations=frozenset())
    assert queries.alarms(viewer=nobody) == []
    assert queries.open_alarms(viewer=nobody) == []
