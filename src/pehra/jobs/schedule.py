"""The scheduler: one worker at a time leads, and queues what is due.

Two leaders would do no harm, since a schedule is queued under a lock on its row; the lease only
spares the others the asking.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pehra.jobs import actions
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

LEADER = "scheduler"
TERM = timedelta(seconds=30)


def ensure(
    name: str,
    kind: str,
    every: timedelta,
    *,
    now: datetime,
    payload: dict[str, Any] | None = None,
) -> None:
    """Have jobs of `kind` queued every so often, the first at once; may be said again and again.

    Raises:
        UsageError: the time between two is under a second.
    """
    if every < timedelta(seconds=1):
        message = f"The schedule {name} cannot run every {every}."
        raise UsageError(message, mend="Give a second or more.")
    actions.set_schedule(name, kind, every, payload=payload or {}, now=now)


def tick(holder: str, now: datetime) -> int:
    """Lead if nobody else does, and queue what is due; gives how many jobs were queued."""
    if not actions.take_lease(LEADER, holder, now=now, until=now + TERM):
        return 0
    return actions.queue_due(now)


def resign(holder: str) -> None:
    """Let another lead at once."""
    actions.drop_lease(LEADER, holder)
