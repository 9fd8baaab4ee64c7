"""Where a breach of personal data stands, what must be said of it, and by when: pure decisions.

Rules, section 4.7. What is missing keeps a notification from being complete, and never from being
early; what is late says why.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.errors import IllegalStep, Refused, UsageError
from pehra.mandate.powers import Power

if TYPE_CHECKING:
    from collections.abc import Mapping

HANDLE = Power("handle-breaches")
AUTHORITY, PEOPLE, PROCESSOR = "breach-authority", "breach-subjects", "breach-processor"
"""Kinds of clocks: hours are dated rows of mandate."""
LONGEST = 8_000
_MOST = 10**12


class State(StrEnum):
    """States of a breach."""

    DETECTED = "detected"
    ASSESSED = "assessed"
    NOTIFIED_AUTHORITY = "notified-authority"
    NOTIFIED_PEOPLE = "notified-people"
    EXEMPT = "exempt"
    FOLLOW_UP = "follow-up"
    CLOSED = "closed"


class Risk(StrEnum):
    """Risk to the people whose data it is."""

    NONE = "none"
    LOW = "low"
    HIGH = "high"


class Exemption(StrEnum):
    """Why people are not told one by one where the risk is high."""

    ENCRYPTED = "encrypted"
    MEASURES = "measures"
    DISPROPORTIONATE = "disproportionate"
    """Then the public is told instead."""


STEPS: Mapping[State, frozenset[State]] = {
    State.DETECTED: frozenset({State.ASSESSED}),
    State.ASSESSED: frozenset({State.ASSESSED, State.NOTIFIED_AUTHORITY, State.FOLLOW_UP}),
    State.NOTIFIED_AUTHORITY: frozenset(
        {State.ASSESSED, State.NOTIFIED_PEOPLE, State.EXEMPT, State.FOLLOW_UP}
    ),
    State.NOTIFIED_PEOPLE: frozenset({State.FOLLOW_UP}),
    State.EXEMPT: frozenset({State.NOTIFIED_PEOPLE, State.FOLLOW_UP}),
    State.FOLLOW_UP: frozenset({State.ASSESSED, State.CLOSED}),
    State.CLOSED: frozenset({State.FOLLOW_UP}),
}
"""From each state, those that may follow."""

_BY_RISK: Mapping[tuple[State, State], frozenset[Risk]] = {
    (State.ASSESSED, State.FOLLOW_UP): frozenset({Risk.NONE}),
    (State.ASSESSED, State.NOTIFIED_AUTHORITY): frozenset({Risk.LOW, Risk.HIGH}),
    (State.NOTIFIED_AUTHORITY, State.FOLLOW_UP): frozenset({Risk.NONE, Risk.LOW}),
    (State.NOTIFIED_AUTHORITY, State.NOTIFIED_PEOPLE): frozenset({Risk.LOW, Risk.HIGH}),
    (State.NOTIFIED_AUTHORITY, State.EXEMPT): frozenset({Risk.HIGH}),
}
"""Steps that only some risks allow."""


def check_step(old: State, new: State, risk: Risk | None) -> None:
    """See that a breach may go from `old` to `new` at a risk.

    Raises:
        IllegalStep: the table has no such step, or the risk asks for another.
    """
    if new not in STEPS[old]:
        message = f"A breach that is `{old}` does not become `{new}`."
        raise IllegalStep(message, mend="See `docs/breaches.md` for its states.")
    allowed = _BY_RISK.get((old, new))
    if allowed is not None and risk not in allowed:
        message = f"At the risk `{risk or 'unknown'}` a breach that is `{old}` is not `{new}` next."
        mend = "High: people are told, or an exemption says why not. Low: the authority is told."
        raise IllegalStep(message, mend=mend)


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What a notification says. Numbers are approximate; none is a person's own data.

    Attributes:
        confidentiality: data were read; so for the next two: changed, lost.
        people: how many, at least and at most; null: not known yet.
        contact: where more is told: the data protection officer or a desk.
    """

    what: str
    confidentiality: bool = False
    integrity: bool = False
    availability: bool = False
    people_kinds: str = ""
    people_least: int | None = None
    people_most: int | None = None
    record_kinds: str = ""
    records_least: int | None = None
    records_most: int | None = None
    contact: str = ""
    consequences: str = ""
    taken: str = ""
    proposed: str = ""


def missing(of: Contents) -> tuple[str, ...]:
    """Parts that a complete notification has and this has not, by name."""
    needed = {
        "nature": of.confidentiality or of.integrity or of.availability,
        "what": bool(of.what.strip()),
        "people_kinds": bool(of.people_kinds.strip()),
        "people_most": of.people_most is not None,
        "record_kinds": bool(of.record_kinds.strip()),
        "records_most": of.records_most is not None,
        "contact": bool(of.contact.strip()),
        "consequences": bool(of.consequences.strip()),
        "measures": bool(of.taken.strip() or of.proposed.strip()),
    }
    return tuple(name for name, there in needed.items() if not there)


def check_contents(of: Contents) -> None:
    """See that contents can be kept.

    Raises:
        UsageError: no account of what happened, numbers that cannot be, or a text too long.
    """
    if not of.what.strip():
        message = "A breach is recorded with what happened."
        raise UsageError(message, mend="Say it in a sentence; the rest may follow.")
    for least, most in (
        (of.people_least, of.people_most),
        (of.records_least, of.records_most),
    ):
        given = [one for one in (least, most) if one is not None]
        if any(not 0 <= one <= _MOST for one in given) or given != sorted(given):
            message = "The numbers are no span from fewer to more."
            raise UsageError(message, mend="Write at least and at most; about is enough.")
    texts = (of.what, of.people_kinds, of.record_kinds, of.contact, of.consequences, of.taken)
    if max(map(len, (*texts, of.proposed))) > LONGEST:
        message = f"A part of it is longer than {LONGEST} letters."
        raise UsageError(message, mend="Say it shortly; evidence has a room of its own.")


def due(aware_at: datetime, hours: int | None) -> datetime | None:
    """By when something must be told; null where no clock runs."""
    return None if hours is None else aware_at + timedelta(hours=hours)


def check_late(at: datetime, by: datetime | None, reason: str) -> None:
    """See that what is told late says why.

    Raises:
        Refused: it is late, and there is no reason.
    """
    if by is not None and at > by and len(reason.strip()) < _REASON:
        message = f"The time was over on {by:%Y-%m-%d %H:%M} UTC, and there is no reason."
        raise Refused(message, mend=f"Say in {_REASON} letters or more why it comes late.")


_REASON = 20


class Excused(msgspec.Struct, frozen=True):
    """Why people are not told one by one; `notice`: where the public is told instead."""

    why: Exemption
    reason: str
    notice: str = ""


def check_exemption(of: Excused) -> None:
    """See that an exemption stands.

    Raises:
        UsageError: no reason, or no public notice where that takes the place.
    """
    if len(of.reason.strip()) < _REASON:
        message = "An exemption says why, in its own words."
        raise UsageError(message, mend=f"Write {_REASON} letters or more.")
    if of.why == Exemption.DISPROPORTIONATE and not of.notice.strip():
        message = "Where telling each is out of proportion, the public is told."
        raise UsageError(message, mend="Name the advisory or the page that tells it.")
