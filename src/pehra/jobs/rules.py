"""Decisions of the queue: when to try again, when to give up, when a schedule is due next."""

from __future__ import annotations

import traceback
from datetime import timedelta
from typing import TYPE_CHECKING

from pehra.kernel.errors import IllegalStep, PehraError, Refused, UnreadableFile, UsageError

if TYPE_CHECKING:
    from datetime import datetime

LEASE = timedelta(seconds=60)
"""How long a job is a worker's without a sign of life; three are given in that time."""
FIRST_DELAY = timedelta(seconds=10)
LONGEST_DELAY = timedelta(hours=1)
KEPT = timedelta(days=30)
"""How long finished jobs can be looked at."""

_FINAL = (UsageError, Refused, UnreadableFile)
_LAST_LINES = 12
_LONGEST_LINE = 400


def delay(attempt: int, jitter: float) -> timedelta:
    """Time until the try after the `attempt`-th, counted from 1: doubling, half of it by chance.

    Args:
        attempt: tries that failed.
        jitter: in [0, 1); spreads jobs that failed together.
    """
    doubled = FIRST_DELAY * (1 << min(max(attempt, 1) - 1, 16))
    return min(doubled, LONGEST_DELAY) * (0.5 + jitter / 2)


def may_retry(error: Exception, attempt: int, most: int) -> bool:
    """Whether another try could end otherwise: not if the words, a rule or the file forbid it."""
    return attempt < most and not isinstance(error, _FINAL)


def next_run(due: datetime, every: timedelta, now: datetime) -> datetime:
    """First time after `now` on the grid of a schedule; what was missed is not made up for."""
    if due > now:
        return due
    return due + every * ((now - due) // every + 1)


def check_cancel(state: str) -> None:
    """Raise `IllegalStep` where a job of this state has ended already."""
    if state not in ("queued", "running"):
        message = f"A job that is {state} cannot be cancelled."
        raise IllegalStep(message, mend="Only queued and running jobs can.")


def error_text(error: Exception) -> str:
    """What is kept of an error: our own sentence, or the last lines of a traceback."""
    if isinstance(error, PehraError):
        return str(error)
    lines = "".join(traceback.format_exception(error)).splitlines()
    return "\n".join(line[:_LONGEST_LINE] for line in lines[-_LAST_LINES:])
