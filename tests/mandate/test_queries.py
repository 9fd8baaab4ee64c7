"""Leads for all at once, gaps, clocks and viewers over the shipped structure."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import AnonymousUser

from pehra.kernel.labels import Severity
from pehra.mandate import queries, rules
from pehra.mandate.models import Office, Organisation, Sector, Team, Tenure, Territory, User
from pehra.mandate.viewers import NOBODY

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pakistan")]
DAY = date(2026, 11, 22)


def test_every_organisation_has_one_lead(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(2):
        leads = queries.lead_teams(DAY)
    assert set(leads) == set(Organisation.objects.values_list("id", flat=True))
    slugs = dict(Team.objects.values_list("id", "slug"))
    names = dict(Organisation.objects.values_list("id", "slug"))
    by_name = {names[holder]: slugs[team] for holder, team in leads.items()}
    assert (by_name["pta"], by_name["sbp"], by_name["pitb"]) == ("ntcert", "ncert", "cert-pb")
    for holder, team in leads.items():
        assert queries.routing(holder, DAY).lead == team


def test_more_organisations_cost_no_more_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    sectors, territories = list(Sector.objects.all()), list(Territory.objects.all())
    Organisation.objects.bulk_create(
        Organisation(
            slug=f"o{number}",
            name=f"O {number}",
            sector=sectors[number % len(sectors)],
            territory=territories[number % len(territories)],
        )
        for number in range(500)
    )
    with django_assert_num_queries(2):
        assert len(queries.lead_teams(DAY)) == 531
    some = dict(list(queries.lead_teams(DAY).items())[:3])
    assert queries.lead_teams(DAY, {*some, 999_999}) == some


def test_the_national_team_leads_on_strangers() -> None:
    assert queries.national_team(DAY) == Team.objects.get(slug="ncert").pk
    assert queries.national_team(date(2020, 1, 1)) is None


def test_a_team_leads_from_its_first_day_until_its_last() -> None:
    pta, telecom = Organisation.objects.get(slug="pta").pk, Team.objects.filter(slug="ntcert")
    national, sectoral = queries.national_team(DAY), telecom.get().pk
    tomorrow = DAY + timedelta(days=1)
    telecom.update(valid_to=tomorrow)
    assert queries.lead_teams(DAY)[pta] == sectoral
    assert queries.lead_teams(tomorrow)[pta] == national
    telecom.update(valid_from=tomorrow, valid_to=None)
    assert queries.lead_teams(DAY)[pta] == national
    assert queries.lead_teams(tomorrow)[pta] == sectoral


def test_a_viewer_leads_on_those_of_its_day() -> None:
    analyst = _holder_of("ntcert-analyst")
    tomorrow = DAY + timedelta(days=1)
    Team.objects.filter(slug="ntcert").update(valid_to=tomorrow)
    for day, led in ((DAY, 1), (tomorrow, 0)):
        viewer = queries.with_constituents(queries.viewer_of(analyst, day))
        assert len(viewer.organisations) == led


def test_the_stamp_changes_with_the_routing() -> None:
    leads = queries.lead_teams(DAY)
    assert queries.routing_stamp(leads) == queries.routing_stamp(dict(reversed(leads.items())))
    assert queries.routing_stamp(leads) != queries.routing_stamp({**leads, 10**9: 1})


def test_the_ladder_of_fixing() -> None:
    table = queries.clocks()
    found = {
        severity.word: rules.hours(
            table, kind="fix", severity=severity, sector=None, organisation=None, on=DAY
        )
        for severity in Severity
    }
    assert {word: clock and clock.hours for word, clock in found.items()} == {
        "info": None,
        "low": 2160,
        "medium": 720,
        "high": 168,
        "critical": 72,
    }


def test_gaps_of_the_shipped_structure() -> None:
    found = queries.gaps(DAY)
    assert Counter(gap.kind for gap in found) == {
        "sector-without-team": 18,
        "sector-without-regulator": 6,
        "territory-without-team": 3,
        "team-not-active": 9,
        "office-vacant": 12,
    }
    assert {gap.subject for gap in found if gap.kind == "territory-without-team"} == {
        "PK-IS",
        "PK-JK",
        "PK-GB",
    }


def test_a_dissolved_sector_team_is_a_gap_at_once() -> None:
    Team.objects.filter(slug="ntcert").update(status="dissolved")
    assert ("sector-without-team", "telecom") in {
        (gap.kind, gap.subject) for gap in queries.gaps(DAY)
    }


def _holder_of(office: str) -> User:
    user = User.objects.create(email=f"{office}@example.org")
    Tenure.objects.create(person=user, office=Office.objects.get(slug=office))
    return user


def test_viewers_by_office(now: datetime) -> None:
    telecom, pta = Team.objects.get(slug="ntcert"), Organisation.objects.get(slug="pta")
    viewer = queries.viewer_of(_holder_of("ntcert-analyst"), now.date())
    assert (viewer.sees_all, viewer.teams) == (False, frozenset({telecom.pk}))
    assert queries.with_constituents(viewer).organisations == {pta.pk}
    secretary = queries.viewer_of(_holder_of("secretary-moitt"), DAY)
    assert secretary.organisations == {Organisation.objects.get(slug="moitt").pk}
    assert queries.with_constituents(secretary) == secretary
    assert queries.viewer_of(AnonymousUser(), DAY) == NOBODY


def test_a_closed_account_holds_nothing() -> None:
    user = _holder_of("ncert-duty-officer")
    assert queries.viewer_of(user, DAY).sees_all
    user.is_active = False
    assert not queries.viewer_of(user, DAY).sees_all
