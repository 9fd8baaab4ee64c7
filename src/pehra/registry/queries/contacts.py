"""Whom to tell: for pages one at a time, for notices thousands at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
from django.db.models import Exists, OuterRef, Q

from pehra.mandate import queries as mandate
from pehra.mandate.tenancy import seen_by
from pehra.registry.contacts import (
    REACHABLE,
    SEVERITIES,
    ContactFacts,
    Health,
    KeyOnFile,
    intervals_text,
    quiet_text,
    told,
)
from pehra.registry.models.contacts import Contact, ContactKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from pehra.mandate.viewers import Viewer

_NAMED = 2000
"""More organisations than these are chosen after reading, not in the statement."""


class ContactView(msgspec.Struct, frozen=True):
    """Whom to tell."""

    purpose: str
    name: str
    email: str
    phone: str
    language: str
    source: str
    verified_at: datetime | None


def contacts_of(organisation_id: int, *, viewer: Viewer) -> list[ContactView]:
    """Contacts of an organisation, by purpose."""
    with seen_by(mandate.with_constituents(viewer)):
        rows = Contact.objects.filter(organisation=organisation_id).order_by("purpose", "pk")
        names = ContactView.__struct_fields__
        return [ContactView(**row) for row in rows.values(*names)]


def mailboxes_of(organisations: Iterable[int], *, viewer: Viewer) -> list[tuple[int, str]]:
    """Organisation and mail address of each contact that has one, by purpose; in one query."""
    with seen_by(mandate.with_constituents(viewer)):
        rows = Contact.objects.filter(organisation__in=list(organisations)).exclude(email="")
        return list(rows.order_by("purpose", "pk").values_list("organisation", "email"))


def known_address(organisations: Iterable[int], address: str, *, viewer: Viewer) -> bool:
    """Whether an active contact of one of these organisations has this mail address."""
    with seen_by(mandate.with_constituents(viewer)):
        rows = Contact.objects.filter(organisation__in=list(organisations), active=True)
        return bool(address) and rows.filter(email__iexact=address).exists()


class ContactCard(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a contact, for those who keep it."""

    id: int
    organisation: int | None
    team: int | None
    facts: ContactFacts
    health: Health
    verified_at: datetime | None
    asked_at: datetime | None


def contact_cards(organisation_id: int, *, viewer: Viewer) -> list[ContactCard]:
    """Contacts of an organisation with their wishes and health, by purpose."""
    with seen_by(mandate.with_constituents(viewer)):
        rows = Contact.objects.filter(organisation=organisation_id).order_by("purpose", "pk")
        return list(map(card, rows))


def contact_card(contact: int, *, viewer: Viewer) -> ContactCard | None:
    """One contact; null where there is none, or the viewer may not see it."""
    with seen_by(mandate.with_constituents(viewer)):
        found = Contact.objects.filter(pk=contact).first()
        return card(found) if found else None


def card(row: Contact) -> ContactCard:
    """A row as a value."""
    names = [name for name in ContactFacts.__struct_fields__ if name != "inhibits"]
    facts: dict[str, Any] = {name: getattr(row, name) for name in names}
    return ContactCard(
        id=row.pk,
        organisation=row.organisation_id,
        team=row.team_id,
        facts=ContactFacts(**facts, inhibits=tuple(row.inhibits)),
        health=Health(**{name: getattr(row, name) for name in Health.__struct_fields__}),
        verified_at=row.verified_at,
        asked_at=row.asked_at,
    )


class KeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A key or certificate of a contact."""

    id: int
    contact: int
    kind: str
    content: bytes
    fingerprint: str
    added_at: datetime
    expires_at: datetime | None
    verified_at: datetime | None


def keys_of(contact: int, *, viewer: Viewer) -> list[KeyView]:
    """Keys of a contact, the one that was added last first; expired ones too."""
    return keys_of_all([contact], viewer=viewer)


def keys_of_all(contacts: Iterable[int], *, viewer: Viewer) -> list[KeyView]:
    """Keys of several contacts in one query, the one that was added last first."""
    with seen_by(mandate.with_constituents(viewer)):
        rows = ContactKey.objects.filter(contact__in=list(contacts)).order_by("-added_at", "-pk")
        return [
            KeyView(
                id=row.pk,
                contact=row.contact_id,
                kind=row.kind,
                content=bytes(row.content),
                fingerprint=row.fingerprint,
                added_at=row.added_at,
                expires_at=row.expires_at,
                verified_at=row.verified_at,
            )
            for row in rows
        ]


def keys_at(organisations: Iterable[int], *, viewer: Viewer) -> list[KeyOnFile]:
    """Keys of these organisations' active contacts; expired ones too, for what they once signed."""
    with seen_by(mandate.with_constituents(viewer)):
        rows = ContactKey.objects.filter(
            contact__organisation__in=list(organisations), contact__active=True
        )
        return [
            KeyOnFile(
                organisation=row.contact.organisation_id or 0,
                holder=row.contact.email or row.contact.name,
                kind=row.kind,
                content=bytes(row.content),
                fingerprint=row.fingerprint,
                expires_at=row.expires_at,
            )
            for row in rows.select_related("contact").order_by("pk")
        ]


_COLUMNS = (
    "pk", "organisation_id", "team_id", "purpose", "name", "email", "phone", "language",
    "automatic", "verified_at", "unhealthy_since", "quiet_from", "quiet_to", "business_days",
    "intervals", "inhibits",
)  # fmt: skip


def reachable_contacts(
    organisations: Iterable[int], *, viewer: Viewer, now: datetime, teams: Iterable[int] = ()
) -> pl.DataFrame:
    """Active contacts that can be told, in one query however many organisations are asked for.

    An automatic contact is left out where a person gave a healthy one for the same purpose
    (`contacts.told`). Unhealthy ones are in the frame: whoever tells falls back from them.

    Args:
        organisations: ids.
        viewer: who looks.
        now: a key that has expired by then is none.
        teams: ids of teams whose own contacts are wanted too.

    Returns:
        Columns of `contacts.REACHABLE`, by contact.
    """
    holders, served = sorted(set(organisations)), sorted(set(teams))
    wanted = Q(team__in=served) if served else Q()
    if len(holders) <= _NAMED:
        wanted = wanted | Q(organisation__in=holders) if served else Q(organisation__in=holders)
    elif served:
        wanted |= Q(organisation__isnull=False)
    else:
        wanted = Q(organisation__isnull=False)
    with seen_by(mandate.with_constituents(viewer)):
        good = ContactKey.objects.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=now), contact=OuterRef("pk")
        )
        rows = Contact.objects.filter(wanted, active=True).order_by("pk")
        found = rows.annotate(has_key=Exists(good)).values_list(*_COLUMNS, "has_key")
        frame = pl.DataFrame(list(map(_reachable, found)), schema=REACHABLE, orient="row")
    asked = frame.filter(pl.col("organisation").is_in(holders) | pl.col("team").is_in(served))
    return told(asked)


def _reachable(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row of `_COLUMNS` and `has_key` as `contacts.REACHABLE` has it."""
    intervals = {word: row[14].get(word) for word in SEVERITIES}
    return (*row[:9], row[9] is not None, row[10] is None, *row[11:14], intervals, *row[15:])


def contact_rows() -> Iterator[dict[str, str]]:
    """Contacts of organisations in the scope that is open, as rows of a register."""
    rows = Contact.objects.filter(organisation__isnull=False).select_related("organisation")
    return map(_cells, rows.order_by("pk").iterator(chunk_size=2000))


def _cells(contact: Contact) -> dict[str, str]:
    names = ("purpose", "name", "email", "phone", "language")
    return {
        "organisation": contact.organisation.slug if contact.organisation else "",
        **{f"contact_{name}": getattr(contact, name) for name in names},
        "contact_automatic": "true" if contact.automatic else "",
        "contact_active": "" if contact.active else "false",
        "contact_quiet": quiet_text(contact.quiet_from, contact.quiet_to),
        "contact_business_days": "true" if contact.business_days else "",
        "contact_intervals": intervals_text(contact.intervals),
        "contact_inhibits": " ".join(contact.inhibits),
    }
