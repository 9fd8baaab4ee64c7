"""Periods as they were counted, and who may read them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pehra.mandate.models import Organisation
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer
from pehra.notices.actions.periods import keep_periods
from pehra.notices.outcomes import Count
from pehra.notices.queries.periods import counted, kept, of_organisation, reached
from pehra.notices.spans import Every, span
from pehra.registry.models import Contact

if TYPE_CHECKING:
    from tests.findings.conftest import House

ZONE = ZoneInfo("Asia/Karachi")


def silent(done: int, total: int) -> None:
    del done, total


def test_a_period_is_kept_for_those_who_see_everything(told: House) -> None:
    told.telnet("2026-11-20", 10, 11, 130)
    told.now += timedelta(minutes=1)
    week = date(2026, 11, 16)
    wanted = [(Every.WEEKLY, date(2026, 11, 22)), (Every.DAILY, date(2026, 11, 22))]
    assert keep_periods(wanted, zone=ZONE, now=told.now, progress=silent) == 2
    found = counted(Every.WEEKLY, week, viewer=SYSTEM_VIEWER)
    assert found is not None
    assert (found.period.whole.opened, found.at) == (3, told.now)
    assert sorted(found.period.sectors) == ["banking", "telecom"]
    assert kept(Every.WEEKLY, viewer=SYSTEM_VIEWER) == [week]
    team = Viewer("x", teams=frozenset({1}))
    assert (counted(Every.WEEKLY, week, viewer=team), kept(Every.WEEKLY, viewer=team)) == (None, [])
    assert counted(Every.MONTHLY, date(2026, 11, 1), viewer=SYSTEM_VIEWER) is None


def test_numbers_of_one_organisation_and_whether_it_can_be_reached(told: House) -> None:
    told.telnet("2026-11-20", 10, 11, 130)
    told.now += timedelta(minutes=1)
    bank = Organisation.objects.get(slug="river-bank").pk
    at = span(Every.MONTHLY, date(2026, 11, 22), ZONE)
    found = of_organisation(bank, at, viewer=SYSTEM_VIEWER, now=told.now)
    assert (found.opened, found.contactable) == (2, Count(0, 1))
    with as_system():
        Contact.objects.filter(organisation=bank).update(verified_at=told.now - timedelta(days=1))
    assert reached([bank], now=told.now) == {bank}
    strange = Viewer("x", organisations=frozenset({bank + 99}))
    assert of_organisation(bank, at, viewer=strange, now=told.now).opened == 0
