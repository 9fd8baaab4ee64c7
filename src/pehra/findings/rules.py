"""What a finding's state may become, and by what. Pure: time and facts come in as arguments.

"Gone" is only ever computed from coverage: reports that spoke of the asset's network on three of
the source's days and did not name the asset, over at least 72 hours (rules, decision 4). An older
report never reopens or relapses a newer state.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.errors import IllegalStep, Refused, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

CLEAN_CYCLES = 3
CLEAN_TIME = timedelta(hours=72)
DAY = timedelta(days=1)


class State(IntEnum):
    """States of a finding (house design, section 6)."""

    OPEN = 1
    NOTIFIED = 2
    ACKNOWLEDGED = 3
    FIX_CLAIMED = 4
    GONE = 5
    PASSED = 6
    RELAPSED = 7
    DISPUTED = 8
    EXCEPTION = 9
    TRANSFERRED = 10
    WITHDRAWN = 11

    @property
    def word(self) -> str:
        """The word used in files and on pages."""
        return {State.PASSED: "passed-to-subscriber"}.get(self, self.name.lower().replace("_", "-"))

    @classmethod
    def of_word(cls, word: str) -> State:
        """The state of a word; raises `KeyError` on none."""
        return {state.word: state for state in cls}[word]


class Act(StrEnum):
    """What can happen to a finding."""

    NOTIFY = "notify"
    ACKNOWLEDGE = "acknowledge"
    CLAIM_FIX = "claim-fix"
    DISPUTE = "dispute"
    UPHOLD = "uphold"
    """The dispute is right: it is not theirs, or it is not so."""
    REJECT_DISPUTE = "reject-dispute"
    ACCEPT_RISK = "accept-risk"
    RISK_EXPIRES = "risk-expires"
    PASS_ON = "pass-on"  # noqa: S105 a verb, not a password
    SEE = "see"
    """A report newer than what settled it names the asset again."""
    CLEAR = "clear"
    """Coverage shows that it is gone."""
    TRANSFER = "transfer"
    WITHDRAW = "withdraw"


STANDING = frozenset(
    {
        State.OPEN,
        State.NOTIFIED,
        State.ACKNOWLEDGED,
        State.FIX_CLAIMED,
        State.RELAPSED,
        State.DISPUTED,
        State.EXCEPTION,
    }
)
"""The condition is there, as far as anybody has shown."""

SETTLED = frozenset({State.FIX_CLAIMED, State.GONE, State.PASSED})
"""A new sighting would change the state, not only the counts."""

ENDED = frozenset({State.TRANSFERRED, State.WITHDRAWN})
"""Nothing follows."""

_WORKABLE = (State.OPEN, State.NOTIFIED, State.ACKNOWLEDGED, State.RELAPSED)


def _table() -> dict[tuple[State, Act], State]:
    table: dict[tuple[State, Act], State] = {
        (State.OPEN, Act.NOTIFY): State.NOTIFIED,
        (State.RELAPSED, Act.NOTIFY): State.NOTIFIED,
        (State.FIX_CLAIMED, Act.SEE): State.RELAPSED,
        (State.GONE, Act.SEE): State.RELAPSED,
        (State.PASSED, Act.SEE): State.RELAPSED,
        (State.DISPUTED, Act.UPHOLD): State.WITHDRAWN,
        (State.DISPUTED, Act.REJECT_DISPUTE): State.OPEN,
        (State.EXCEPTION, Act.RISK_EXPIRES): State.OPEN,
    }
    for state in _WORKABLE:
        table[state, Act.ACKNOWLEDGE] = State.ACKNOWLEDGED
        table[state, Act.CLAIM_FIX] = State.FIX_CLAIMED
        table[state, Act.DISPUTE] = State.DISPUTED
        table[state, Act.ACCEPT_RISK] = State.EXCEPTION
        table[state, Act.PASS_ON] = State.PASSED
    for state in STANDING:
        table[state, Act.CLEAR] = State.GONE
    for state in State:
        if state not in ENDED:
            table[state, Act.TRANSFER] = State.TRANSFERRED
            table[state, Act.WITHDRAW] = State.WITHDRAWN
    return table


TABLE = _table()
"""Every step that exists; what is not here is refused."""


def step(state: State, act: Act) -> State:
    """The state after `act`.

    Raises:
        IllegalStep: the table has no such step.
    """
    after = TABLE.get((state, act))
    if after is None:
        known = sorted(a.value for s, a in TABLE if s == state)
        mend = f"Possible now: {', '.join(known)}." if known else "Nothing follows this state."
        message = f"A finding that is {state.word} cannot {act.value}."
        raise IllegalStep(message, mend=mend)
    return after


ASSIGN = "assign"
"""A bulk act that changes who works on a finding, not its state."""
BULK = (
    Act.ACKNOWLEDGE,
    Act.CLAIM_FIX,
    Act.ACCEPT_RISK,
    Act.PASS_ON,
    Act.WITHDRAW,
)
"""Acts of state that may be done to many findings at once: each leads to one state only."""
BULK_OF_HOLDERS = frozenset({Act.ACKNOWLEDGE, Act.CLAIM_FIX})
"""Those of them that a holder may do; the rest, and assigning, are for teams."""
HOLDERS = frozenset({Act.ACKNOWLEDGE, Act.CLAIM_FIX, Act.DISPUTE, Act.ACCEPT_RISK})
"""What a holder may say of one of its own findings; the rest is for the team that leads."""
LONGEST_EXCEPTION = timedelta(days=90)
"""For so long at most a risk is accepted (rules, 4.4); the last day counts whole."""
UNDO_TIME = timedelta(minutes=10)
"""For so long a bulk act can be undone after its end."""


def check_exception(until: datetime | None, now: datetime) -> datetime:
    """The last moment of an accepted risk, where it may be that.

    Raises:
        UsageError: none is named, or it has passed.
        Refused: it lies more than 90 days ahead.
    """
    if until is None:
        message = "An accepted risk needs a last day."
        raise UsageError(message, mend=f"Name one, at most {LONGEST_EXCEPTION.days} days from now.")
    if until <= now:
        message = "The exception would end before it begins."
        raise UsageError(message, mend="Name a later day.")
    if until > now + LONGEST_EXCEPTION + DAY:
        message = f"A risk is accepted for {LONGEST_EXCEPTION.days} days at most."
        raise Refused(message, mend="Name an earlier day; it can be accepted anew after that.")
    return until


def taken_from(act: str) -> frozenset[State]:
    """States in which a finding takes a bulk act."""
    if act == ASSIGN:
        return frozenset(State) - ENDED
    return frozenset(state for state, known in TABLE if known == act)


def left_in(act: str) -> State | None:
    """The state in which a bulk act leaves a finding; null: in its own."""
    if act == ASSIGN:
        return None
    return next(after for (_, known), after in TABLE.items() if known == act)


class Outcome(StrEnum):
    """What a sighting does to a finding whose row a bulk update left alone."""

    COUNT = "count"
    RELAPSE = "relapse"
    ADOPT = "adopt"
    """Its holder was not known, and now is."""
    TRANSFER = "transfer"
    """The asset has changed hands since."""
    BEFORE = "before"
    """The sighting belongs to a holder before the present one."""


class Known(msgspec.Struct, frozen=True):
    """A finding as it stands; moments are microseconds since 1970.

    Attributes:
        settled_at: up to when it is shown to be gone, passed on, or claimed to be fixed.
    """

    state: State
    holder: int | None
    last_seen: int
    settled_at: int | None


def on_sighting(known: Known, holder: int | None, seen: int) -> Outcome:
    """What a report of `seen` (microseconds), attributed to `holder`, does to the finding.

    An unattributed report changes no holder: a claim that is missing proves nothing.
    """
    if holder is not None and known.holder is None:
        return Outcome.ADOPT
    if holder is not None and known.holder != holder:
        return Outcome.TRANSFER if seen > known.last_seen else Outcome.BEFORE
    if known.state in SETTLED and (known.settled_at is None or seen > known.settled_at):
        return Outcome.RELAPSE
    return Outcome.COUNT


def is_clear(
    last_seen: datetime, covered: Iterable[date], now: datetime, *, window: timedelta
) -> datetime | None:
    """When coverage had shown that the condition is gone; None while it has not.

    A day is clean when it began after the newest sighting: a report of the very day of the
    sighting named the asset.

    Args:
        last_seen: the newest sighting by any source, aware.
        covered: days (UTC) for which one of the finding's own sources spoke of the asset's network.
        now: the moment of judging, aware.
        window: for event kinds, how long nothing must have happened; zero for exposed services.

    Returns:
        The end of the day that made it the third clean cycle and at least 72 hours (or `window`).
    """
    needed = max(CLEAN_TIME, window)
    starts = sorted(datetime.combine(day, time(), UTC) for day in set(covered))
    ends = [start + DAY for start in starts if start > last_seen and start + DAY <= now]
    for end in ends[CLEAN_CYCLES - 1 :]:
        if end - last_seen >= needed:
            return end
    return None
