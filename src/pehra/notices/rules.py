"""Whom to tell, when, and what holds a round back. Pure: moments and facts come in as arguments.

Sources: rules, decisions 1.5 and 1.6 and section 4.2 (the ladder); the order of recipients follows
what working CERTs do: a person's word beats a register's, a tested address beats an untested one.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from enum import IntEnum, StrEnum
from statistics import median
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.labels import Severity
from pehra.mandate.powers import Power

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
MARGIN = 0.25
"""By how much a routine round may differ from what is usual (rules, decision 1.6)."""
SMALL = 5
"""A difference of so few recipients, or ten times as many findings, is no sign of anything."""
DIGEST_AT = time(8)
"""When digests go out, in the nation's zone, unless a contact chose another hour."""


ROUTING = "recipients-1"
"""What two persons approve of the choice below; another number where it changes."""


LARGE = 500
"""A round of more messages is let go by those who approve notices (rules, section 3)."""


def to_let_go(recipients: int) -> tuple[Power, ...]:
    """Powers of which one lets a round of so many recipients go; none goes out: it is dropped."""
    approve = Power("send-notice", "approve")
    return (approve,) if recipients > LARGE else (Power("send-notice"), approve)


class Kind(StrEnum):
    """Why a message goes out."""

    URGENT = "urgent"
    """At once: a critical finding, or a high one at critical infrastructure."""
    DIGEST = "digest"
    """What is new, at most once a day for a mailbox."""
    WEEKLY = "weekly"
    """All that is still open, once a week."""
    REMINDER = "reminder"
    """To somebody else at the holder, since nobody has answered."""


class Rung(IntEnum):
    """Of the ladder: who is told when those before did not answer."""

    FIRST = 0
    CISO = 1
    TEAM = 2
    REGULATOR = 3
    COUNCIL = 4

    @property
    def clock(self) -> str:
        """Kind of the clock that says after how many hours; the first rung has none."""
        return f"notice-{self.name.lower()}"


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """A contact as the choice of recipients sees it.

    Attributes:
        contact: id.
        organisation: whose; null: a team's.
        automatic: came from a register and was never confirmed by a person.
        quiet: times of the day, from and until, between which it is sent only what is urgent.
        hours: severity -> hours between two digests; a severity that is not named has the default.
        inhibits: RSIT classes and identifiers that it does not want.
    """

    contact: int
    organisation: int | None
    team: int | None = None
    purpose: str
    address: str
    language: str = "en"
    automatic: bool = False
    verified: bool = False
    healthy: bool = True
    quiet: tuple[time, time] | None = None
    business_days: bool = False
    hours: dict[int, int] = {}
    inhibits: tuple[str, ...] = ()


class Choice(msgspec.Struct, frozen=True):
    """A recipient, and why this one."""

    contact: Contact
    why: str


_ORDER = {"technical": 0, "abuse": 1, "24x7": 2, "ciso": 3, "head": 4}
URGENT_TOO = "24x7"
"""This purpose is told of urgent findings beside the technical contact."""


def _rank(contact: Contact, first: str) -> tuple[bool, bool, bool, int, int]:
    place = -1 if contact.purpose == first else _ORDER.get(contact.purpose, 9)
    return (not contact.healthy, contact.automatic, not contact.verified, place, contact.contact)


def choose(contacts: Iterable[Contact], *, urgent: bool) -> list[Choice]:
    """Recipients at one organisation: the best for technical matters, and 24/7 when urgent.

    A mailbox is told once, whatever the number of contacts that share it. A contact that is not
    healthy is taken only where there is no other, since silence is worse than a second bounce.
    """
    able = [one for one in contacts if one.address]
    wanted = ["technical", *([URGENT_TOO] if urgent else [])]
    chosen: dict[str, Choice] = {}
    for purpose in wanted:
        ranked = sorted(able, key=lambda one: _rank(one, purpose))
        if purpose == URGENT_TOO:
            ranked = [one for one in ranked if one.purpose == URGENT_TOO and one.healthy]
        if ranked:
            best = ranked[0]
            chosen.setdefault(best.address.lower(), Choice(best, _why(best)))
    return list(chosen.values())


_ABOVE = {"ciso": 0, "head": 1}
"""Purposes of those above the technical contact, who are told when it does not answer."""


def choose_next(contacts: Iterable[Contact], told: frozenset[str]) -> Choice | None:
    """Whom to tell when those before did not answer: a healthy mailbox that was never told.

    Args:
        contacts: of the organisation.
        told: mailboxes that were told before, in lower case.
    """
    fresh = [
        one for one in contacts if one.address and one.healthy and one.address.lower() not in told
    ]
    best = min(
        fresh,
        key=lambda one: (_ABOVE.get(one.purpose, len(_ABOVE)), _rank(one, "ciso")),
        default=None,
    )
    return None if best is None else Choice(best, _why(best))


