"""Who may do what, and on which ground: decisions over dated rows. Pure; time comes in.

Offices hold powers; persons hold offices. A power is an act and what an office does about it: give
it, approve it, carry it out, verify it. Those are four families, and where an act is compulsory or
cannot be undone one person never has a part of two families in it (rules, section 1, decision 1).

Evidence asks `check_apart`, `check_ground` and `check_order`; orders will. `NEEDS_GROUND` is not
yet asked by anything.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.actors import Actor
from pehra.kernel.errors import Refused, UsageError
from pehra.mandate.rules import Post, actor_office, in_force

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Family(StrEnum):
    """What a person can be in an act that binds others."""

    DECIDE = "decide"
    ISSUE = "issue"
    CARRY_OUT = "carry-out"
    VERIFY = "verify"


FAMILIES: Mapping[str, Family | None] = {
    "may": Family.ISSUE,
    "propose": Family.ISSUE,
    "record": Family.ISSUE,
    "ask": Family.ISSUE,
    "approve": Family.DECIDE,
    "apply": Family.CARRY_OUT,
    "verify": Family.VERIFY,
    "check": Family.VERIFY,
    "claim": None,
    "answer": None,
    "consent": None,
    "read": None,
}
"""What the table says that an office does -> family. The word of who is affected is of none."""

COMPULSORY = frozenset({"security-block", "legal-order", "evidence-out", "disclosure", "penalty"})
"""Acts that bind others or cannot be undone."""
NEEDS_GROUND = COMPULSORY | {"address-look-up"}
NEVER_TAKEN = COMPULSORY | {
    "lift-block",
    "review-break-glass",
    "manage-offices",
    "change-rule",
}
"""What no glass is broken for: orders, evidence, the review of just that, and what would outlast
the hours: an appointment or a rule that is made under broken glass stays when it is whole again.
"""
_REASON = 20
"""Letters of a reason, at least."""


class Purpose(StrEnum):
    """Why somebody looks one victim's address up over a longer time."""

    INCIDENT = "incident"
    NOTICE = "notice"
    COURT_ORDER = "court-order"
    DATA_SUBJECT = "data-subject"
    AUDIT = "audit"


class PowerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table. Empty `tier`: the role holds it in a team of any tier, or in none."""

    act: str
    role: str
    does: str = "may"
    tier: str = ""
    valid_from: date | None = None
    valid_to: date | None = None

    def held_by(self, post: Post, on: date) -> bool:
        """Whether the office of a post holds this power on a day."""
        fits = post.role == self.role and self.tier in ("", post.tier)
        return fits and in_force(self.valid_from, self.valid_to, on)


class Glass(msgspec.Struct, frozen=True, kw_only=True):
    """A power that an office took for some hours without holding it."""

    id: int
    office: str
    act: str
    does: str
    taken_at: datetime
    until: datetime


class Table(msgspec.Struct, frozen=True):
    """Who may do what, and what one person took beside it."""

    powers: tuple[PowerFacts, ...]
    taken: tuple[Glass, ...] = ()


class Power(msgspec.Struct, frozen=True):
    """An act, and what is done about it."""

    act: str
    does: str = "may"


class Warrant(msgspec.Struct, frozen=True):
    """By which office a person may act; `glass` numbers the broken glass, 0 is none."""

    office: str
    glass: int = 0

    def actor(self, name: str) -> Actor:
        """In whose name the act is done; one under broken glass carries that mark for good."""
        mark = f"+glass-{self.glass}" if self.glass else ""
        return Actor(name=name, office=f"{self.office}{mark}")


def may(posts: Iterable[Post], power: Power, powers: Iterable[PowerFacts], on: date) -> bool:
    """Whether one of the posts holds a power on a day."""
    return bool(_holding(posts, power, powers, on))


def _holding(
    posts: Iterable[Post], power: Power, powers: Iterable[PowerFacts], on: date
) -> list[Post]:
    rows = [row for row in powers if row.act == power.act and row.does == power.does]
    return [post for post in posts if any(row.held_by(post, on) for row in rows)]


def warrant(
    posts: Iterable[Post], power: Power, table: Table, now: datetime, office: str = ""
) -> Warrant | None:
    """By which office the holder of some posts may do something now; None: by none.

    Args:
        posts: offices that the person holds today.
        power: what is to be done.
        table: who may do what.
        now: aware, UTC.
        office: the one in whose name the person chose to act; empty: any that holds the power.
    """
    chosen = [post for post in posts if office in ("", post.office)]
    holding = _holding(chosen, power, table.powers, now.date())
    if holding:
        return Warrant(actor_office(holding))
    offices = {post.office for post in chosen}
    for glass in table.taken:
        if (
            glass.office in offices
            and (glass.act, glass.does) == (power.act, power.does)
            and glass.taken_at <= now < glass.until
        ):
            return Warrant(glass.office, glass.id)
    return None


def actor_in(posts: Iterable[Post], name: str, office: str = "") -> Actor:
    """In whose name the holder of some posts acts: the office chosen, while it is held."""
    held = list(posts)
    chosen = any(post.office == office for post in held)
    return Actor(name=name, office=office if chosen else actor_office(held))


class Part(msgspec.Struct, frozen=True):
    """Who had which part in an act on one object."""

    family: Family
    person: str


def check_apart(act: str, parts: Iterable[Part], new: Part) -> None:
    """See that a person may have this part too, after what was done on the object so far.

    Everyday acts need one named actor; in compulsory ones a person stays in one family.

    Raises:
        Refused: the person already has a part of another family.
    """
    if act not in COMPULSORY:
        return
    for part in parts:
        if part.person == new.person and part.family != new.family:
            message = f"{new.person} has the part `{part.family}` in this already."
            mend = f"Somebody else does the part `{new.family}`: no one person holds two."
            raise Refused(message, mend=mend)


class GroundFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A section of an instrument of law.

    Attributes:
        acts: what it can be the ground of.
        ordered_by: slug of the body that may order on it; null: whoever holds the power.
        longest_days: how long what rests on it may last; null: it says nothing of it.
    """

    slug: str
    instrument: str
    section: str = ""
    acts: tuple[str, ...] = ()
    ordered_by: str | None = None
    longest_days: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    unconfirmed: bool = False

    @property
    def words(self) -> str:
        """Instrument and section."""
        return ", ".join(filter(None, (self.instrument, self.section)))


