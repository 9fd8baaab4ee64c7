"""Acts of joining: ask for an account, decide on it, and come in by the invitation."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra.kernel.actors import Actor
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.actions import append
from pehra.mandate.actions import NewAccount, open_account, record_holders
from pehra.mandate.actions.posts import open_post
from pehra.mandate.queries import organisation_row
from pehra.mandate.queries.people import has_account
from pehra.mandate.rules import HolderRow
from pehra.registry.contacts import token_digest
from pehra.registry.joining import LIFE, Wish, answered, check_room, check_slug, check_waits
from pehra.registry.models.joining import Application

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.ledger.body import JSON

_ASKED, _ACCEPTED = Application.State.ASKED, Application.State.ACCEPTED
_PUBLIC = Actor(name="public", office="form")


class Invited(msgspec.Struct, frozen=True):
    """An invitation that goes to the applicant's mailbox, and nowhere else."""

    application: int
    organisation: int
    name: str
    email: str
    language: str
    token: str


def ask_to_join(wish: Wish, *, now: datetime) -> None:
    """Keep an application. The same address asking again while it waits changes nothing.

    The answer is the same whoever asks: what is known of an organisation or an address is not told.

    Raises:
        Refused: too many wait.
    """
    with transaction.atomic():
        waiting = Application.objects.filter(state=_ASKED)
        email = wish.email.strip().lower()
        if waiting.filter(email=email).exists():
            return
        check_room(waiting.count())
        facts = msgspec.structs.asdict(wish) | {"email": email, "asked_at": now}
        row, new = waiting.get_or_create(email=email, state=_ASKED, defaults=facts)
        if new:
            _enter("ask-to-join", row.pk, {}, (_PUBLIC, now))


def accept_application(number: int, slug: str, *, actor: Actor, now: datetime) -> Invited:
    """Make a new organisation that holds nothing, with a post, and an invitation to it.

    Raises:
        UsageError: no such application, or no short name.
        Refused: it does not wait, or there is such an organisation or account already.
    """
    with transaction.atomic():
        row = _locked(number)
        check_waits(row.state, number)
        _check_new(row)
        row.slug = check_slug(slug)
        if organisation_row(row.slug) is not None:
            message = f"There is an organisation `{row.slug}` already."
            raise Refused(message, mend="Choose another short name.")
        holder = HolderRow(slug=row.slug, name=row.name, sector=row.sector or None)
        organisation = record_holders([holder], {})[row.slug]
        row.office = open_post(f"{row.slug}-security", organisation, actor=actor, now=now)
        row.state, row.decided_at, row.decided_by = _ACCEPTED, now, actor.name[:160]
        token = _invite(row, now)
        _enter("accept-application", number, {"organisation": organisation}, (actor, now))
    return _invited(row, organisation, token)


def invite_again(number: int, *, actor: Actor, now: datetime) -> Invited:
    """Make a new link for an application that was accepted; the one before is answered no more.

    Raises:
        UsageError: no such application.
        Refused: it was not accepted, the link was used, or the address has an account.
    """
    with transaction.atomic():
        row = _locked(number)
        organisation = organisation_row(row.slug) if row.slug else None
        if row.state != _ACCEPTED or organisation is None:
            message = f"Application {number} is {row.state}: nobody is to be invited."
            raise Refused(message, mend="See the list for those that were accepted.")
        _check_new(row)
        token = _invite(row, now)
        _enter("invite-again", number, {"organisation": organisation.pk}, (actor, now))
    return _invited(row, organisation.pk, token)


def decline_application(number: int, why: str, *, actor: Actor, now: datetime) -> None:
    """Decline an application, with the reason.

    Raises:
        UsageError: no such application, or no reason.
        Refused: it does not wait.
    """
    if not why.strip():
        msg = "Declining needs a reason."
        raise UsageError(msg, mend="Say why in a sentence.")
    with transaction.atomic():
        row = _locked(number)
        check_waits(row.state, number)
        row.state, row.why = Application.State.DECLINED, why.strip()[:240]
        row.decided_at, row.decided_by = now, actor.name[:160]
        row.save()
        _enter("decline-application", number, {}, (actor, now))


def join(token: str, password: str, *, now: datetime) -> str:
    """Open the account of an invitation, which is used up by it; gives the account's address.

    Raises:
        UsageError: a weak password; the link is still good.
        Refused: the link is not answered, or the address has an account.
    """
    with transaction.atomic():
        digest = token_digest(token)
        rows = Application.objects.select_for_update().filter(state=_ACCEPTED)
        row = rows.filter(token_digest=digest).exclude(token_digest="").first()
        if row is None or not answered(row.expires_at, now):
            msg = "This link is no longer answered."
            raise Refused(msg, mend="Ask your CERT for a new one.")
        if not password:
            msg = "An account needs a password."
            raise UsageError(msg, mend="Type one.")
        new = NewAccount(
            email=row.email,
            password=password,
            name=row.person,
            office=row.office,
            language=row.language,
        )
        by = Actor(name=f"application:{row.pk}", office="link")
        account = open_account(new, actor=by, now=now)
        row.state, row.token_digest = Application.State.JOINED, ""
        row.save()
        _enter("join", row.pk, {"person": account.pk}, (by, now))
    return row.email


def _locked(number: int) -> Application:
    row = Application.objects.select_for_update().filter(pk=number).first()
    if row is None:
        message = f"There is no application {number}."
        raise UsageError(message, mend="See the list of applications.")
    return row


def _check_new(row: Application) -> None:
    """Nobody comes in by a link with an address that has an account."""
    if has_account(row.email):
        message = f"`{row.email}` has an account already."
        raise Refused(message, mend="Decline it, and appoint the person to an office instead.")


def _invite(row: Application, now: datetime) -> str:
    token = secrets.token_urlsafe(24)
    row.token_digest, row.expires_at = token_digest(token), now + LIFE
    row.save()
    return token


def _invited(row: Application, organisation: int, token: str) -> Invited:
    return Invited(row.pk, organisation, row.name, row.email, row.language, token)


def _enter(act: str, number: int, facts: dict[str, JSON], by: tuple[Actor, datetime]) -> None:
    actor, now = by
    subject = f"application:{number}"
    append(f"registry.{act}", actor=actor, subject=subject, facts=facts, now=now)
