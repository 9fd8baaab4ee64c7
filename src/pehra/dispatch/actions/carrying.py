"""One letter on its way: taken in hand, marked before its last dot, ended; and what crashes left.

A try holds an envelope by its claim, a fence: the mark before the last dot is only made by whoever
still holds it, so two tries never end the same letter. What was marked and not ended may have left;
it is `uncertain`, and never sent again by itself.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import transaction
from django.db.models import F

from pehra.dispatch.models import Content, Envelope, Receipt
from pehra.dispatch.queries import sending
from pehra.dispatch.rules import LEASE, Mode, Recipient, State, course, next_try
from pehra.engines.mail.smtp import Outcome
from pehra.kernel.actors import SYSTEM
from pehra.kernel.labels import Tlp
from pehra.ledger.actions import append
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from pehra.engines.mail.smtp import Answer
    from pehra.ledger.body import JSON

_THREAD = 5
"""Letters before this one whose ids stand in its thread."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """An envelope in the hands of one try.

    Attributes:
        to: where it goes, which is another's where all is redirected.
        redirected: it goes to the house's own mailbox instead.
        follows: message ids of the letters before it.
    """

    id: int
    key: str
    claim: str
    attempt: int
    to: str
    redirected: bool
    message_id: str
    token: str
    follows: tuple[str, ...]
    released_at: datetime


def take(channel: str, *, now: datetime, urgent: bool = False) -> Taken | None:
    """Take the next envelope in hand; what may not go any more by now is put aside.

    Args:
        channel: which.
        now: when.
        urgent: only what is urgent.
    """
    while True:
        with transaction.atomic(), as_system():
            row = _due(channel, now, urgent=True) or (
                None if urgent else _due(channel, now, urgent=False)
            )
            if row is None:
                return None
            to = Recipient(organisation=row.organisation_id, address=row.address)
            way = course(Mode(row.mode), sending(), to, Tlp(row.tlp))
            if way.state == State.WAITING:
                return _taken(row, way.address, now)
            Envelope.objects.filter(pk=row.pk).update(state=way.state, next_at=None)


def _due(channel: str, now: datetime, *, urgent: bool) -> Envelope | None:
    rows = Envelope.objects.select_for_update(skip_locked=True, of=("self",))
    rows = rows.filter(state=State.WAITING, urgent=urgent, channel=channel, next_at__lte=now)
    return rows.order_by("next_at", "pk").first()


def _taken(row: Envelope, address: str, now: datetime) -> Taken:
    claim = secrets.token_hex(16)
    Envelope.objects.filter(pk=row.pk).update(
        state=State.SENDING,
        claim=claim,
        lease_until=now + LEASE,
        ending_at=None,
        attempts=F("attempts") + 1,
    )
    return Taken(
        id=row.pk,
        key=row.key,
        claim=claim,
        attempt=row.attempts + 1,
        to=address,
        redirected=address != row.address,
        message_id=row.message_id,
        token=row.token,
        follows=_thread(row.follows),
        released_at=row.released_at,
    )


def _thread(key: str) -> tuple[str, ...]:
    found: list[str] = []
    while key and len(found) < _THREAD:
        before = Envelope.objects.filter(key=key).values_list("message_id", "follows").first()
        if before is None:
            break
        found += [before[0]] if before[0] else []
        key = before[1]
    return tuple(reversed(found))


@transaction.atomic
def mark(taken: Taken, *, now: datetime) -> bool:
    """Write down that the last dot comes next; False where the envelope is no longer this try's.

    What is written here must be on the disk before the dot is sent.
    """
    with as_system():
        mine = Envelope.objects.filter(
            pk=taken.id,
            claim=taken.claim,
            state=State.SENDING,
            ending_at__isnull=True,
            lease_until__gt=now,
        )
        return bool(mine.update(ending_at=now))


_RECEIPTS = {
    Outcome.ACCEPTED: Receipt.Outcome.ACCEPTED,
    Outcome.TEMPORARY: Receipt.Outcome.TEMPORARY,
    Outcome.PERMANENT: Receipt.Outcome.PERMANENT,
    Outcome.BROKEN: Receipt.Outcome.BROKEN,
    Outcome.UNHEARD: Receipt.Outcome.UNHEARD,
}


def ended(
    taken: Taken, answer: Answer, *, sealed: str = "", jitter: float = 0.5, now: datetime
) -> State:
    """Write down how a try ended; gives where the envelope stands then.

    Args:
        taken: the try.
        answer: what was heard.
        sealed: how it was encrypted.
        jitter: in [0, 1); spreads the next tries.
        now: when.
    """
    state, changes = _after(taken, answer, jitter, now)
    if state == State.SENT:
        changes |= {"sent_at": now, "sealed": sealed}
    with transaction.atomic(), as_system():
        # An uncertain one whose answer came late is still this try's.
        mine = Envelope.objects.filter(
            pk=taken.id, claim=taken.claim, state__in=(State.SENDING, State.UNCERTAIN)
        )
        changed = mine.update(state=state, lease_until=None, **changes)
        Receipt.objects.create(
            envelope_id=taken.id,
            at=now,
            outcome=_RECEIPTS[answer.outcome],
            by=answer.by[:255],
            code=answer.code,
            status=answer.status[:11],
            words=answer.words[:240],
        )
        if changed and state == State.SENT:
            facts: dict[str, JSON] = {
                "message": hashlib.sha256(taken.message_id.encode()).hexdigest(),
                "redirected": taken.redirected,
            }
            append(
                "dispatch.sent", actor=SYSTEM, subject=f"envelope:{taken.id}", facts=facts, now=now
            )
    return state


def _after(
    taken: Taken, answer: Answer, jitter: float, now: datetime
) -> tuple[State, dict[str, Any]]:
    if answer.outcome == Outcome.ACCEPTED:
        return State.SENT, {"next_at": None}
    if answer.outcome == Outcome.UNHEARD:
        return State.UNCERTAIN, {"next_at": None}
    again = next_try(taken.attempt, taken.released_at, now, jitter)
    if answer.outcome == Outcome.PERMANENT or again is None:
        return State.FAILED, {"next_at": None}
    return State.WAITING, {"next_at": again, "claim": "", "ending_at": None}


def recover(*, now: datetime) -> dict[str, int]:
    """Judge what workers left that went away; gives how many are sent again, how many not.

    Before the mark nothing had left, so it is sent again; after it, it may have.
    """
    with transaction.atomic(), as_system():
        left = Envelope.objects.filter(state=State.SENDING, lease_until__lte=now)
        again = left.filter(ending_at__isnull=True).update(
            state=State.WAITING, next_at=now, claim="", lease_until=None
        )
        # The claim stays: the answer may still come, and says then what became of it.
        uncertain = left.filter(ending_at__isnull=False).update(
            state=State.UNCERTAIN, next_at=None, lease_until=None
        )
    return {"again": again, "uncertain": uncertain}


_ENDED = (State.SENT, State.REFUSED, State.FAILED, State.BOUNCED, State.PREVIEWED, State.HELD)


def prune(days: int, held: frozenset[int], *, now: datetime) -> int:
    """Delete what is inside envelopes that were released long ago and wait for nothing.

    Where one went to nobody whom the register knows, its address goes as well.

    Args:
        days: so long it is kept.
        held: organisations under a legal hold: what goes to them, or is about them, stays.
        now: when.
    """
    before = now - timedelta(days=days)
    with transaction.atomic(), as_system():
        old = Content.objects.filter(envelope__state__in=_ENDED, envelope__released_at__lt=before)
        if held:
            facts_of = old.values_list("pk", "envelope__organisation", "envelope__about")
            kept = [one for one, to, about in facts_of.iterator() if held & {to, *about}]
            old = old.exclude(pk__in=kept)
        strangers = old.filter(envelope__organisation=None, envelope__team=None)
        addressed = list(strangers.values_list("envelope_id", flat=True))
        gone = old.delete()[0]
        Envelope.objects.filter(pk__in=addressed).update(address="")
        if gone:
            facts = {"letters": gone}
            append("dispatch.prune", actor=SYSTEM, subject="letters", facts=facts, now=now)
    return gone