def check_ground(act: str, slug: str, grounds: Iterable[GroundFacts], on: date) -> GroundFacts:
    """The version of a ground that carries an act on a day.

    Raises:
        Refused: none is named, or it is unknown, ended, not yet in force, unconfirmed, or of other
            acts; the message names those that would do.
    """
    everyone = list(grounds)
    usable = sorted(
        one.slug
        for one in everyone
        if act in one.acts and not one.unconfirmed and in_force(one.valid_from, one.valid_to, on)
    )
    mend = (
        f"Grounds for it today: {', '.join(usable)}."
        if usable
        else "No confirmed ground is in force: state one in the structure, with its source."
    )
    if not slug:
        message = f"`{act}` needs a ground in law."
        raise Refused(message, mend=mend)
    versions = [one for one in everyone if one.slug == slug]
    if not versions:
        message = f"There is no ground `{slug}`."
        raise Refused(message, mend=mend)
    standing = [one for one in versions if in_force(one.valid_from, one.valid_to, on)]
    if not standing:
        message = f"The ground `{slug}` is not in force on {on.isoformat()}."
        raise Refused(message, mend=mend)
    newest = max(standing, key=lambda one: one.valid_from or date.min)
    if newest.unconfirmed:
        message = f"No public source confirms the ground `{slug}` ({newest.words})."
        raise Refused(message, mend=mend)
    if act not in newest.acts:
        message = f"The ground `{slug}` ({newest.words}) does not carry `{act}`."
        raise Refused(message, mend=mend)
    return newest


def check_order(ground: GroundFacts, by: str | None, begins: date, ends: date | None) -> None:
    """See that a body may order on a ground, and for so long.

    Raises:
        Refused: another body orders on it, or what is ordered lasts longer than it allows.
    """
    if ground.ordered_by not in (None, by):
        message = f"On `{ground.slug}` only `{ground.ordered_by}` orders."
        raise Refused(message, mend="Name the order of that body, or another ground.")
    if ground.longest_days is None:
        return
    last = begins + timedelta(days=ground.longest_days)
    if ends is None or ends > last:
        message = f"What rests on `{ground.slug}` lasts {ground.longest_days} days at most."
        raise Refused(message, mend=f"Let it end by {last.isoformat()}.")


class Taking(msgspec.Struct, frozen=True, kw_only=True):
    """A power that somebody wants to take without holding it."""

    office: str
    power: Power
    reason: str
    hours: int


def check_taking(
    wish: Taking, posts: Iterable[Post], powers: Iterable[PowerFacts], longest: int, on: date
) -> None:
    """See that glass may be broken.

    Args:
        wish: what is taken, by which office, why, for how long.
        posts: offices that the person holds today.
        powers: who may do what.
        longest: hours, at most, by the clock `break-glass`.
        on: today.

    Raises:
        UsageError: no such power, or no reason.
        Refused: never for this; too long; not by this office; or the office holds it anyhow.
    """
    act, does = wish.power.act, wish.power.does
    if act in NEVER_TAKEN:
        message = f"No glass is broken for `{act}`."
        mend = "Orders, evidence, offices and rules wait for those who hold the power."
        raise Refused(message, mend=mend)
    rows = [row for row in powers if (row.act, row.does) == (act, does)
            and in_force(row.valid_from, row.valid_to, on)]  # fmt: skip
    if not rows:
        message = f"No office holds a power `{act}` (`{does}`) today."
        raise UsageError(message, mend="`pehra offices powers` lists them.")
    own = [post for post in posts if post.office == wish.office]
    if not own:
        message = f"The office `{wish.office}` is not held by this person today."
        raise Refused(message, mend="Name an office that is.")
    if any(row.held_by(post, on) for row in rows for post in own):
        message = f"`{wish.office}` holds `{act}` anyhow."
        raise Refused(message, mend="Just do it: no glass needs to be broken.")
    if not any(post.tier and row.tier in ("", post.tier) for row in rows for post in own):
        message = f"`{act}` is of another tier than `{wish.office}`."
        raise Refused(message, mend="Glass is broken inside a team's own tier only.")
    if not 1 <= wish.hours <= longest:
        message = f"A power is taken for 1 to {longest} hours."
        raise Refused(message, mend=f"Ask for at most {longest}; who needs more is appointed.")
    if len(wish.reason.strip()) < _REASON:
        message = f"The reason has fewer than {_REASON} letters."
        raise UsageError(message, mend="Say what happens, and why nobody who holds it can act.")


def check_review(takers: Iterable[str], reviewers: Iterable[str]) -> None:
    """See that another person reviews: neither the account nor whoever typed it is the same.

    Raises:
        Refused: it is one and the same.
    """
    same = set(takers) & set(reviewers)
    if same:
        message = f"{min(same)} broke this glass, so another person reviews it."
        raise Refused(message, mend="Ask somebody else who may review.")
