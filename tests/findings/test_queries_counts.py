"""Counts by day, as far as a viewer may see them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from pehra.findings.models import CountedDay, DayCount
from pehra.findings.queries import Counts, InTerritory, by_day, by_territory, present
from pehra.mandate.models import Organisation, Team, Territory
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import NOBODY, SYSTEM_VIEWER, Viewer

if TYPE_CHECKING:
    from datetime import datetime

    from tests.findings.conftest import House

FRIDAY, SUNDAY = date(2026, 11, 20), date(2026, 11, 22)


@pytest.fixture
def holders(watch: House) -> list[Organisation]:
    """Two counted days and one between them that nobody counted."""
    north = Territory.objects.create(code="XX-N", name="North", country="XX")
    bank = Organisation.objects.create(slug="a-bank", name="Bank", territory=north)
    school = Organisation.objects.create(slug="a-school", name="School", territory=north)
    with as_system():
        for day, bank_has, school_has, nobody_has in ((FRIDAY, 3, 1, 0), (SUNDAY, 2, 0, 5)):
            _count(day, watch.now)
            DayCount.objects.create(day=day, organisation=bank, critical=bank_has, overdue=1)
            DayCount.objects.create(day=day, organisation=school, low=school_has, gone=1)
            DayCount.objects.create(day=day, high=nobody_has)
    return [bank, school]


def _count(day: date, at: datetime) -> None:
    CountedDay.objects.create(day=day, at=at)


def test_nothing_is_present_before_anything_was_counted(watch: House) -> None:
    assert watch.findings() == []
    assert present(viewer=SYSTEM_VIEWER) is None
    assert by_day(FRIDAY, SUNDAY, viewer=SYSTEM_VIEWER) == {}
    assert by_territory(viewer=SYSTEM_VIEWER) == []


def test_the_newest_day_is_the_present(holders: list[Organisation]) -> None:
    found = present(viewer=SYSTEM_VIEWER)
    assert found is not None
    assert (found.day, found.counts.standing) == (SUNDAY, 7)
    assert found.counts == Counts(critical=2, high=5, overdue=1, gone=1)
    assert found.unheld == Counts(high=5)
    one = present(viewer=SYSTEM_VIEWER, organisation=holders[0].pk)
    assert one is not None
    assert (one.counts, one.unheld) == (Counts(critical=2, overdue=1), Counts())


def test_a_day_that_was_not_counted_is_absent(holders: list[Organisation]) -> None:
    assert {
        day: one.standing for day, one in by_day(FRIDAY, SUNDAY, viewer=SYSTEM_VIEWER).items()
    } == {FRIDAY: 4, SUNDAY: 7}
    school = by_day(FRIDAY, SUNDAY, viewer=SYSTEM_VIEWER, organisation=holders[1].pk)
    assert [one.standing for one in school.values()] == [1, 0]


def test_others_are_counted_by_nobody(holders: list[Organisation]) -> None:
    own = Viewer(name="bank", organisations=frozenset({holders[0].pk}))
    found = present(viewer=own)
    assert found is not None
    assert (found.counts.standing, found.unheld.standing) == (2, 0)
    assert [one.standing for one in by_day(FRIDAY, SUNDAY, viewer=own).values()] == [3, 2]
    assert [one.standing for one in by_day(FRIDAY, SUNDAY, viewer=NOBODY).values()] == [0, 0]
    assert by_territory(viewer=own) == [InTerritory("XX-N", 2, 1)]
    assert by_territory(viewer=NOBODY) == []


def test_a_team_counts_what_it_leads_on(holders: list[Organisation], watch: House) -> None:
    team = Team.objects.create(slug="a-team", name="Team", tier="sectoral")
    with as_system():
        DayCount.objects.create(day=SUNDAY, organisation=holders[1], team=team, medium=4)
    found = present(viewer=Viewer(name="them", teams=frozenset({team.pk})))
    assert found is not None
    assert (found.at, found.counts) == (watch.now, Counts(medium=4))


@pytest.mark.usefixtures("holders")
def test_territories_count_their_holders() -> None:
    assert by_territory(viewer=SYSTEM_VIEWER) == [InTerritory("XX-N", 2, 1)]
