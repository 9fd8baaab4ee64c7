"""A small nation with two teams and two holders, and a case among them."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module

import msgspec
import pytest

from pehra.cases.actions.opened import Opening, open_case
from pehra.kernel.actors import Actor
from pehra.mandate.models import Clock, Organisation, Sector, Team
from pehra.mandate.viewers import Viewer

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
AMNA, BILAL = Actor("amna", "duty-officer"), Actor("bilal", "analyst")
DIRECTOR = Actor("dua", "director")


class Nation(msgspec.Struct, frozen=True):
    """Ids of what there is: a national team, one of the banks, a bank and a ministry."""

    ncert: int
    fincert: int
    bank: int
    ministry: int

    @property
    def of_fincert(self) -> Viewer:
        """An analyst of the banks' team."""
        return Viewer(name="fareed", teams=frozenset({self.fincert}))

    @property
    def of_bank(self) -> Viewer:
        """An officer of the bank."""
        return Viewer(name="bano", organisations=frozenset({self.bank}))

    @property
    def of_ministry(self) -> Viewer:
        """An officer of the ministry."""
        return Viewer(name="mina", organisations=frozenset({self.ministry}))


@pytest.fixture
def nation(db: None) -> Nation:
    del db
    ncert = Team.objects.create(slug="ncert", name="National CERT", tier="national")
    fincert = Team.objects.create(slug="fincert", name="FinCERT", tier="sectoral")
    banking = Sector.objects.create(slug="banking", name="Banking", team=fincert)
    bank = Organisation.objects.create(slug="river-bank", name="River Bank", sector=banking)
    ministry = Organisation.objects.create(slug="ministry", name="Ministry", is_public=True)
    return Nation(ncert.pk, fincert.pk, bank.pk, ministry.pk)


def opened(nation: Nation, **facts: object) -> int:
    """A case at the bank, of which its team was told by an officer."""
    given = {"title": "Files of River Bank are encrypted", "affected": (nation.bank,), **facts}
    return open_case(Opening(**given), actor=AMNA, at=NOW)  # type: ignore[arg-type] # a test's own words


@pytest.fixture
def clocks(nation: Nation) -> Nation:
    """The nation with the clocks of rules 4.1."""
    rows = import_module("pehra.mandate.migrations.0009_categories_of_cases").CLOCKS
    owed = (("early-warning", None, 24, 0), ("notification", None, 72, 0), ("final", None, 720, 0))
    Clock.objects.bulk_create(
        Clock(kind=kind, category=category, hours=hours, minutes=minutes, unconfirmed=True)
        for kind, category, hours, minutes in (*rows, *owed)
    )
    return nation
