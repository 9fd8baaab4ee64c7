"""Whose mailbox an address is, whatever its case."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pehra.mandate.models import Organisation, Team
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import NOBODY, SYSTEM_VIEWER
from pehra.registry.models.contacts import Contact
from pehra.registry.queries.addressed import Addressed, contacts_at

pytestmark = pytest.mark.django_db


def test_all_who_share_a_mailbox() -> None:
    first, second = (Organisation.objects.create(slug=name, name=name).pk for name in "ab")
    team = Team.objects.create(slug="t", name="t", tier="sectoral").pk
    at = datetime(2026, 11, 28, tzinfo=UTC)
    with as_system():
        made = [
            Contact.objects.create(organisation_id=first, purpose="abuse", email="NOC@a.example"),
            Contact.objects.create(
                organisation_id=second, purpose="abuse", email="noc@a.example", verified_at=at
            ),
            Contact.objects.create(team_id=team, purpose="24x7", email="t@b.example"),
        ]
        Contact.objects.create(
            organisation_id=first, purpose="head", email="noc@a.example", active=False
        )
    numbers = [one.pk for one in made]
    asked = ["Noc@A.example", "T@b.example", "x@c.example", ""]
    assert contacts_at(asked, viewer=SYSTEM_VIEWER) == {
        "noc@a.example": (
            Addressed(numbers[0], first, None, verified=False),
            Addressed(numbers[1], second, None, verified=True),
        ),
        "t@b.example": (Addressed(numbers[2], None, team, verified=False),),
    }
    assert contacts_at(asked, viewer=NOBODY) == {}
