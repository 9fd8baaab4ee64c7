"""Organisations as figures group them."""

from __future__ import annotations

import pytest

from pehra.mandate.models import Organisation, Sector
from pehra.mandate.queries.groups import Grouped, grouped, sector_names


@pytest.mark.django_db
def test_an_organisation_and_its_group() -> None:
    sector = Sector.objects.create(slug="banking", name="Banking", name_ur="بینکاری")
    one = Organisation.objects.create(slug="bank", name="Bank", sector=sector, cii_grade="A")
    two = Organisation.objects.create(slug="shop", name="Shop", is_public=False)
    assert grouped() == [
        Grouped(one.pk, "bank", "Bank", "", "banking", True, None, ""),
        Grouped(two.pk, "shop", "Shop", "", "", False, False, ""),
    ]
    assert sector_names() == {"banking": ("Banking", "بینکاری")}
