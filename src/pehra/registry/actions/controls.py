"""Acts on proofs of control: ask, note what a look found, answer a link, record a letter, withdraw.

A proof that stands carries a claim by the holder's own word; when it ends, so does the claim. Two
organisations that prove or claim the same asset are a conflict for a person to decide.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction
from django.db.models import Min, Q

from pehra.kernel.actors import SYSTEM, Actor
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.actions import append
from pehra.mandate import queries as mandate
from pehra.mandate.tenancy import as_system
from pehra.registry.actions.upkeep import (
    CONTROL_OF,
    changed,
    open_conflicts,
    take_turn,
    work_item,
)
from pehra.registry.contacts import token_digest
from pehra.registry.control import (
    ASKED_FOR,
    CONFIDENCE,
    LIFE,
    Proof,
    check_method,
    check_number,
    checked,
    proven,
)
from pehra.registry.models import Asset, Claim, ControlProof, RegistryMailbox, WorkItem
from pehra.registry.queries.controls import OPEN, proof_of
from pehra.registry.rules import NotAnAsset, canonical, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pehra.ledger.body import JSON
    from pehra.registry.looks import Look

_STANDS = ControlProof.State.PROVED


class Ask(msgspec.Struct, frozen=True):
    """What an organisation wants to prove, and how.

    Attributes:
        organisation: id.
        asset: in text.
        method: see `control.METHODS`.
        mailbox: id of one that a registry names for the asset, where that is the way.
    """

    organisation: int
    asset: str
    method: str
    mailbox: int = 0


class Asked(msgspec.Struct, frozen=True):
    """A proof that was asked for.

    Attributes:
        proof: id.
        link: token of the link that goes to the mailbox, and nowhere else; empty for other ways.
        mailbox: the address that it goes to.
    """

    proof: int
    link: str = ""
    mailbox: str = ""


def _asset(text: str, method: str) -> Asset:
    kind = kind_of(text.strip())
    check_method(kind, method)
    try:
        value = canonical(kind, text)
    except NotAnAsset as error:
        message = f"{error}."
        raise UsageError(message, mend="Write a domain, a prefix or an ASN.") from None
    return Asset.objects.get_or_create(kind=kind, value=value)[0]


def ask_control(ask: Ask, *, actor: Actor, now: datetime) -> Asked:
    """Open a request; the same one again gives the request that is open, with a new link.

    Raises:
        UsageError: no asset, a way that does not fit it, or a mailbox that no registry names.
        Refused: too many are open, or control is proven already.
    """
    with transaction.atomic(), as_system():
        take_turn()
        asset = _asset(ask.asset, ask.method)
        mine = ControlProof.objects.select_for_update().filter(
            organisation=ask.organisation, state__in=OPEN
        )
        row = mine.filter(asset=asset, method=ask.method).first()
        if row is not None and row.state == _STANDS:
            message = f"Control of {asset} is proven by {ask.method} already."
            raise Refused(message, mend="Nothing needs to be done.")
        if row is None:
            check_number(mine.filter(state=ControlProof.State.ASKED).count())
            row = ControlProof(
                asset=asset,
                organisation_id=ask.organisation,
                method=ask.method,
                asked_at=now,
                asked_by=actor.name[:160],
                token=secrets.token_urlsafe(18),
            )
        link = _address_link(row, ask) if ask.method == "registry-mailbox" else ""
        row.save()
        _enter("ask-control", row, (actor, now))
    return Asked(row.pk, link, row.mailbox)


def _address_link(row: ControlProof, ask: Ask) -> str:
    """A new link for the mailbox; the claimant's page never shows it."""
    named = RegistryMailbox.objects.filter(pk=ask.mailbox, asset=row.asset).first()
    if named is None:
        message = f"No registry names this mailbox for {row.asset}."
        raise UsageError(message, mend="Choose one of those that are listed, or another way.")
    link = secrets.token_urlsafe(24)
    row.mailbox, row.token_digest, row.token = named.address, token_digest(link), ""
    return link


def note_look(proof: int, found: Look, *, actor: Actor, now: datetime) -> str:
    """Note what a look found, and let the claim begin, stand or end by it; gives the state.

    Raises:
        UsageError: no such proof.
    """
    with transaction.atomic(), as_system():
        take_turn()
        row = _locked(proof)
        before = proof_of(row)
        after = checked(before, found.found, now, rivalled=_rivalled(row))
        row.detail = found.detail[:240]
        _become(row, after, (actor, now))
    return after.state


