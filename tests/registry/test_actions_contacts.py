"""Contacts as rows: kept, told in one query, verified by a link, unhealthy with a work item."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.models import Entry
from pehra.mandate.models import Organisation, Team
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer
from pehra.registry import actions, queries
from pehra.registry.actions import Holder, KeyFacts
from pehra.registry.contacts import ContactFacts
from pehra.registry.models import WorkItem

if TYPE_CHECKING:
    from django.test.utils import CaptureQueriesContext

    from pehra.kernel.actors import Actor

pytestmark = pytest.mark.django_db
ABUSE = ContactFacts(purpose="abuse", email="abuse@bank.example")


class Office:
    """Someone who keeps the contacts of one organisation."""

    def __init__(self, actor: Actor, now: datetime, slug: str = "bank") -> None:
        self.bank = Organisation.objects.create(slug=slug, name=slug).pk
        self.actor, self.now = actor, now

    def adds(self, facts: ContactFacts = ABUSE) -> int:
        """Add a contact of the bank."""
        return actions.add_contact(
            Holder(organisation=self.bank), facts, actor=self.actor, now=self.now
        )

    def card(self, contact: int) -> queries.ContactCard:
        """Read one back."""
        found = queries.contact_card(contact, viewer=SYSTEM_VIEWER)
        assert found is not None
        return found


@pytest.fixture
def office(actor: Actor, now: datetime) -> Office:
    return Office(actor, now)


def acts() -> list[str]:
    return list(Entry.objects.order_by("seq").values_list("act", flat=True))


def test_a_contact_is_added_changed_and_forgotten(office: Office) -> None:
    contact = office.adds()
    wish = msgspec.structs.replace(
        ABUSE, language="ur", quiet_from=time(22), quiet_to=time(7), intervals={"high": 12},
        inhibits=("scanner",),
    )  # fmt: skip
    actions.change_contact(contact, wish, actor=office.actor, now=office.now)
    actions.change_contact(contact, wish, actor=office.actor, now=office.now)
    assert office.card(contact).facts == wish
    actions.remove_contact(contact, actor=office.actor, now=office.now)
    assert queries.contact_card(contact, viewer=SYSTEM_VIEWER) is None
    assert acts() == [
        "registry.add-contact",
        "registry.change-contact",
        "registry.remove-contact",
    ]
    with pytest.raises(UsageError):
        actions.remove_contact(contact, actor=office.actor, now=office.now)


def test_no_address_is_in_the_ledger(office: Office) -> None:
    contact = office.adds()
    actions.ask_verification(contact, actor=office.actor, now=office.now)
    bodies = b"".join(bytes(entry.body) for entry in Entry.objects.all())
    assert b"bank.example" not in bodies


def test_the_same_contact_twice_is_refused(office: Office) -> None:
    office.adds()
    other = office.adds(msgspec.structs.replace(ABUSE, purpose="ciso"))
    with pytest.raises(Refused):
        office.adds()
    with pytest.raises(Refused):
        actions.change_contact(other, ABUSE, actor=office.actor, now=office.now)
    with pytest.raises(UsageError, match="one organisation or at one team"):
        actions.add_contact(Holder(), ABUSE, actor=office.actor, now=office.now)


def test_a_link_verifies_an_address_once(office: Office) -> None:
    contact = office.adds()
    token = actions.ask_verification(contact, actor=office.actor, now=office.now)
    assert actions.verify_contact(token, now=office.now + timedelta(days=1)) == contact
    assert office.card(contact).verified_at == office.now + timedelta(days=1)
    for wrong in (token, "", "x" * 32):
        with pytest.raises(Refused, match="no longer answered"):
            actions.verify_contact(wrong, now=office.now)


def test_an_old_link_and_a_changed_address_are_not_verified(office: Office) -> None:
    contact = office.adds()
    token = actions.ask_verification(contact, actor=office.actor, now=office.now)
    with pytest.raises(Refused):
        actions.verify_contact(token, now=office.now + timedelta(days=14))
    moved = msgspec.structs.replace(ABUSE, email="other@bank.example")
    actions.change_contact(contact, moved, actor=office.actor, now=office.now)
    with pytest.raises(Refused):
        actions.verify_contact(token, now=office.now)
    phone = office.adds(ContactFacts(purpose="24x7", phone="+92 51 0000000"))
    with pytest.raises(UsageError, match="no mail address"):
        actions.ask_verification(phone, actor=office.actor, now=office.now)


def test_an_unhealthy_contact_makes_work_until_it_is_verified(office: Office) -> None:
    team = Team.objects.create(slug="ncert", name="N", tier="national")
    contact, other = office.adds(), office.adds(msgspec.structs.replace(ABUSE, purpose="ciso"))
    events = [(contact, "bounced")] * 3
    fell = actions.record_health(
        [*events, (other, "answered")],  # type: ignore[list-item] # a literal in a product
        actor=office.actor,
        now=office.now,
    )
    assert fell == [contact]
    again = actions.record_health([(contact, "bounced")], actor=office.actor, now=office.now)
    assert again == []
    assert office.card(contact).health.bounces == 4
    assert office.card(other).health.last_answer == office.now
    items = WorkItem.objects.values_list("kind", "subject", "team")
    assert list(items) == [("gap", f"contact {contact}", team.pk)]
    token = actions.ask_verification(contact, actor=office.actor, now=office.now)
    actions.verify_contact(token, now=office.now)
    assert office.card(contact).health.unhealthy_since is None
    assert WorkItem.objects.filter(closed_at__isnull=True).count() == 0


def test_thousands_are_told_in_one_query(
    office: Office, django_assert_num_queries: CaptureQueriesContext
) -> None:
    team = Team.objects.create(slug="t", name="T", tier="national").pk
    first = office.adds()
    office.adds(msgspec.structs.replace(ABUSE, purpose="head", active=False))
    robot = msgspec.structs.replace(ABUSE, email="robot@bank.example", automatic=True)
    office.adds(robot)
    second = office.adds(msgspec.structs.replace(robot, purpose="technical"))
    third = actions.add_contact(Holder(team=team), ABUSE, actor=office.actor, now=office.now)
    key = KeyFacts(kind="openpgp", content=b"key", fingerprint="AB")
    actions.add_key(first, key, actor=office.actor, now=office.now)
    for asked in ([office.bank], range(office.bank, office.bank + 5000)):
        with django_assert_num_queries(1):  # type: ignore[operator] # a fixture that is a function
            found = queries.reachable_contacts(
                asked, viewer=SYSTEM_VIEWER, now=office.now, teams=[team]
            )
        assert found.select("contact", "organisation", "team", "automatic", "has_key").rows() == [
            (first, office.bank, None, False, True),
            (second, office.bank, None, True, False),
            (third, None, team, False, False),
        ]
    alone = queries.reachable_contacts(range(5000), viewer=SYSTEM_VIEWER, now=office.now)
    assert alone["contact"].to_list() == [first, second]


def test_another_organisations_contacts_do_not_exist(office: Office) -> None:
    contact = office.adds()
    stranger = Viewer(name="s", organisations=frozenset({office.bank + 1}))
    asked = queries.reachable_contacts([office.bank], viewer=stranger, now=office.now)
    assert asked.is_empty()
    assert queries.contact_card(contact, viewer=stranger) is None
    assert queries.contact_cards(office.bank, viewer=stranger) == []
    assert queries.keys_of(contact, viewer=stranger) == []


def test_keys_are_kept_once_confirmed_and_forgotten(office: Office) -> None:
    contact = office.adds()
    key = KeyFacts(
        kind="smime", content=b"der", fingerprint="AB12", expires_at=office.now + timedelta(days=9)
    )
    number = actions.add_key(contact, key, actor=office.actor, now=office.now)
    with pytest.raises(Refused, match="has this key already"):
        actions.add_key(contact, key, actor=office.actor, now=office.now)
    old = msgspec.structs.replace(key, fingerprint="cd", expires_at=office.now)
    with pytest.raises(Refused, match="has expired"):
        actions.add_key(contact, old, actor=office.actor, now=office.now)
    actions.verify_key(number, actor=office.actor, now=office.now)
    (kept,) = queries.keys_of(contact, viewer=SYSTEM_VIEWER)
    assert (kept.content, kept.fingerprint, kept.verified_at) == (b"der", "ab12", office.now)
    later = office.now + timedelta(days=9)
    asked = queries.reachable_contacts([office.bank], viewer=SYSTEM_VIEWER, now=later)
    assert asked["has_key"].to_list() == [False]
    actions.remove_key(number, actor=office.actor, now=office.now)
    assert queries.keys_of(contact, viewer=SYSTEM_VIEWER) == []
    with pytest.raises(UsageError):
        actions.verify_key(number, actor=office.actor, now=office.now)
