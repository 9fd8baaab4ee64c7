"""Whether what a source says may be believed: rules on its own history, before it is taken in.

A list that empties, halves or doubles overnight, never changes, or names what nobody may block, is
held: what it leaves out stays listed, and somebody is asked. What counts as usual is learnt from
each stream: its last trusted size, how long it used to stay the same, how often it used to come.
The factor of two is that of the faults which real lists have shown, and a list of few rows moves by
a few rows without meaning anything: a change counts from four times the square root of its size.
"""

from __future__ import annotations

import math
import statistics
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pehra.ledger.body import JSON

FACTOR = 2
NOISE = 4
REMEMBERED = 15
"""Sizes that make the usual one, and gaps that make the usual rhythm."""
READABLE = 0.95
"""A list of which less could be read is none: what is absent may be among the rejects."""
STUCK = timedelta(days=14)
STUCK_TIMES = 3
STUCK_REPEATS = 4
SMALL = 10
"""A list of fewer rows than this changes rarely: it may stay the same that much longer."""
SILENT_TIMES = 3


class Kind(StrEnum):
    """What can be wrong with a source."""

    SILENT = "silent"
    """Nothing came for much longer than usual."""
    UNREADABLE = "unreadable"
    """Not a list, or too little of it could be read."""
    EMPTY = "empty"
    SHRUNK = "shrunk"
    """Less than half of what it had."""
    JUMPED = "jumped"
    """More than twice of what it had."""
    STUCK = "stuck"
    """The same, byte for byte, for weeks."""
    CANARY = "canary"
    """It names what is never bad as a whole: a public resolver, a root or an update server."""


OF_A_SNAPSHOT = frozenset(Kind) - {Kind.SILENT}
"""What a good snapshot ends."""


class Taken(msgspec.Struct, frozen=True):
    """A snapshot as far as its health goes.

    Attributes:
        rows: things listed, each once.
        at: moment of the list.
        digest: of its bytes.
        trusted: it was good, or accepted.
        accepted: somebody said that it is true, whatever it looks like.
        rejected: rows that could not be read.
        came: when it came; None: at the moment of the list.
    """

    rows: int
    at: datetime
    digest: str
    trusted: bool = True
    accepted: bool = False
    rejected: int = 0
    came: datetime | None = None

    @property
    def received(self) -> datetime:
        """When it came: what is fetched anew every day says every day that it is as it was."""
        return self.came or self.at


class Flag(msgspec.Struct, frozen=True):
    """One thing that is wrong, with its numbers."""

    kind: Kind
    facts: dict[str, JSON]


def flags(now: Taken, past: Sequence[Taken], canaries: Collection[str] = ()) -> list[Flag]:
    """What is wrong with a snapshot, given those of its stream before it.

    Args:
        now: the snapshot; `trusted` and `accepted` are not looked at.
        past: the oldest first. What came before the last accepted one no longer counts.
        canaries: that it names, but for those that somebody accepted.
    """
    since = _since_accepted(past)
    trusted = [one.rows for one in since if one.trusted]
    found = [
        _unreadable(now),
        _empty(now, trusted),
        _size(now, trusted),
        _stuck(now, since),
        Flag(Kind.CANARY, {"canaries": [*sorted(canaries)]}) if canaries else None,
    ]
    return [flag for flag in found if flag is not None]


def _since_accepted(past: Sequence[Taken]) -> Sequence[Taken]:
    accepted = [place for place, one in enumerate(past) if one.accepted]
    return past[accepted[-1] :] if accepted else past


def _unreadable(now: Taken) -> Flag | None:
    total = now.rows + now.rejected
    if now.rejected <= total * (1 - READABLE):
        return None
    return Flag(Kind.UNREADABLE, {"rows": total, "rejected": now.rejected})


def _empty(now: Taken, trusted: Sequence[int]) -> Flag | None:
    if now.rows or now.rejected or 0 in trusted:
        return None
    return Flag(Kind.EMPTY, {"rows": 0, "usual": usual(trusted)})


def _size(now: Taken, trusted: Sequence[int]) -> Flag | None:
    """Against the last trusted size: an overnight change; slow ones are no fault."""
    if not trusted or not now.rows:
        return None
    last = trusted[-1]
    least, most = sorted((now.rows, last))
    if most <= FACTOR * least or most - least <= NOISE * math.sqrt(most):
        return None
    kind = Kind.SHRUNK if now.rows < last else Kind.JUMPED
    return Flag(kind, {"rows": now.rows, "before": last, "usual": usual(trusted)})


def usual(trusted: Sequence[int]) -> int | None:
    """The usual size: the median of the last ones; None where there is none yet."""
    return round(statistics.median(trusted[-REMEMBERED:])) if trusted else None


def _stuck(now: Taken, since: Sequence[Taken]) -> Flag | None:
    """Longer the same than ever before, several times over, and for weeks."""
    repeats = sum(1 for _ in takewhile(lambda one: one.digest == now.digest, reversed(since)))
    if not now.rows or repeats < STUCK_REPEATS:
        return None
    runs: list[tuple[datetime, datetime, str]] = []
    for one in (*since, now):
        begun = runs.pop()[0] if runs and runs[-1][2] == one.digest else one.received
        runs.append((begun, one.received, one.digest))
    begun, ended, _ = runs.pop()
    longest = max((last - first for first, last, _ in runs), default=timedelta(0))
    if ended - begun <= max(STUCK * max(1, SMALL / now.rows), STUCK_TIMES * longest):
        return None
    return Flag(Kind.STUCK, {"rows": now.rows, "days": (ended - begun).days, "times": repeats + 1})


def silent_since(came: Sequence[datetime], every: timedelta | None, now: datetime) -> Flag | None:
    """Whether a source has fallen silent.

    Args:
        came: when something came, the oldest first.
        every: its rhythm as far as it is known; else the one that it has shown counts.
        now: the moment of judging.
    """
    if not came:
        return None
    last = came[-REMEMBERED - 1 :]
    gaps = sorted(after - before for before, after in pairwise(last))
    shown = gaps[len(gaps) // 2] if gaps else timedelta(0)
    rhythm = max(every or timedelta(0), shown)
    longest = gaps[-1] if gaps else timedelta(0)
    waited = now - came[-1]
    if not rhythm or waited <= max(SILENT_TIMES * rhythm, longest):
        return None
    hours = int(waited / timedelta(hours=1))
    return Flag(Kind.SILENT, {"hours": hours, "usual_hours": int(rhythm / timedelta(hours=1))})