def answer_control(token: str, *, now: datetime) -> int:
    """Take the answer of a link that went to a registry's mailbox; gives the proof.

    Raises:
        Refused: no such link is out, or it is too old.
    """
    with transaction.atomic(), as_system():
        take_turn()
        rows = ControlProof.objects.select_for_update(of=("self",)).select_related("asset")
        asked = rows.filter(token_digest=token_digest(token), state__in=OPEN)
        row = asked.exclude(token_digest="").first()
        if row is None or not row.asked_at <= now < row.asked_at + ASKED_FOR:
            msg = "This link is no longer answered."
            raise Refused(msg, mend="Ask for a new one.")
        row.token_digest = ""
        row.detail = "The link was answered."
        by = Actor(name=f"control:{row.pk}", office="link")
        _become(row, proven(proof_of(row), now), (by, now))
    return row.pk


class Letter(msgspec.Struct, frozen=True):
    """A signed letter: who holds what, and the digest under which its copy is kept."""

    organisation: int
    asset: str
    digest: str


def record_letter(letter: Letter, *, actor: Actor, now: datetime) -> int:
    """Take a signed letter for proof, by an officer's word; gives the proof.

    Raises:
        UsageError: no asset, or no digest.
    """
    if len(letter.digest) != 64 or not letter.digest.isalnum():  # noqa: PLR2004 SHA-256 in hexadecimal
        msg = "A letter is named by the SHA-256 of its copy."
        raise UsageError(msg, mend="Upload the copy.")
    with transaction.atomic(), as_system():
        take_turn()
        asset = _asset(letter.asset, "letter")
        row = ControlProof.objects.filter(
            asset=asset, organisation=letter.organisation, method="letter", state__in=OPEN
        ).first() or ControlProof(
            asset=asset,
            organisation_id=letter.organisation,
            method="letter",
            asked_at=now,
            asked_by=actor.name[:160],
        )
        row.letter, row.detail = letter.digest, "A signed letter is on file."
        row.save()
        _become(row, proven(proof_of(row), now), (actor, now))
    return row.pk


def withdraw_control(proof: int, *, actor: Actor, now: datetime) -> None:
    """End a request or a proof; its claim ends with it.

    Raises:
        UsageError: no such proof, or it has ended.
    """
    with transaction.atomic(), as_system():
        take_turn()
        row = _locked(proof)
        if row.state not in OPEN:
            message = f"Proof {proof} has ended."
            raise UsageError(message, mend="Ask anew.")
        after = msgspec.structs.replace(proof_of(row), state="withdrawn")
        row.detail = "Withdrawn."
        _become(row, after, (actor, now))


def end_letters(now: datetime) -> int:
    """End what no machine can look at: requests without an answer, and letters past their time."""
    with transaction.atomic(), as_system():
        take_turn()
        rows = list(
            ControlProof.objects.select_for_update(of=("self",))
            .select_related("asset")
            .filter(state__in=OPEN, method__in=("letter", "registry-mailbox"))
            .order_by("pk")
        )
        ended = 0
        for row in rows:
            after = checked(proof_of(row), None, now)
            if after.state == "lapsed":
                row.detail = "Nobody renewed it in time."
                _become(row, after, (SYSTEM, now))
                ended += 1
    return ended


def record_mailboxes(
    asset: tuple[str, str], addresses: Iterable[str], source: str, *, actor: Actor, now: datetime
) -> int:
    """Note which mailboxes a registry names for an asset (kind, value); gives how many are new."""
    kind, value = asset
    with transaction.atomic(), as_system():
        row = Asset.objects.get_or_create(kind=kind, value=canonical(kind, value))[0]
        known = set(RegistryMailbox.objects.filter(asset=row).values_list("address", flat=True))
        new = sorted({address.strip().lower() for address in addresses} - known)
        RegistryMailbox.objects.bulk_create(
            RegistryMailbox(asset=row, address=address, source=source[:240], recorded_at=now)
            for address in new
        )
        if new:
            append(
                "registry.record-mailboxes",
                actor=actor,
                subject=f"asset:{row.pk}",
                facts={"asset": row.pk, "mailboxes": len(new)},
                now=now,
            )
    return len(new)


def _locked(proof: int) -> ControlProof:
    rows = ControlProof.objects.select_for_update(of=("self",)).select_related("asset")
    row = rows.filter(pk=proof).first()
    if row is None:
        message = f"There is no proof {proof}."
        raise UsageError(message, mend="See the organisation's assets.")
    return row


