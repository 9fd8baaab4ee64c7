"""Rows behind a number: for whoever may read the report, and for nobody else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pehra.mandate.models import Organisation
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer
from pehra.notices import behind
from pehra.notices.actions.periods import keep_periods
from pehra.notices.models import Behind
from pehra.notices.queries.behind import behind_organisation, behind_team, kept_behind
from pehra.notices.queries.periods import counted, months_of_team, of_team
from pehra.notices.spans import Every, span

if TYPE_CHECKING:
    from tests.findings.conftest import House

ZONE = ZoneInfo("Asia/Karachi")
MONTH = date(2026, 11, 1)


def silent(done: int, total: int) -> None:
    del done, total


def test_the_nation_a_team_and_a_holder_read_their_own(told: House) -> None:
    told.telnet("2026-11-20", 10, 11, 130)
    told.now += timedelta(minutes=1)
    keep_periods([(Every.MONTHLY, MONTH)], zone=ZONE, now=told.now, progress=silent)
    whole = kept_behind(Every.MONTHLY, MONTH, viewer=SYSTEM_VIEWER)
    found = counted(Every.MONTHLY, MONTH, viewer=SYSTEM_VIEWER)
    assert whole is not None
    assert found is not None
    assert behind.of_figure(whole, "opened").height == found.period.whole.opened == 3
    teams = found.period.teams
    assert sum(one.opened for one in teams.values()) == 3
    for number, one in teams.items():
        own = Viewer("x", teams=frozenset({number}))
        rows = behind_team(MONTH, number, viewer=own)
        mine = of_team(MONTH, number, viewer=own)
        assert rows is not None
        assert mine is not None
        assert behind.of_figure(rows, "opened").height == mine.period.whole.opened == one.opened
        assert (mine.period.sectors, mine.period.holders, mine.period.teams) == ({}, (), {})
        assert months_of_team(number, viewer=own) == [MONTH]
    stranger = Viewer("y", teams=frozenset({max(teams) + 1}))
    number = min(teams)
    assert kept_behind(Every.MONTHLY, MONTH, viewer=stranger) is None
    assert behind_team(MONTH, number, viewer=stranger) is None
    assert of_team(MONTH, number, viewer=stranger) is None
    assert behind_team(date(2026, 10, 1), number, viewer=SYSTEM_VIEWER) is None
    assert of_team(date(2026, 10, 1), number, viewer=SYSTEM_VIEWER) is None
    assert months_of_team(number, viewer=Viewer("z", organisations=frozenset({1}))) == []
    bank = Organisation.objects.get(slug="river-bank").pk
    at = span(Every.MONTHLY, MONTH, ZONE)
    for viewer, many in ((SYSTEM_VIEWER, 2), (stranger, 0)):
        rows = behind_organisation(bank, (at[0], told.now), viewer=viewer, now=told.now)
        assert behind.of_figure(rows, "opened").height == many


def test_a_month_without_its_rows_leads_nowhere(told: House) -> None:
    told.telnet("2026-11-20", 10)
    told.now += timedelta(minutes=1)
    keep_periods([(Every.MONTHLY, MONTH)], zone=ZONE, now=told.now, progress=silent)
    found = counted(Every.MONTHLY, MONTH, viewer=SYSTEM_VIEWER)
    assert found is not None
    (number,) = found.period.teams
    assert (found.rows, months_of_team(number, viewer=SYSTEM_VIEWER)) == (True, [MONTH])
    assert months_of_team(number + 1, viewer=SYSTEM_VIEWER) == []
    Behind.objects.all().delete()
    found = counted(Every.MONTHLY, MONTH, viewer=SYSTEM_VIEWER)
    assert found is not None
    assert (found.rows, months_of_team(number, viewer=SYSTEM_VIEWER)) == (False, [])
