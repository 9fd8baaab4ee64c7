"""Territories with their organisations, as far as a viewer may see those."""

from __future__ import annotations

import pytest

from pehra.mandate.models import Organisation, Territory
from pehra.mandate.queries.places import TerritoryLine, territories
from pehra.mandate.viewers import NOBODY, SYSTEM_VIEWER, Viewer


@pytest.mark.django_db
def test_organisations_are_those_that_the_viewer_may_see() -> None:
    north = Territory.objects.create(code="ZZ-N", name="North", country="ZZ", tile="1,2")
    Territory.objects.create(code="ZZ-S", name="South", country="ZZ")
    bank = Organisation.objects.create(slug="bank", name="Bank", territory=north)
    Organisation.objects.create(slug="school", name="School", territory=north)
    Organisation.objects.create(slug="gone", name="Gone", territory=north, standing="dissolved")
    own = Viewer(name="bank", organisations=frozenset({bank.pk}))
    told = [
        [line.organisations for line in territories(viewer=one)]
        for one in (SYSTEM_VIEWER, own, NOBODY)
    ]
    assert told == [[2, 0], [1, 0], [0, 0]]
    first = territories(viewer=SYSTEM_VIEWER)[0]
    assert first == TerritoryLine("ZZ-N", "North", "", "1,2", 2)