def _rivalled(row: ControlProof) -> bool:
    """Whether another organisation has proven control of the same asset."""
    others = ControlProof.objects.filter(asset=row.asset_id, state=_STANDS)
    return others.exclude(organisation=row.organisation_id).exists()


def _become(row: ControlProof, after: Proof, by: tuple[Actor, datetime]) -> None:
    """Write a proof as it now stands, and let its claim follow."""
    stood = row.state == _STANDS
    for name in Proof.__struct_fields__:
        setattr(row, name, getattr(after, name))
    _, now = by
    if after.stands and (row.claim is None or row.claim.withdrawn_at or row.claim.valid_to):
        row.claim = _claim(row, now)
    if stood and not after.stands:
        _end_claim(row, now)
    row.save()
    if after.stands != stood:
        _open_conflict(row, now)
        open_conflicts(now)
        act = "registry.prove-control" if after.stands else "registry.end-control"
        facts = {"organisation": row.organisation_id, "asset": row.asset_id}
        changed(act, f"control:{row.pk}", by, method=row.method, **facts)
    elif after.state not in OPEN:
        _enter("end-control", row, by)


def _claim(row: ControlProof, now: datetime) -> Claim | None:
    """The claim that a proof carries; null where a register says the same, for that is not ours.

    One organisation's claims on an asset by one source follow one another and never overlap, so
    several proofs carry one claim.
    """
    standing = Claim.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=now),
        asset=row.asset_id,
        organisation=row.organisation_id,
        source=Claim.Source.SELF,
        withdrawn_at__isnull=True,
    ).first()
    if standing is not None:
        return standing if ControlProof.objects.filter(claim=standing).exists() else None
    return Claim.objects.create(
        asset=row.asset,
        organisation_id=row.organisation_id,
        source=Claim.Source.SELF,
        confidence=CONFIDENCE[row.method],
        valid_from=now,
        approved_by=f"control:{row.pk}",
        note=f"Control proven by {row.method}.",
        recorded_at=now,
    )


def _end_claim(row: ControlProof, now: datetime) -> None:
    """End a claim that no other proof carries; one that never held for a moment is withdrawn.

    Where another has proven control meanwhile, it ended when the other's began, but not before the
    word was last seen.
    """
    others = ControlProof.objects.filter(claim=row.claim_id, state=_STANDS).exclude(pk=row.pk)
    if row.claim_id is None or others.exists():
        return
    rival = (
        Claim.objects.filter(controlproof__state=_STANDS, asset=row.asset_id)
        .exclude(organisation=row.organisation_id)
        .aggregate(since=Min("valid_from"))["since"]
    )
    seen = row.expires_at - LIFE if row.expires_at else now
    end = min(now, max(rival, seen)) if rival else now
    claims = Claim.objects.filter(pk=row.claim_id, valid_to__isnull=True)
    if not claims.filter(valid_from__lt=end).update(valid_to=end):
        claims.update(withdrawn_at=now)


def _open_conflict(row: ControlProof, now: datetime) -> None:
    """An item where one has proven control of what another holds by a person's word.

    Two who have both proven it are a conflict of claims, which `open_conflicts` finds.
    """
    subject = f"{CONTROL_OF}{row.asset}"[:255]
    items = WorkItem.objects.filter(
        kind=WorkItem.Kind.CONFLICT, subject=subject, closed_at__isnull=True
    )
    standing = ControlProof.objects.filter(asset=row.asset_id, state=_STANDS)
    provers = set(standing.values_list("organisation_id", flat=True))
    words = Claim.objects.filter(
        asset=row.asset_id,
        source=Claim.Source.MANUAL,
        valid_to__isnull=True,
        withdrawn_at__isnull=True,
    )
    told = set(words.values_list("organisation_id", flat=True))
    if not (provers and told) or provers == told:
        items.update(closed_at=now, outcome="Word and proof agree.")
    elif not items.exists():
        team = mandate.national_team(now.date())
        detail = "Organisations " + ", ".join(map(str, sorted(provers | told))) + "."
        work_item(WorkItem.Kind.CONFLICT, subject, detail, (team, now)).save()


def _enter(act: str, row: ControlProof, by: tuple[Actor, datetime]) -> None:
    actor, now = by
    facts: dict[str, JSON] = {
        "organisation": row.organisation_id,
        "asset": row.asset_id,
        "method": str(row.method),
        "state": str(row.state),
    }
    append(f"registry.{act}", actor=actor, subject=f"control:{row.pk}", facts=facts, now=now)
