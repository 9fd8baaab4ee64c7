"""Jobs of dispatch: send what waits, judge what crashes left. What is old goes in `intake.jobs`."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.dispatch import posting
from pehra.dispatch.actions import carrying
from pehra.dispatch.actions.releasing import POST, SEND, queue_lanes
from pehra.dispatch.mailing import Desk, carry, password_of, place_of, signing_of
from pehra.dispatch.queries import channels_due, sent_since
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
    desk = _desk(now)
    home = desk.home
    signing = signing_of(home, desk.settings.mail)
    desk = msgspec.structs.replace(desk, signing=signing)
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


def _desk(now: datetime) -> Desk:
    home, began = settings.home_path(), time.monotonic()
    return Desk(
        home, settings.load(home), lambda: now + timedelta(seconds=time.monotonic() - began)
    )


@job(POST)
def post(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Post letters to webhooks until none is due."""
    del payload
    desk, told = _desk(now), Counter[str]()
    secret = posting.home_secret(desk.home)
    while (taken := carrying.take(Channel.WEBHOOK, now=desk.moment())) is not None:
        told[posting.carry(taken, secret, desk).value] += 1
        progress(told.total(), told.total() + 1)
    return dict(told)


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
    due = channels_due(now, viewer=SYSTEM_VIEWER)
    queue_lanes(settings.load(settings.home_path()).mail, due, now=now)
    return told
