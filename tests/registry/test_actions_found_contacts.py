"""Contacts that registries name: automatic, and never in the way of what a person gave."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pehra.ledger.models import Entry
from pehra.mandate.models import Organisation
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.registry import actions, queries
from pehra.registry.actions import Holder, Taken, take_named
from pehra.registry.asking import Named, Place
from pehra.registry.contacts import ContactFacts, FoundContact

if TYPE_CHECKING:
    from pehra.kernel.actors import Actor

pytestmark = pytest.mark.django_db
PREFIX = ("prefix", "192.0.2.0/24")
RDAP = Place("https://rdap.example/ip/192.0.2.0/24", "rdap")


def found(*addresses: str, fault: str = "") -> Named:
    return Named(RDAP, tuple(FoundContact(purpose="abuse", email=one) for one in addresses), fault)


def test_what_is_named_comes_and_goes(actor: Actor, now: datetime) -> None:
    bank = Organisation.objects.create(slug="bank", name="Bank").pk

    def take(named: Named) -> Taken:
        return take_named(bank, PREFIX, named, actor=actor, now=now)

    def told() -> list[tuple[str, bool, bool]]:
        frame = queries.reachable_contacts([bank], viewer=SYSTEM_VIEWER, now=now)
        return frame.select("address", "automatic", "verified").rows()

    assert take(found("a@isp.example", "b@isp.example")) == Taken(2, 0)
    assert take(found("a@isp.example", "b@isp.example")) == Taken(0, 0)
    assert take(found(fault="away")) == Taken(0, 0)
    assert take(found("b@isp.example", "c@isp.example")) == Taken(1, 1)
    assert told() == [("b@isp.example", True, False), ("c@isp.example", True, False)]
    assert [box for _, box in queries.mailboxes_of(*PREFIX)] == [
        "a@isp.example",
        "b@isp.example",
        "c@isp.example",
    ]
    (first, _) = queries.contact_cards(bank, viewer=SYSTEM_VIEWER)
    token = actions.ask_verification(first.id, actor=actor, now=now)
    actions.verify_contact(token, now=now + timedelta(hours=1))
    assert take(found()) == Taken(0, 1)
    assert told() == [("b@isp.example", True, True)]
    given = ContactFacts(purpose="abuse", email="desk@bank.example")
    actions.add_contact(Holder(organisation=bank), given, actor=actor, now=now)
    assert take(found("desk@bank.example")) == Taken(0, 0)
    assert told() == [("desk@bank.example", False, False)]
    bodies = b"".join(bytes(entry.body) for entry in Entry.objects.all())
    assert b"isp.example" not in bodies
