"""Jobs of dispatch: send what waits, judge what crashes left, forget what is old."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pehra.dispatch.actions import carrying
from pehra.dispatch.actions.releasing import SEND, queue_lanes
from pehra.dispatch.mailing import Desk, carry, password_of, place_of, signing_of
from pehra.dispatch.queries import sent_since, waits
from pehra.dispatch.rules import Channel, State
from pehra.engines.mail.smtp import Outcome, Relay
from pehra.jobs.work import job
from pehra.kernel import settings
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_HOUR = timedelta(hours=1)


@job(SEND)
def send(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Send letters by mail until none is due; several may do it at once."""
    del payload
    began = time.monotonic()
    home = settings.home_path()
    house = settings.load(home)
    desk = Desk(
        home,
        house,
        lambda: now + timedelta(seconds=time.monotonic() - began),
        signing_of(home, house.mail),
    )
    told = dict.fromkeys((State.SENT.value, State.WAITING.value, State.FAILED.value), 0)
    with Relay(place_of(desk), password_of(home)) as relay:
        while (taken := _next(desk)) is not None:
            state, answer = carry(taken, relay, desk)
            told[state.value] = told.get(state.value, 0) + 1
            if answer.outcome == Outcome.BROKEN and not relay.is_open:
                return {**told, "fault": answer.words}
            done = sum(told.values())
            progress(done, done + 1)
    return told


def _next(desk: Desk) -> carrying.Taken | None:
    """What goes next; once the hour's number is reached, only what is urgent."""
    now = desk.moment()
    full = sent_since(now - _HOUR, viewer=SYSTEM_VIEWER) >= desk.settings.mail.per_hour
    return carrying.take(Channel.MAIL, now=now, urgent=full)


@job("dispatch.sweep", every=timedelta(minutes=1))
def sweep(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Judge what workers left, and queue lanes where something is due."""
    del payload, progress
    told = carrying.recover(now=now)
    if waits(now, viewer=SYSTEM_VIEWER):
        queue_lanes(settings.load(settings.home_path()).mail, now=now)
    return told


@job("dispatch.prune", every=timedelta(days=1))
def forget(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Delete what is inside old envelopes; that they left, and the digest, stays."""
    del payload, progress
    days = settings.load(settings.home_path()).retention.letter_days
    return {"letters": carrying.prune(days, now=now)}
