"""The act of listening for what does not come."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pehra.intake.actions.alarms import end_alarms, raise_alarm
from pehra.intake.fetching import queries
from pehra.intake.health import REMEMBERED, Flag, Kind, silent_since
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.intake.fetching.queries import SourceState
    from pehra.kernel.actors import Actor


def listen(*, actor: Actor, now: datetime) -> int:
    """Raise alarms for sources that have fallen silent, end those of others; how many are silent.

    Whoever never delivered is not silent: a first try that fails is a fault, and is shown as one.
    """
    silent = 0
    for one in queries.source_states(viewer=SYSTEM_VIEWER, now=now):
        flag = _flag(one, now)
        if flag is not None:
            raise_alarm(one.slug, flag, actor=actor, now=now)
            silent += 1
        else:
            end_alarms(one.slug, {Kind.SILENT}, actor=actor, now=now)
    return silent


def _flag(one: SourceState, now: datetime) -> Flag | None:
    """By what is expected of it, and by its own habit: both must say so."""
    if one.silent_since is None or one.last_success is None:
        return None
    came = {*queries.arrivals(one.slug, REMEMBERED + 1), one.last_success}
    every = timedelta(seconds=one.every_seconds) if one.every_seconds else None
    return silent_since(sorted(came), every, now)
