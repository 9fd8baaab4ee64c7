"""Draft texts about a breach, let a person edit them, and release them by the one door."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra.cases.breaches import texts
from pehra.cases.breaches.actions.recording import enter, taken
from pehra.cases.breaches.lists import check_no_list
from pehra.cases.breaches.rules import LONGEST, Contents, Risk
from pehra.cases.models.breach import Breach, BreachText
from pehra.dispatch import actions as door
from pehra.dispatch.letters import Letter
from pehra.dispatch.rules import Outgoing, Recipient
from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.labels import Pap, Tlp
from pehra.mandate.queries.authorities import Authority, breach_authorities
from pehra.mandate.queries.search import named
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.registry.queries.contacts import reachable_contacts

if TYPE_CHECKING:
    from pehra.kernel.actors import Actor

_ORDER = {"ciso": 0, "head": 1, "24x7": 2, "technical": 3, "abuse": 4}
"""Which contact of a body is told of a breach, the first that it has."""


def draft(number: int, *, actor: Actor, at: datetime) -> int:
    """Draft what the authority and people are told; gives how many drafts are new.

    Drafts that nobody edited or released are made anew from what is known now.
    """
    with as_system(), transaction.atomic():
        row = taken(number)
        BreachText.objects.filter(
            breach=row, edited_at__isnull=True, released_at__isnull=True
        ).delete()
        have = set(BreachText.objects.filter(breach=row, released_at__isnull=True)
                   .values_list("to", "addressee", "language"))  # fmt: skip
        wanted = [one for one in _drafts(row, at) if (one.to, one.addressee, one.language)
                  not in have]  # fmt: skip
        for one in wanted:
            one.drafted_at, one.drafted_by = at, actor.name[:254]
        BreachText.objects.bulk_create(wanted)
        enter("draft-breach-texts", row, {"drafts": len(wanted)}, (actor, at))
        return len(wanted)


def _drafts(row: Breach, at: datetime) -> list[BreachText]:
    holder = named([row.organisation_id])[0]
    contents = msgspec.convert(row.contents, Contents)
    late = row.late_reason if row.authority_due and at > row.authority_due else ""
    found = []
    authorities = breach_authorities(row.organisation_id, at.date())
    for language in texts.LANGUAGES:
        about = texts.About(
            name=holder.name_ur if language == "ur" and holder.name_ur else holder.name,
            aware_at=row.aware_at.astimezone(UTC),
            contents=contents,
            risk=Risk(row.risk) if row.risk else None,
            late_reason=late,
        )
        told = [(BreachText.To.AUTHORITY, one.key, texts.to_authority(about, language))
                for one in authorities]  # fmt: skip
        own = f"organisation:{holder.slug}"
        told.append((BreachText.To.PEOPLE, own, texts.to_people(about, language)))
        found += [
            BreachText(breach=row, to=to, addressee=key, language=language,
                       subject=text.subject[:240], body=text.body)
            for to, key, text in told
        ]  # fmt: skip
    return found


def _text(breach: int, number: int) -> BreachText:
    rows = BreachText.objects.select_for_update(of=("self",)).select_related("breach")
    found = rows.filter(pk=number, breach=breach).first()
    if found is None:
        message = f"Breach {breach} has no text {number}."
        raise UsageError(message, mend="Draft the texts first.")
    if found.released_at is not None:
        message = "This text was released; it stays as it left."
        raise Refused(message, mend="Draft anew for what is to be said beside it.")
    return found


class Words(msgspec.Struct, frozen=True):
    """A subject and a body, as a person wrote them."""

    subject: str
    body: str


def edit(breach: int, number: int, words: Words, *, actor: Actor, at: datetime) -> None:
    """Change a draft.

    Raises:
        UsageError: no such text, or nothing written.
        Refused: it was released, or carries a list of people.
    """
    if not words.subject.strip() or not words.body.strip() or len(words.body) > 4 * LONGEST:
        message = "A text has a subject and a body that somebody can read."
        raise UsageError(message, mend="Write both, and shorten what is too long.")
    check_no_list([words.subject, words.body])
    with as_system(), transaction.atomic():
        row = _text(breach, number)
        row.subject, row.body = " ".join(words.subject.split())[:240], words.body
        row.edited_at, row.edited_by = at, actor.name[:254]
        row.save()
        enter("edit-breach-text", row.breach, {"text": row.pk}, (actor, at))


def release(breach: int, number: int, *, actor: Actor, at: datetime) -> str:
    """Let a text leave by the one door; gives what the door said.

    What it keeps stays a draft with the reason beside it: then a person hands it on otherwise, and
    notes when. People are told by the controller: their text goes to the controller.

    Raises:
        UsageError: no such text, or nobody to send it to.
        Refused: it was released.
    """
    with as_system(), transaction.atomic():
        row = _text(breach, number)
        recipient = _recipient(row, at)
        item = Outgoing(
            kind="breach",
            reference=f"breach:{breach}",
            key=f"breach:{breach}:{row.pk}",
            recipient=recipient,
            letter=Letter(subject=row.subject, text=row.body, language=row.language),
            tlp=Tlp.AMBER,
            pap=Pap.AMBER,
            about=frozenset({row.breach.organisation_id}),
            exercise=row.breach.case.exercise,
            urgent=True,
        )
        (said,) = door.release([item], actor=actor, now=at)
        row.outcome = said.refusal.sentence if said.refusal else said.state.value
        row.envelope = said.envelope
        if said.refusal is None:
            row.released_at, row.released_by = at, actor.name[:254]
        row.save()
        facts: dict[str, str | int] = {"text": row.pk, "said": said.state.value}
        enter("release-breach-text", row.breach, facts, (actor, at))
        return row.outcome


def _recipient(row: BreachText, at: datetime) -> Recipient:
    holder = row.breach.organisation_id
    if row.to == BreachText.To.PEOPLE:
        to = Authority(row.addressee, "", "", organisation=holder)
    else:
        known = {one.key: one for one in breach_authorities(holder, at.date())}
        if row.addressee not in known:
            message = f"`{row.addressee}` is not told of such breaches today."
            raise Refused(message, mend="Draft anew: the structure has changed.")
        to = known[row.addressee]
    organisations = [] if to.organisation is None else [to.organisation]
    teams = [] if to.team is None else [to.team]
    frame = reachable_contacts(organisations, viewer=SYSTEM_VIEWER, now=at, teams=teams)
    able = [one for one in frame.iter_rows(named=True) if one["address"]]
    if not able:
        message = f"The register has no mailbox of `{row.addressee}`."
        raise UsageError(message, mend="Hand it on otherwise, and note when; or add a contact.")
    best = min(able, key=lambda one: (_ORDER.get(one["purpose"], 9), one["contact"]))
    return Recipient(
        organisation=to.organisation,
        team=to.team,
        contact=best["contact"],
        address=best["address"],
        language=row.language,
    )
