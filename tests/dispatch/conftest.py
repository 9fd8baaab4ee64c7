"""A nation with a bank and a school, their teams and contacts, and letters about them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from django.conf import settings

from pehra.dispatch.letters import Letter
from pehra.dispatch.rules import Outgoing, Recipient
from pehra.kernel.labels import Tlp
from pehra.mandate.models import Organisation, Sector, Team
from pehra.mandate.tenancy import as_system
from pehra.registry.models.contacts import Contact

NOW = datetime(2026, 11, 28, 6, tzinfo=UTC)


class Nation(msgspec.Struct):
    """Ids of who is there."""

    bank: int
    school: int
    sector_team: int
    national: int
    desk: int
    """Contact of the bank, `abuse@bank.example`, verified."""
    register: int
    """Contact of the school, `noc@school.example`, from a register."""

    def letter(self, key: str = "notice:1", **changes: object) -> Outgoing:
        """A notice to the bank about itself, with changes."""
        item = Outgoing(
            kind="notice",
            reference=key,
            key=key,
            recipient=Recipient(
                organisation=self.bank, contact=self.desk, address="abuse@bank.example"
            ),
            letter=Letter("Open Telnet", "192.0.2.1 answers on port 23.\n"),
            tlp=Tlp.AMBER,
            about=frozenset({self.bank}),
        )
        return msgspec.structs.replace(item, **changes)


@pytest.fixture
def nation(db: None) -> Nation:
    """Rows of the nation; the home has a folder for keys."""
    del db
    settings.HOME.keys.mkdir(exist_ok=True)
    national = Team.objects.create(slug="ncert", name="National CERT", tier="national")
    sectoral = Team.objects.create(slug="bank-cert", name="Bank CERT", tier="sectoral")
    banking = Sector.objects.create(slug="banking", name="Banking", team=sectoral)
    bank = Organisation.objects.create(slug="bank", name="River Bank", sector=banking)
    school = Organisation.objects.create(slug="school", name="Lake School")
    with as_system():
        desk = Contact.objects.create(
            organisation=bank, purpose="abuse", email="abuse@bank.example", verified_at=NOW
        )
        register = Contact.objects.create(
            organisation=school, purpose="abuse", email="NOC@school.example", automatic=True
        )
    return Nation(
        bank=bank.pk,
        school=school.pk,
        sector_team=sectoral.pk,
        national=national.pk,
        desk=desk.pk,
        register=register.pk,
    )
