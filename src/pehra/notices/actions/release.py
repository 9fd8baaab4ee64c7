"""Send a round: each message is written, handed to the one door, and its findings noted as told.

One notice is one transaction, and the door takes each key once: cut short anywhere, the round goes
on with the first notice that did not leave.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.db import transaction

from pehra.dispatch import actions as dispatch
from pehra.dispatch.rules import Mode, State
from pehra.findings.actions.told import notify
from pehra.kernel.errors import UsageError
from pehra.ledger import actions as ledger
from pehra.mandate.tenancy import as_system
from pehra.notices.actions.compose import composed
from pehra.notices.models import Notice, Round

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pehra.kernel.actors import Actor
    from pehra.notices.actions.compose import Composed, Composer

TELLS = frozenset({Mode.PILOT, Mode.LIVE})
"""Ways of sending in which the holder is told; elsewhere findings stay as they are."""


_KEPT = frozenset({State.REFUSED, State.HELD, State.PREVIEWED})
"""The door keeps it: nothing left."""


def release(
    number: int,
    at: Composer,
    *,
    actor: Actor,
    now: datetime,
    progress: Callable[[int, int], None],
) -> dict[str, int]:
    """Send the notices of a round that are still planned.

    Raises:
        UsageError: there is no such round, or it was not let go.
    """
    row = Round.objects.filter(pk=number).first()
    if row is None or row.state not in {Round.State.READY, Round.State.RELEASED}:
        message = f"Round {number} is not let go."
        raise UsageError(message, mend="`pehra notices rounds` lists rounds with their states.")
    tells = at.mode in TELLS and not row.exercise
    with as_system():
        planned = Notice.objects.filter(round=number, state=Notice.State.PLANNED)
        waiting = list(planned.order_by("pk").values_list("pk", flat=True))
        for done, notice in enumerate(waiting, 1):
            made = composed(at, notice, now=now)
            _release(notice, made, tells=tells, actor=actor, now=now)
            progress(done, len(waiting))
        return _close(row, actor, now)


def _release(
    number: int, made: Composed | None, *, tells: bool, actor: Actor, now: datetime
) -> None:
    if made is None:
        _refuse(number, "nothing of it is left to tell")
        return
    with transaction.atomic():
        (door,) = dispatch.release([made.outgoing], actor=actor, now=now)
        if door.state in _KEPT:
            _refuse(number, door.refusal.sentence if door.refusal else "sending is not on for it")
            return
        Notice.objects.filter(pk=number).update(
            state=Notice.State.RELEASED, released_at=now, envelope=door.envelope
        )
        if tells:
            by = f"{actor.name}, {actor.office}"
            notify(made.findings, by=by, why=f"notice N{number}", now=now)


def _refuse(number: int, why: str) -> None:
    Notice.objects.filter(pk=number).update(state=Notice.State.REFUSED, refused_why=why[:240])


def _close(row: Round, actor: Actor, now: datetime) -> dict[str, int]:
    """One entry for the round, with counts and a digest of who was told."""
    told = Notice.objects.filter(round=row, state=Notice.State.RELEASED).order_by("pk")
    words = "".join(
        f"{number} {envelope}\n" for number, envelope in told.values_list("pk", "envelope")
    )
    refused = Notice.objects.filter(round=row, state=Notice.State.REFUSED).count()
    counted = {"released": told.count(), "refused": refused}
    with transaction.atomic():
        changed = Round.objects.filter(pk=row.pk, state=Round.State.READY).update(
            state=Round.State.RELEASED, released_at=now
        )
        if changed:
            ledger.append(
                "notices.release",
                actor=actor,
                subject=f"round:{row.pk}",
                facts={**counted, "digest": hashlib.sha256(words.encode()).hexdigest()},
                now=now,
            )
    return counted
