"""What stands on a day."""

from __future__ import annotations

from datetime import date

import pytest

from pehra.mandate.models import Ground, Office, Organisation, Team, Tenure, User
from pehra.mandate.queries.offices import without_office
from pehra.mandate.queries.people import people_of
from pehra.mandate.queries.standing import (
    grounds_in_force,
    held_on,
    standing_organisations,
    standing_teams,
)

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 28)


def test_organisations_that_are_not_dissolved() -> None:
    here = Organisation.objects.create(slug="a", name="a").pk
    gone = Organisation.objects.create(slug="b", name="b", standing="dissolved").pk
    assert standing_organisations([here, gone, 999]) == {here}
    assert standing_organisations(range(here - 5_000, here + 5_000)) == {here}


def test_teams_that_are_active_and_in_force() -> None:
    here = Team.objects.create(slug="a", name="a", tier="national").pk
    Team.objects.create(slug="b", name="b", tier="sectoral", status="planned")
    Team.objects.create(slug="c", name="c", tier="sectoral", valid_to=DAY)
    assert standing_teams(DAY) == {here}


def test_grounds_that_are_in_force_and_confirmed() -> None:
    Ground.objects.create(slug="a", instrument="x", valid_from=DAY)
    Ground.objects.create(slug="b", instrument="x", unconfirmed=True)
    Ground.objects.create(slug="c", instrument="x", valid_from=date(2027, 1, 1))
    assert grounds_in_force(DAY) == {"a"}


@pytest.mark.parametrize(
    ("office", "tenure", "holds"),
    [
        ({}, {}, True),
        ({"valid_to": DAY}, {}, False),
        ({"valid_from": date(2027, 1, 1)}, {}, False),
        ({}, {"valid_to": DAY}, False),
        ({"valid_from": DAY}, {"valid_from": DAY}, True),
    ],
)
def test_an_office_is_held_while_it_and_the_tenure_hold(
    office: dict[str, date], tenure: dict[str, date], *, holds: bool
) -> None:
    bank = Organisation.objects.create(slug="a", name="a")
    row = Office.objects.create(slug="o", name="O", role="ENT", organisation=bank, **office)
    person = User.objects.create(email="p@bank.example")
    Tenure.objects.create(office=row, person=person, **tenure)
    assert Tenure.objects.filter(held_on(DAY)).exists() == holds
    assert [one.email for one in people_of(bank.pk, DAY)] == ["p@bank.example"] * holds
    assert without_office(DAY) == ["p@bank.example"] * (not holds)
