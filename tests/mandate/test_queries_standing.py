"""What stands on a day."""

from __future__ import annotations

from datetime import date

import pytest

from pehra.mandate.models import Ground, Organisation, Team
from pehra.mandate.queries.standing import (
    grounds_in_force,
    standing_organisations,
    standing_teams,
)

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 28)


def test_organisations_that_are_not_dissolved() -> None:
    here = Organisation.objects.create(slug="a", name="a").pk
    gone = Organisation.objects.create(slug="b", name="b", standing="dissolved").pk
    assert standing_organisations([here, gone, 999]) == {here}
    assert standing_organisations(range(10_000)) == {here}


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
