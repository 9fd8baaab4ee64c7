"""What was heard of an envelope after it left, or after nobody knew whether it had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra.dispatch.models import Envelope, Receipt
from pehra.dispatch.rules import State, check_step
from pehra.kernel.errors import IllegalStep, UsageError
from pehra.ledger.actions import append
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor

_LONGEST = 240


class Bounce(msgspec.Struct, frozen=True):
    """What a delivery status notification says of one recipient (RFC 3464).

    Attributes:
        action: `failed`, `delayed`, `delivered`, `relayed` or `expanded`.
        status: enhanced status code, such as `5.1.1`.
        words: what the server said.
        by: name of the server that says it.
    """

    action: str
    status: str = ""
    words: str = ""
    by: str = ""


def record_bounce(envelope: int, bounce: Bounce, *, actor: Actor, now: datetime) -> State:
    """Take in what a server says of an envelope; gives where it stands then.

    An uncertain one that any server speaks of has left: it is sent, or bounced.

    Raises:
        UsageError: there is no such envelope.
    """
    with transaction.atomic(), as_system():
        row = _locked(envelope)
        old = State(row.state)
        state = old
        if old in (State.SENT, State.UNCERTAIN):
            state = State.BOUNCED if bounce.action == "failed" else State.SENT
        sent_at = row.sent_at or (now if state in (State.SENT, State.BOUNCED) else None)
        outcome = (
            Receipt.Outcome.BOUNCED
            if bounce.action == "failed"
            else (
                Receipt.Outcome.ACCEPTED
                if bounce.action != "delayed"
                else Receipt.Outcome.TEMPORARY
            )
        )
        _hear(row, outcome, bounce, now)
        if state != old:
            check_step(old, state)
            Envelope.objects.filter(pk=row.pk).update(state=state, sent_at=sent_at, claim="")
        facts = {"was": old.value, "state": state.value, "status": bounce.status[:11]}
        append("dispatch.bounce", actor=actor, subject=f"envelope:{row.pk}", facts=facts, now=now)
    return state


def _hear(row: Envelope, outcome: Receipt.Outcome, bounce: Bounce, now: datetime) -> None:
    Receipt.objects.create(
        envelope=row,
        at=now,
        outcome=outcome,
        by=bounce.by[:255],
        status=bounce.status[:11],
        words=bounce.words.replace("\0", "\N{REPLACEMENT CHARACTER}")[:_LONGEST],
    )


def resolve(envelope: int, state: State, *, why: str, actor: Actor, now: datetime) -> None:
    """A person says what became of an uncertain envelope, or that a failed one is tried again.

    Args:
        envelope: id.
        state: `sent`: it had left. `waiting`: it had not, and is sent again. `failed`: given up.
        why: by which knowledge, such as the relay's log.
        actor: who says it.
        now: when.

    Raises:
        UsageError: no such envelope, or no reason.
        IllegalStep: it is neither uncertain nor failed.
    """
    if not why.strip():
        message = "Say by which knowledge."
        raise UsageError(message, mend="Such as `the relay's log of 12:05 has it`.")
    with transaction.atomic(), as_system():
        row = _locked(envelope)
        old = State(row.state)
        if old not in (State.UNCERTAIN, State.FAILED):
            message = f"An envelope that is {old.value} is not for a person to settle."
            raise IllegalStep(message, mend="Only uncertain and failed ones are.")
        check_step(old, state)
        sent_at = (row.ending_at or now) if state == State.SENT else None
        next_at = now if state == State.WAITING else None
        Envelope.objects.filter(pk=row.pk).update(
            state=state,
            sent_at=sent_at,
            next_at=next_at,
            claim="",
            lease_until=None,
            ending_at=None,
        )
        _hear(row, Receipt.Outcome.RESOLVED, Bounce("", words=why, by=actor.name), now)
        facts = {"was": old.value, "state": state.value}
        append("dispatch.resolve", actor=actor, subject=f"envelope:{row.pk}", facts=facts, now=now)


def _locked(envelope: int) -> Envelope:
    row = Envelope.objects.select_for_update().filter(pk=envelope).first()
    if row is None:
        message = f"There is no envelope {envelope}."
        raise UsageError(message, mend="See `pehra dispatch list`.")
    return row