def _why(contact: Contact) -> str:
    """Words of a closed list, which pages translate."""
    tested = "verified" if contact.verified else "unverified"
    if not contact.healthy:
        tested = "unhealthy"
    return f"{contact.purpose} {'register' if contact.automatic else 'stated'} {tested}"


def least_urgent(*, critical_infrastructure: bool) -> Severity:
    """From which severity on a new finding is told at once (rules, decision 1.5)."""
    return Severity.HIGH if critical_infrastructure else Severity.CRITICAL


_DEFAULT_HOURS = {
    Severity.CRITICAL: 0,
    Severity.HIGH: 24,
    Severity.MEDIUM: 24,
    Severity.LOW: 168,
}


def interval(contact: Contact, severity: int) -> timedelta:
    """The least time between two messages that carry findings of this severity."""
    default = _DEFAULT_HOURS.get(Severity(severity), 168)
    return timedelta(hours=contact.hours.get(severity, default))


def is_quiet(contact: Contact, local: datetime, *, rests: bool) -> bool:
    """Whether it is one of the hours or days on which a contact wants nothing but the urgent.

    Args:
        contact: whose wishes.
        local: the moment in the nation's zone.
        rests: offices are closed on that day.
    """
    if contact.business_days and rests:
        return True
    if contact.quiet is None:
        return False
    first, last = contact.quiet
    at = local.time()
    return first <= at < last if first <= last else (at >= first or at < last)


class Sent(msgspec.Struct, frozen=True):
    """When a mailbox was last sent what is not urgent; null: never."""

    digest: datetime | None = None
    weekly: datetime | None = None

    @property
    def newest(self) -> datetime | None:
        """The later of the two."""
        return max((one for one in (self.digest, self.weekly) if one), default=None)


def due(contact: Contact, sent: Sent, local: datetime, *, rests: bool) -> Kind | None:
    """Which routine message a mailbox may be sent now; None: none.

    At most one a day, not before the hour of digests, and a weekly one while anything is open.
    """
    if local.time() < DIGEST_AT or is_quiet(contact, local, rests=rests):
        return None
    newest = sent.newest
    if newest is not None and newest.astimezone(local.tzinfo).date() >= local.date():
        return None
    week = sent.weekly or sent.digest
    return Kind.WEEKLY if week is not None and local - week >= WEEK else Kind.DIGEST


def severities_due(contact: Contact, sent: Sent, now: datetime) -> frozenset[int]:
    """Severities whose interval has passed for a mailbox."""
    newest = sent.newest
    if newest is None:
        return frozenset(_DEFAULT_HOURS)
    # Digests go out at an hour, not to the second: a day has passed when nearly one has.
    waited = now - newest + timedelta(hours=1)
    return frozenset(level for level in _DEFAULT_HOURS if waited >= interval(contact, level))


class Size(msgspec.Struct, frozen=True):
    """How large a round is."""

    recipients: int
    findings: int


def usual(before: Sequence[Size]) -> Size | None:
    """What is usual: the medians of the rounds before; None where there were none."""
    if not before:
        return None
    return Size(
        round(median(one.recipients for one in before)),
        round(median(one.findings for one in before)),
    )


def held_why(size: Size, before: Sequence[Size], *, both_ways: bool) -> str:
    """Why a round waits for a person; empty: it may go.

    Args:
        size: of the round.
        before: sizes of the rounds of its kind that went out, the newest last.
        both_ways: whether fewer than usual is a sign too.
    """
    normal = usual(before)
    if normal is None:
        return "first"
    for name, one, many, slack in (
        ("recipients", size.recipients, normal.recipients, SMALL),
        ("findings", size.findings, normal.findings, SMALL * 10),
    ):
        if one - many > max(many * MARGIN, slack):
            return f"more-{name}"
        if both_ways and many - one > max(many * MARGIN, slack):
            return f"fewer-{name}"
    return ""


class Said(StrEnum):
    """What a recipient can answer."""

    FIXED = "fixed"
    WORKING = "working"
    NOT_MINE = "not-mine"
    FALSE_POSITIVE = "false-positive"
    COMMENT = "comment"
    """Words alone: they change no finding."""


def next_rung(
    told: Rung, waited: timedelta, hours: dict[Rung, int], *, to_the_top: bool
) -> Rung | None:
    """The rung that is due; None while none is.

    Args:
        told: the highest rung that was told.
        waited: since the first was.
        hours: after how many each further rung is told; one that has no clock is passed over.
        to_the_top: critical infrastructure and government, where a ground is confirmed; for all
            others the ladder ends at the lead team (rules, decision 1.5).
    """
    last = Rung.COUNCIL if to_the_top else Rung.TEAM
    reached = [
        rung
        for rung in Rung
        if told < rung <= last and rung in hours and waited >= timedelta(hours=hours[rung])
    ]
    return max(reached) if reached else None
