"""Acts on contacts: add, change, remove, note how they answer, verify an address, keep a key."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import IntegrityError, transaction

from pehra.kernel.actors import Actor
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.actions import append
from pehra.mandate import queries as mandate
from pehra.mandate.tenancy import as_system
from pehra.registry.actions.upkeep import chunks, take_turn, work_item
from pehra.registry.contacts import (
    ContactFacts,
    Event,
    Health,
    KeyFacts,
    after,
    answerable,
    check,
    token_digest,
    verified,
)
from pehra.registry.models import Contact, ContactKey, WorkItem
from pehra.registry.queries.contacts import card

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_BATCH = 2000
_HEALTH = Health.__struct_fields__


class Holder(msgspec.Struct, frozen=True):
    """At whom a contact is: an organisation or a team, by id."""

    organisation: int | None = None
    team: int | None = None


def add_contact(holder: Holder, facts: ContactFacts, *, actor: Actor, now: datetime) -> int:
    """Add a contact; gives its id.

    Raises:
        UsageError: facts that no mail could follow, or neither or both of organisation and team.
        Refused: the same address has the same purpose there already.
    """
    check(facts)
    if (holder.organisation is None) == (holder.team is None):
        msg = "A contact is at one organisation or at one team."
        raise UsageError(msg, mend="Name one of them.")
    with transaction.atomic(), as_system():
        take_turn()
        _refuse_twice(holder, facts, but=0)
        made = Contact.objects.create(
            organisation_id=holder.organisation, team_id=holder.team, **_columns(facts)
        )
        _enter("add-contact", made, (actor, now), automatic=facts.automatic)
    return made.pk


def change_contact(contact: int, facts: ContactFacts, *, actor: Actor, now: datetime) -> None:
    """Let a contact be as `facts` say. Another address has to be verified anew.

    Raises:
        UsageError: no such contact, or facts that no mail could follow.
        Refused: the same address has the same purpose there already.
    """
    check(facts)
    with transaction.atomic(), as_system():
        take_turn()
        row = _locked(contact)
        before = card(row)
        names = [
            name
            for name in ContactFacts.__struct_fields__
            if getattr(facts, name) != getattr(before.facts, name)
        ]
        if not names:
            return
        _refuse_twice(Holder(row.organisation_id, row.team_id), facts, but=contact)
        columns = _columns(facts)
        if "email" in names:
            columns |= {"verified_at": None, "asked_at": None, "token_digest": ""}
            columns |= msgspec.structs.asdict(Health())
        Contact.objects.filter(pk=contact).update(**columns)
        _enter("change-contact", row, (actor, now), changed=",".join(names))


def remove_contact(contact: int, *, actor: Actor, now: datetime) -> None:
    """Forget a contact and its keys: a person's address is not kept once it is not needed.

    Raises:
        UsageError: no such contact.
    """
    with transaction.atomic(), as_system():
        row = _locked(contact)
        _enter("remove-contact", row, (actor, now))
        row.delete()


def record_health(events: Iterable[tuple[int, Event]], *, actor: Actor, now: datetime) -> list[int]:
    """Note what was learned of contacts, in the order of learning, under one entry.

    Returns:
        Those that became unhealthy by it. Each has an open work item of kind `gap`.
    """
    told: dict[int, list[Event]] = {}
    for contact, event in events:
        told.setdefault(contact, []).append(event)
    with transaction.atomic(), as_system():
        rows = list(Contact.objects.select_for_update().filter(pk__in=list(told)).order_by("pk"))
        fell: list[Contact] = []
        changes: dict[tuple[tuple[str, Any], ...], list[int]] = {}
        for row in rows:
            before = health = Health(**{name: getattr(row, name) for name in _HEALTH})
            for event in told[row.pk]:
                health = after(health, event, now)
            _set_health(row, health)
            changes.setdefault(_changed(before, health), []).append(row.pk)
            if health.unhealthy_since and not before.unhealthy_since:
                fell.append(row)
        for change, contacts in changes.items():
            for chunk in chunks(contacts) if change else ():
                Contact.objects.filter(pk__in=chunk).update(**dict(change))
        _open_gaps(fell, now)
        if rows:
            kinds = [event for row in rows for event in told[row.pk]]
            append(
                "registry.record-health",
                actor=actor,
                subject="contacts",
                facts={
                    "contacts": len(rows),
                    "unhealthy": len(fell),
                    **{kind: kinds.count(kind) for kind in sorted(set(kinds))},
                },
                now=now,
            )
    return [row.pk for row in fell]


def _set_health(row: Contact, health: Health) -> None:
    for name in _HEALTH:
        setattr(row, name, getattr(health, name))


def _changed(before: Health, health: Health) -> tuple[tuple[str, Any], ...]:
    """Columns that changed and what they become: after a round many contacts have the same."""
    return tuple(
        (name, value)
        for name in _HEALTH
        if (value := getattr(health, name)) != getattr(before, name)
    )


def _gap(contact: int) -> str:
    return f"contact {contact}"


def _open_gaps(rows: list[Contact], now: datetime) -> None:
    """A person of the team that leads there is to find out whom to tell instead."""
    leads = mandate.lead_teams(now.date()) if rows else {}
    items = [
        work_item(
            WorkItem.Kind.GAP,
            _gap(row.pk),
            f"{row.purpose} contact: {row.bounces} bounces, {row.silences} without an answer,"
            f" {row.wrong_owner} times not ours.",
            (row.team_id or leads.get(row.organisation_id or 0), now),
        )
        for row in rows
    ]
    WorkItem.objects.bulk_create(items, batch_size=_BATCH, ignore_conflicts=True)


def ask_verification(contact: int, *, actor: Actor, now: datetime) -> str:
    """Make the token of a link that verifies a contact's address; one sent before it is void.

    Returns:
        The token. It goes into the link that is mailed and is kept nowhere.

    Raises:
        UsageError: no such contact, or it has no mail address.
    """
    token = secrets.token_urlsafe(24)
    with transaction.atomic(), as_system():
        row = _locked(contact)
        if not row.email:
            message = f"Contact {contact} has no mail address."
            raise UsageError(message, mend="Give it one, or telephone.")
        row.asked_at, row.token_digest = now, token_digest(token)
        row.save(update_fields=["asked_at", "token_digest"])
        _enter("ask-verification", row, (actor, now))
    return token


def verify_contact(token: str, *, now: datetime) -> int:
    """Take a link's answer: the address works, and its reader wants to be told. Only a POST acts.

    Returns:
        The contact.

    Raises:
        Refused: no such link is out, or it is too old.
    """
    with transaction.atomic(), as_system():
        rows = Contact.objects.select_for_update().filter(token_digest=token_digest(token))
        row = rows.exclude(token_digest="").first()
        if row is None or not answerable(row.asked_at, now):
            msg = "This link is no longer answered."
            raise Refused(msg, mend="Ask the CERT for a new one.")
        row.verified_at, row.token_digest = now, ""
        _set_health(row, verified(Health(**{name: getattr(row, name) for name in _HEALTH})))
        row.save()
        WorkItem.objects.filter(subject=_gap(row.pk), closed_at__isnull=True).update(
            closed_at=now, outcome="The contact was verified."
        )
        by = Actor(name=f"contact:{row.pk}", office="link")
        _enter("verify-contact", row, (by, now))
    return row.pk


def add_key(contact: int, key: KeyFacts, *, actor: Actor, now: datetime) -> int:
    """Keep a key of a contact; gives its id.

    Raises:
        UsageError: no such contact.
        Refused: it has that key already, or the key has expired.
    """
    if key.expires_at is not None and key.expires_at <= now:
        msg = "The key has expired."
        raise Refused(msg, mend="Upload one that is in force.")
    try:
        with transaction.atomic(), as_system():
            row = _locked(contact)
            made = ContactKey.objects.create(
                contact=row,
                kind=key.kind,
                content=key.content,
                fingerprint=key.fingerprint.lower(),
                added_at=now,
                expires_at=key.expires_at,
            )
            _enter("add-key", row, (actor, now), fingerprint=made.fingerprint)
    except IntegrityError:
        message = f"Contact {contact} has this key already."
        raise Refused(message, mend="Nothing needs to be done.") from None
    return made.pk


def remove_key(key: int, *, actor: Actor, now: datetime) -> None:
    """Forget a key.

    Raises:
        UsageError: no such key.
    """
    with transaction.atomic(), as_system():
        row = _key(key)
        _enter("remove-key", row.contact, (actor, now), fingerprint=row.fingerprint)
        row.delete()


def verify_key(key: int, *, actor: Actor, now: datetime) -> None:
    """Note that the holder confirmed a key's fingerprint.

    Raises:
        UsageError: no such key.
    """
    with transaction.atomic(), as_system():
        row = _key(key)
        row.verified_at = now
        row.save(update_fields=["verified_at"])
        _enter("verify-key", row.contact, (actor, now), fingerprint=row.fingerprint)


def _key(key: int) -> ContactKey:
    row = ContactKey.objects.select_related("contact").filter(pk=key).first()
    if row is None:
        message = f"There is no key {key}."
        raise UsageError(message, mend="See the contact's keys.")
    return row


def _locked(contact: int) -> Contact:
    row = Contact.objects.select_for_update().filter(pk=contact).first()
    if row is None:
        message = f"There is no contact {contact}."
        raise UsageError(message, mend="See `pehra registry show`.")
    return row


def _refuse_twice(holder: Holder, facts: ContactFacts, *, but: int) -> None:
    same = Contact.objects.filter(
        organisation=holder.organisation,
        team=holder.team,
        purpose=facts.purpose,
        email=facts.email,
        phone=facts.phone,
    )
    if same.exclude(pk=but).exists():
        message = f"There is a contact for `{facts.purpose}` with this address already."
        raise Refused(message, mend="Change that one.")


def _columns(facts: ContactFacts) -> dict[str, Any]:
    return {**msgspec.structs.asdict(facts), "inhibits": list(facts.inhibits)}


def _enter(act: str, row: Contact, by: tuple[Actor, datetime], **facts: bool | int | str) -> None:
    """The ledger holds no address and no name: only which contact of whom."""
    actor, now = by
    whose: dict[str, int] = {}
    if row.organisation_id:
        whose["organisation"] = row.organisation_id
    if row.team_id:
        whose["team"] = row.team_id
    append(
        f"registry.{act}", actor=actor, subject=f"contact:{row.pk}", facts={**whose, **facts},
        now=now,
    )  # fmt: skip
