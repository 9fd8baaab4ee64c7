"""How far sending is on: preview, redirect, pilot by one person; live by two."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra.dispatch.models import SendingState
from pehra.dispatch.queries import sending
from pehra.dispatch.rules import Mode, Sending, check_change, check_confirm
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.actions import append
from pehra.mandate.queries.standing import standing_organisations

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pehra.kernel.actors import Actor


def set_sending(
    mode: Mode,
    *,
    redirect_to: str = "",
    pilot: Iterable[int] = (),
    actor: Actor,
    now: datetime,
) -> Sending:
    """Switch sending to a mode that one person may set; back to `preview` at any time.

    Args:
        mode: `preview`, `redirect` or `pilot`.
        redirect_to: the one mailbox, for `redirect`.
        pilot: ids of organisations, for `pilot`.
        actor: who.
        now: when.

    Raises:
        Refused: to `live` it takes two.
        UsageError: no address, or organisations that are not registered.
    """
    chosen = frozenset(pilot) if mode == Mode.PILOT else frozenset()
    with transaction.atomic():
        old = _locked()
        check_change(old, mode, redirect_to)
        if mode == Mode.PILOT and (not chosen or standing_organisations(chosen) != chosen):
            message = "A pilot names organisations that are registered."
            raise UsageError(message, mend="See `pehra registry show`.")
        new = Sending(
            mode=mode,
            redirect_to=redirect_to if mode == Mode.REDIRECT else "",
            pilot=chosen,
            changed_by=actor.name,
            changed_at=now,
        )
        _put(new)
        _record("dispatch.set-sending", old, new, actor, now)
    return new


def propose_live(*, actor: Actor, now: datetime) -> Sending:
    """Propose that sending goes live; it stays as it is until another person confirms.

    Raises:
        Refused: it is live already.
    """
    with transaction.atomic():
        old = _locked()
        if old.mode == Mode.LIVE:
            message = "Sending is live."
            raise Refused(message, mend="Nothing is to be done.")
        new = msgspec.structs.replace(old, proposed_by=actor.name, proposed_at=now)
        _put(new)
        _record("dispatch.propose-live", old, new, actor, now)
    return new


def confirm_live(*, actor: Actor, now: datetime) -> Sending:
    """Confirm what another person proposed: from now on letters leave.

    Raises:
        Refused: nobody proposed it, or the same person did.
    """
    with transaction.atomic():
        old = _locked()
        check_confirm(old, actor.name)
        new = Sending(mode=Mode.LIVE, changed_by=actor.name, changed_at=now)
        _put(new)
        _record("dispatch.confirm-live", old, new, actor, now)
    return new


def _locked() -> Sending:
    SendingState.objects.bulk_create([SendingState(pk=1)], ignore_conflicts=True)
    SendingState.objects.select_for_update().get(pk=1)
    return sending()


def _put(new: Sending) -> None:
    values = msgspec.structs.asdict(new) | {"pilot": sorted(new.pilot)}
    SendingState.objects.filter(pk=1).update(**values)


def _record(act: str, old: Sending, new: Sending, actor: Actor, now: datetime) -> None:
    mailbox = hashlib.sha256(new.redirect_to.encode()).hexdigest() if new.redirect_to else ""
    facts = {
        "was": old.mode.value,
        "mode": new.mode.value,
        "pilot": len(new.pilot),
        "redirect_to": mailbox,
        "proposed": bool(new.proposed_by),
    }
    append(act, actor=actor, subject="sending", facts=facts, now=now)
