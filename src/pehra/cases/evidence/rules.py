"""What may be done with evidence: the steps of a hand-over, who takes them, and when.

A hand-over binds and cannot be undone, so it stands on a ground in law that is in force on the day,
and on two keys: whoever finds it lawful and whoever signs the package are two persons, and neither
asked for it or packs it (rules, 4.6 and section 1, decision 1).
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.errors import IllegalStep, Refused, UsageError
from pehra.mandate.powers import FAMILIES, Part, Power, check_apart, check_ground, check_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pehra.mandate.powers import GroundFacts

OUT = "evidence-out"
KEEP = Power("keep-evidence")
"""Add evidence to a case, open it, hold and destroy it."""
READ = Power("keep-evidence", "read")
"""See which evidence there is, with its custody, and never what is in it."""
ASK = Power(OUT, "ask")
RECORD = Power(OUT, "record")
"""Write down a request that came on paper or by telephone."""
JUDGE = Power(OUT, "approve")
CARRY = Power(OUT, "apply")
CONSENT = Power(OUT, "consent")
"""Say for the organisation whose own data it is that it may be handed out."""
ASKERS = frozenset({"investigator", "tribunal", "court"})
"""Roles of bodies that may ask for evidence of others."""
LONGEST_TEXT = 4_000
_PURPOSE = 10
"""Letters of a purpose or a reason, at least."""
LATEST = timedelta(minutes=15)
"""What happened longer ago is told in words; a line of custody says when it was written."""


class Order(StrEnum):
    """The step of RFC 3227, section 2.1, at which something was collected: what fades first."""

    REGISTERS = "registers-cache"
    STATE = "routing-arp-process-kernel-memory"
    TEMPORARY = "temporary-files"
    DISK = "disk"
    REMOTE = "remote-logs"
    CONFIGURATION = "configuration-topology"
    ARCHIVE = "archive"


class ItemState(StrEnum):
    """Where a file stands."""

    COMING = "coming"
    KEPT = "kept"
    DESTROYED = "destroyed"


class Act(StrEnum):
    """What a line of custody says was done."""

    BEGUN = "begun"
    TAKEN_IN = "taken-in"
    OPENED = "opened"
    VERIFIED = "verified"
    HELD = "held"
    RELEASED = "released"
    PACKED = "packed"
    HANDED_OVER = "handed-over"
    NOTED = "noted"
    DESTROYED = "destroyed"


class Kind(StrEnum):
    """What is asked for; each needs a ground of its own."""

    PRESERVE = "preserve"
    MATERIAL = "material"
    TRAFFIC = "traffic"
    CONTENT = "content"
    OWN = "own"


GROUND_ACT: Mapping[Kind, str] = {
    Kind.PRESERVE: "evidence-preserve",
    Kind.MATERIAL: OUT,
    Kind.TRAFFIC: "evidence-traffic",
    Kind.CONTENT: "evidence-content",
    Kind.OWN: "evidence-own",
}
"""The act that a ground must carry. Collection in real time has none: it is never done here."""


class State(StrEnum):
    """Where a request stands: the last step that was taken."""

    REQUEST = "request"
    IDENTITY_CHECK = "identity_check"
    LEGALITY = "legality"
    CONSENT = "consent"
    REFUSED = "refused"
    NARROWED = "narrowed"
    PRESERVE = "preserve"
    PACKAGE = "package"
    SECOND_SIGN = "second_sign"
    DELIVERED = "delivered"
    RECEIPT = "receipt"
    OUTCOME = "outcome"
    RETAINED = "retained"
    DESTROYED = "destroyed"


STEPS: Mapping[State, frozenset[State]] = {
    State.REQUEST: frozenset({State.IDENTITY_CHECK, State.REFUSED}),
    State.IDENTITY_CHECK: frozenset({State.LEGALITY, State.REFUSED}),
    State.LEGALITY: frozenset({State.CONSENT, State.NARROWED, State.REFUSED}),
    State.CONSENT: frozenset({State.NARROWED, State.REFUSED}),
    State.NARROWED: frozenset({State.NARROWED, State.PRESERVE, State.REFUSED}),
    State.PRESERVE: frozenset({State.NARROWED, State.PACKAGE, State.OUTCOME, State.REFUSED}),
    State.PACKAGE: frozenset({State.NARROWED, State.PACKAGE, State.SECOND_SIGN, State.REFUSED}),
    State.SECOND_SIGN: frozenset({State.NARROWED, State.PACKAGE, State.DELIVERED, State.REFUSED}),
    State.DELIVERED: frozenset({State.RECEIPT}),
    State.RECEIPT: frozenset({State.OUTCOME}),
    State.OUTCOME: frozenset({State.RETAINED}),
    State.RETAINED: frozenset({State.DESTROYED}),
    State.REFUSED: frozenset(),
    State.DESTROYED: frozenset(),
}
"""From where to where. What was only to be preserved goes from there to its outcome: nothing of it
leaves. Somebody's own data is narrowed after their consent. Until a package is delivered it can be
narrowed or packed anew, which takes the second key off, or refused."""
ENDED = frozenset({State.REFUSED, State.DESTROYED})
HANDED = frozenset({State.DELIVERED, State.RECEIPT, State.OUTCOME, State.RETAINED, State.DESTROYED})
"""States in which a package has left, where there was one."""

POWER_OF: Mapping[State, Power] = {
    State.IDENTITY_CHECK: CARRY,
    State.LEGALITY: JUDGE,
    State.CONSENT: CONSENT,
    State.REFUSED: JUDGE,
    State.NARROWED: JUDGE,
    State.PRESERVE: CARRY,
    State.PACKAGE: CARRY,
    State.SECOND_SIGN: JUDGE,
    State.DELIVERED: CARRY,
    State.RECEIPT: CARRY,
    State.OUTCOME: CARRY,
    State.RETAINED: CARRY,
    State.DESTROYED: CARRY,
}
"""The power by which each step is taken."""
SECOND_KEY_ROLES = frozenset({"DIR"})
FIRST_KEY_ROLES = frozenset({"LEG"})
_BY_LAWYER = frozenset({State.LEGALITY, State.NARROWED})
_KEYS = _BY_LAWYER | {State.SECOND_SIGN}
NEEDS_PAPER = frozenset({State.PACKAGE, State.SECOND_SIGN, State.DELIVERED})
"""Steps that an urgent request takes no more once its paper is overdue."""


class Step(msgspec.Struct, frozen=True):
    """A step that somebody takes.

    Attributes:
        to: the state it leads to.
        persons: accounts that stand behind it: who takes it, and who types it.
        role: of the office by which it is taken.
    """

    to: State
    persons: tuple[str, ...]
    role: str = ""


class Taken(msgspec.Struct, frozen=True):
    """A step that was taken."""

    state: State
    does: str
    persons: tuple[str, ...]


def check_step(now: State, step: Step, taken: Iterable[Taken], kind: Kind) -> None:
    """See that a request may go on by this step, and by this person.

    Raises:
        IllegalStep: the table has no such step from here.
        Refused: the person had another part in it, or has the other key.
    """
    possible = steps_from(now, kind)
    if step.to not in possible:
        after = ", ".join(sorted(possible)) or "nothing"
        message = f"A request that stands at `{now}` does not go to `{step.to}`."
        raise IllegalStep(message, mend=f"From there: {after}.")
    before = list(taken)
    _check_role(step)
    check_part(step, before)
    if step.to in _KEYS:
        _check_keys(step, before)


def check_part(step: Step, before: Iterable[Taken]) -> None:
    """See that nobody behind a step had a part of another family in the request.

    Raises:
        Refused: somebody had.
    """
    parts = [
        Part(family, person)
        for one in before
        if (family := FAMILIES[one.does]) is not None
        for person in one.persons
    ]
    family = FAMILIES[POWER_OF[step.to].does]
    if family is not None:
        for person in step.persons:
            check_apart(OUT, parts, Part(family, person))


def _fits(to: State, now: State, kind: Kind) -> bool:
    """Whether a step is one for what is asked: what is preserved only is never packed."""
    if now == State.PRESERVE and to in {State.PACKAGE, State.OUTCOME}:
        return (to == State.OUTCOME) == (kind == Kind.PRESERVE)
    if now == State.LEGALITY and to in {State.CONSENT, State.NARROWED}:
        return (to == State.CONSENT) == (kind == Kind.OWN)
    return True


def steps_from(now: State, kind: Kind) -> frozenset[State]:
    """Where a request of a kind may go from here."""
    return frozenset(to for to in STEPS[now] if _fits(to, now, kind))


def _check_role(step: Step) -> None:
    wanted = FIRST_KEY_ROLES if step.to in _BY_LAWYER else SECOND_KEY_ROLES
    if step.to in _KEYS and step.role not in wanted:
        who = "the legal officer" if wanted is FIRST_KEY_ROLES else "the director"
        message = f"`{step.to}` is for {who} to say, by an office of the role {min(wanted)}."
        raise Refused(message, mend="Act in that office, or ask who holds it.")


def _check_keys(step: Step, before: list[Taken]) -> None:
    """Two persons turn the two keys, also where a package is narrowed and signed anew."""
    second = step.to == State.SECOND_SIGN
    other = _BY_LAWYER if second else {State.SECOND_SIGN}
    turned = {person for one in before if one.state in other for person in one.persons}
    if second and not turned:
        message = "Nobody found this request lawful, so nobody signs its package."
        raise Refused(message, mend="The legal officer judges it first.")
    same = turned & set(step.persons)
    if same:
        this, that = ("second", "first") if second else ("first", "second")
        message = f"{min(same)} turned the {that} key, so another person turns the {this}."
        raise Refused(message, mend="Ask somebody who had no part in the other key.")


class Basis(msgspec.Struct, frozen=True):
    """On what a request stands.

    Attributes:
        kind: what is asked for.
        ground: slug of the ground in law.
        ordered_by: slug of the body whose letter, order or warrant it is.
        ends: for how long something is to be preserved; null: it was not said.
    """

    kind: Kind
    ground: str
    ordered_by: str
    ends: date | None = None


def check_lawful(basis: Basis, grounds: Iterable[GroundFacts], on: date) -> GroundFacts:
    """The version of the ground that carries a request on a day.

    Raises:
        Refused: there is none, or another body orders on it, or for less long.
    """
    found = check_ground(GROUND_ACT[basis.kind], basis.ground, grounds, on)
    forever = msgspec.structs.replace(found, longest_days=None)
    timed = found if basis.kind == Kind.PRESERVE else forever
    check_order(timed, basis.ordered_by, on, basis.ends)
    return found


def check_paper(due: datetime | None, came: datetime | None, now: datetime) -> None:
    """See that the paper of an urgent request is here, or may still come.

    Raises:
        Refused: it is overdue.
    """
    if due is not None and came is None and due <= now:
        message = "The paper of this request is overdue, so nothing of it leaves."
        raise Refused(message, mend="An officer writes down that it has come; or it is refused.")


def check_moment(at: datetime, last: datetime | None, now: datetime) -> None:
    """See that what is written down is neither back-dated nor dated ahead.

    Raises:
        Refused: it is.
    """
    if at > now:
        message = f"{at.isoformat()} is yet to come."
        raise Refused(message, mend="Say it when it has happened.")
    if now - at > LATEST or (last is not None and at < last):
        message = f"An entry of {at.isoformat()} would be back-dated."
        mend = "Custody is written when it happens. Say in words when something was done before."
        raise Refused(message, mend=mend)


def check_words(text: str, what: str) -> str:
    """A purpose or a reason in words, trimmed.

    Raises:
        UsageError: it says too little, or too much.
    """
    words = " ".join(text.replace("\x00", " ").split())
    if not _PURPOSE <= len(words) <= LONGEST_TEXT:
        message = f"{what} has {len(words)} letters; {_PURPOSE} to {LONGEST_TEXT} are wanted."
        raise UsageError(message, mend="Say in a sentence what for.")
    return words


_CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
LONGEST_NAME = 255


def check_name(name: str) -> str:
    """A file's name without a folder and without signs that turn or hide what is read.

    Raises:
        UsageError: nothing of it is left, or it is too long.
    """
    found = _CONTROL.sub("", name.replace("\\", "/").rpartition("/")[2]).strip()
    if not found or len(found) > LONGEST_NAME:
        message = f"A file has a name of 1 to {LONGEST_NAME} letters."
        raise UsageError(message, mend="Name it as it was called where it was collected.")
    return found


def check_destroyable(held: Iterable[str], retain_until: date | None, on: date) -> None:
    """See that something may be destroyed.

    Raises:
        Refused: a hold keeps it, or its time is not over.
    """
    reasons = list(held)
    if reasons:
        message = f"A legal hold keeps it: {reasons[0]}"
        raise Refused(message, mend="Whoever set the hold lifts it first.")
    if retain_until is None or on < retain_until:
        until = "its case is closed and its time has run" if retain_until is None else retain_until
        message = f"It is kept until {until}."
        raise Refused(message, mend="Retention is the clock `evidence-retention`, or a court's.")


FEWEST = 5
"""Requests below which a public figure is not shown; nought is shown, it tells of nobody."""


class Count(msgspec.Struct, frozen=True):
    """How many requests, for the public; null: some, but fewer than `FEWEST`."""

    name: str
    requests: int | None


class Counted(msgspec.Struct, frozen=True):
    """A request as the public count sees it."""

    agency: str
    ground: str
    result: str


def public_counts(rows: Iterable[Counted], by: str) -> list[Count]:
    """Requests by requester, ground or result, small ones hidden.

    Where just one is hidden it would be the total less the others, so the next small one is
    hidden with it.
    """
    found: dict[str, int] = {}
    for row in rows:
        name = str(getattr(row, by))
        found[name] = found.get(name, 0) + 1
    small = {name for name, count in found.items() if count < FEWEST}
    if len(small) == 1 and len(found) > 1:
        rest = {name: count for name, count in found.items() if name not in small}
        small.add(min(rest, key=lambda name: (rest[name], name)))
    return [Count(name, None if name in small else count) for name, count in sorted(found.items())]
