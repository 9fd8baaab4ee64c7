"""Jobs of notices: rounds are planned by the clock, and sent once they are let go."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from pehra.dispatch import queries as dispatch
from pehra.dispatch.rules import Mode
from pehra.findings.keys import secret_of
from pehra.intake.fetching.actions import READ_REPLIES
from pehra.jobs.work import job
from pehra.kernel import settings as kernel_settings
from pehra.kernel.actors import SYSTEM
from pehra.mandate.queries.calendar import calendar
from pehra.notices import inbox, links
from pehra.notices.actions import ladder, rounds
from pehra.notices.actions.compose import composer
from pehra.notices.actions.measures import keep_measures
from pehra.notices.actions.periods import keep_newest
from pehra.notices.actions.release import release
from pehra.notices.control import Control
from pehra.notices.control import key_of as control_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


def scene(now: datetime) -> rounds.Scene:
    """The world as a planning finds it in this home."""
    settings = kernel_settings.load(kernel_settings.home_path())
    sending = dispatch.sending()
    return rounds.Scene(
        now=now,
        zone=ZoneInfo(settings.nation.time_zone),
        calendar=calendar(),
        sending=sending.mode != Mode.PREVIEW,
        only=sending.pilot if sending.mode == Mode.PILOT else None,
        control=_control(settings),
    )


def _control(settings: kernel_settings.Settings) -> Control | None:
    percent = settings.notices.control_percent
    if not percent:
        return None
    return Control(percent, control_key(secret_of(kernel_settings.home_path())))


def _plan(now: datetime, progress: Callable[[int, int], None], *, urgent: bool) -> dict[str, Any]:
    found = rounds.plan(scene(now), urgent=urgent, actor=SYSTEM, progress=progress)
    return {"round": None} if found is None else {"round": found.id, "state": found.state}


@job("notices.plan-urgent", every=timedelta(minutes=5))
def plan_urgent(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Plan what is told at once."""
    del payload
    return _plan(now, progress, urgent=True)


@job("notices.plan", every=timedelta(hours=1))
def plan_routine(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Plan digests and weekly messages for the mailboxes whose hour has come."""
    del payload
    swept = rounds.sweep()
    return {**_plan(now, progress, urgent=False), "swept": swept}


@job("notices.ladder", every=timedelta(hours=1))
def climb(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Note who is silent, and tell somebody else where nobody answered."""
    del payload
    told: dict[str, Any] = msgspec.to_builtins(
        ladder.climb(scene(now), actor=SYSTEM, progress=progress)
    )
    return told


@job(rounds.RELEASE)
def release_round(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Send a round, named as `round`."""
    home = kernel_settings.home_path()
    at = composer(home, kernel_settings.load(home), now.date())
    return {**release(payload["round"], at, actor=SYSTEM, now=now, progress=progress)}


def _silent(done: int, total: int) -> None:
    del done, total


def read_now(
    mailbox: str, now: datetime, progress: Callable[[int, int], None] = _silent
) -> dict[str, Any]:
    """Take in the replies in a mailbox; what came of it, as counts."""
    home = kernel_settings.home_path()
    at = inbox.Look(
        home=home,
        settings=kernel_settings.load(home),
        key=links.key_of(secret_of(home)),
        now=now,
        progress=progress,
        jitter=random.random(),  # noqa: S311 spreads tries
    )
    return inbox.summary(inbox.read_mailbox(mailbox, at))


@job(READ_REPLIES)
def read_replies(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Take in the replies that came by mail, from the mailbox named as `mailbox`."""
    return read_now(payload["mailbox"], now, progress)


@job("notices.measure", every=timedelta(days=1))
def measure(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Measure how long holders take, and what messages do, for the page of effect."""
    del payload
    return {"scopes": keep_measures(now=now, progress=progress)}


@job("notices.reports", every=timedelta(hours=6))
def count_periods(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Count the newest day, week, month and half year that are over, for the reports."""
    del payload
    zone = ZoneInfo(kernel_settings.load(kernel_settings.home_path()).nation.time_zone)
    return {"periods": keep_newest(zone=zone, now=now, progress=progress)}
