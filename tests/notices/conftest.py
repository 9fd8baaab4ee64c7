"""A nation at work whose holders have contacts."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from tests.findings.conftest import House, watch

from pehra.kernel.actors import Actor
from pehra.mandate.calendar import Calendar
from pehra.notices.actions.rounds import Scene, approve, unapproved
from pehra.notices.models import Approval

__all__ = ["watch"]

CONTACTS = b"""\
organisation,contact_purpose,contact_name,contact_email,contact_language
river-bank,technical,NOC,noc@river-bank.example,en
river-bank,24x7,Desk,desk@river-bank.example,ur
hill-net,abuse,Abuse,abuse@hill-net.example,ur
"""
AMNA, BILAL = Actor("amna", "duty-officer"), Actor("bilal", "supervisor")


@pytest.fixture
def told(watch: House) -> House:
    """A house with contacts, whose source two persons have approved."""
    watch.register(CONTACTS)
    for person in (AMNA, BILAL):
        approve(Approval.Kind.SOURCE, ["shadowserver"], actor=person, now=watch.now)
        for kind, name in unapproved():
            approve(kind, [name], actor=person, now=watch.now)
    return watch


def scene(house: House, *, sending: bool = True, **facts: object) -> Scene:
    """The world at the house's moment."""
    return Scene(
        now=house.now,
        zone=ZoneInfo("Asia/Karachi"),
        calendar=Calendar(),
        sending=sending,
        **facts,  # type: ignore[arg-type] # a test's own words
    )
