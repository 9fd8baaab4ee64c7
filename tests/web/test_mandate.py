"""The structure's page: gaps in plain sight, restricted bodies for national staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pehra.mandate.models import Sector, Team

if TYPE_CHECKING:
    from django.test import Client
    from tests.web.conftest import Nation


@pytest.fixture(autouse=True)
def restricted(nation: Nation) -> None:
    del nation
    Sector.objects.create(slug="defence", name="Defence", restricted=True)
    Team.objects.create(
        slug="defcert", name="Defence CERT", tier="sectoral", status="gap", restricted=True
    )


def sections(client: Client) -> dict[str, list[str]]:
    found = client.get("/structure/").context["sections"]
    return {part.anchor: [cells[0][1].text for cells in part.table.rows] for part in found}


def test_national_staff_sees_all_and_what_is_missing(officer: Client) -> None:
    found = sections(officer)
    assert found["teams"] == ["National CERT", "Defence CERT"]
    assert found["sectors"] == ["Banking", "Defence"]
    assert {"Banking", "Defence", "Defence CERT"} <= set(found["gaps"])


def test_restricted_bodies_are_not_shown_to_others(contact: Client) -> None:
    found = sections(contact)
    assert found["teams"] == ["National CERT"]
    assert "Defence" not in {name for names in found.values() for name in names}


def test_names_follow_the_language(officer: Client) -> None:
    officer.cookies["django_language"] = "ur"
    assert sections(officer)["sectors"] == ["بینکاری", "Defence"]
