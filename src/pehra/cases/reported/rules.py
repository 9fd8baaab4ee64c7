"""What people report, by which door, what may become of it, and which comes first. Pure."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.errors import IllegalStep, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


class Kind(StrEnum):
    """What is reported."""

    LINK = "link"
    MESSAGE = "message"
    MAIL = "mail"
    NUMBER = "number"
    VULNERABILITY = "vulnerability"
    INCIDENT = "incident"


class Door(StrEnum):
    """By which way it came."""

    FORM = "form"
    MAIL = "mail"
    SMS = "sms"
    API = "api"
    PHONE = "phone"
    COMMAND = "command"


class State(StrEnum):
    """Where a cluster stands."""

    OPEN = "open"
    CASE = "case"
    LAWFUL = "lawful"
    SPAM = "spam"
    DUPLICATE = "duplicate"


class Room(StrEnum):
    """What is compared with what: a weakness that is told in confidence is like no spam."""

    HARM = "harm"
    INCIDENT = "incident"
    VULNERABILITY = "vulnerability"


ROOMS: Mapping[Kind, Room] = {
    Kind.LINK: Room.HARM,
    Kind.MESSAGE: Room.HARM,
    Kind.MAIL: Room.HARM,
    Kind.NUMBER: Room.HARM,
    Kind.VULNERABILITY: Room.VULNERABILITY,
    Kind.INCIDENT: Room.INCIDENT,
}

HEAVY = frozenset({Kind.INCIDENT, Kind.VULNERABILITY})
"""What is told of one owner: never gathered, and compared only with what is told of the same."""

STEPS: Mapping[State, frozenset[State]] = {
    State.OPEN: frozenset({State.CASE, State.LAWFUL, State.SPAM, State.DUPLICATE}),
    State.LAWFUL: frozenset({State.OPEN}),
    State.SPAM: frozenset({State.OPEN}),
    State.CASE: frozenset(),
    State.DUPLICATE: frozenset(),
}
"""From each state, those that may follow. What is in a case goes on there."""

ANSWERED = frozenset({State.LAWFUL, State.SPAM})
"""A person decided; what is the very same thing is answered by it too."""

OFTEN = 30
"""Reports an hour from one place; what comes beyond is kept, and gathered in one line."""
LONGEST_TEXT = 20_000
LONGEST_URL = 2_000
LONGEST_WORDS = 2_000
MOST_PARTS = 20
LARGEST_PART = 10 << 20
"""Bytes of one file of the form."""
LARGEST_MAIL = 64 << 20
"""Bytes of one mail; a larger one is a report that says only from when it is."""
CONTACT_KEPT, CONTACT_KEPT_UNTOLD = timedelta(days=90), timedelta(days=365)
"""A contact is forgotten so long after the last word to it; after it came, where nobody decided."""
_MANY = 20
_BROAD = 10
_MOST_OF = 0.8
_SURE, _LIKELY = 0.8, 0.5


class Filed(msgspec.Struct, frozen=True):
    """What came of filing a report.

    Attributes:
        number: by which its fate is asked; the answer at once to whoever reports.
        report: its id.
        cluster: id of the cluster that it is in.
        new: nothing like it was known.
        gathered: too many came from its place in this hour; it is kept, in one line with those.
        again: the same delivery came before, and this is its report.
    """

    number: str
    report: int
    cluster: int
    new: bool
    gathered: bool
    again: bool = False


class Share(StrEnum):
    """What a report has in common with a cluster."""

    WHOLE = "whole"
    """All that it names, or its very words."""
    PART = "part"
    """One of the things that it names."""
    ALIKE = "alike"
    """Its text is alike, or it names a page that differs in its query."""
    SITE = "site"
    """It names another page of the same site."""


class Match(msgspec.Struct, frozen=True):
    """A cluster that shares something with a report: its id, where it stands, and what it is."""

    cluster: int
    state: State
    share: Share


class Place(msgspec.Struct, frozen=True):
    """Where a report goes: into a cluster, or into a new one that is like another."""

    cluster: int | None = None
    like: int | None = None


def placed(matches: Sequence[Match], kind: Kind) -> Place:
    """Where a report goes, its matches in the order of their weight.

    What a person decided holds for what is the very same as a whole; what shares less is looked at
    anew, and so is each incident and weakness.
    """
    like = None
    for one in matches:
        if _is_joined(one, kind):
            return Place(one.cluster)
        if one.state != State.OPEN:
            like = like or one.cluster
    return Place(None, like)


def _is_joined(one: Match, kind: Kind) -> bool:
    if one.share == Share.SITE or (kind in HEAVY and one.state != State.OPEN):
        return False
    return one.state not in ANSWERED or one.share == Share.WHOLE


class Crowd(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a cluster where it is ranked.

    Attributes:
        kind: of its first report.
        score: chance of harm as triage guesses it, 0 to 1.
        reports: how many.
        origins: from how many places.
        top: of the place that sent the most.
        gathered: a line of what came too often from one place.
        like: something like it was decided on before.
    """

    kind: Kind
    score: float
    reports: int
    origins: int
    top: int
    gathered: bool
    like: bool


def grade(crowd: Crowd) -> int:
    """How far up a cluster stands in the list, 0 to 6; how many reports it has adds nothing.

    What hurts most comes first, then what nobody has seen before, then what many places tell of.
    """
    if crowd.gathered:
        return 0
    heavy = crowd.kind in HEAVY
    found = 2 + 2 * heavy + (crowd.score >= _LIKELY) + (crowd.score >= _SURE)
    found += crowd.origins >= _BROAD
    found -= 2 * is_flood(crowd.reports, crowd.top)
    found -= crowd.like
    return max(0, min(6, found))


def is_flood(reports: int, top: int) -> bool:
    """Whether nearly all of many reports come from one place."""
    return reports >= _MANY and top >= _MOST_OF * reports


def check_step(old: State, new: State) -> None:
    """See that a cluster may go from one state to another.

    Raises:
        IllegalStep: it may not.
    """
    if new not in STEPS[old]:
        message = f"A cluster that is `{old}` does not become `{new}`."
        mend = (
            "Open it again first." if State.OPEN in STEPS[old] else "What follows is in its case."
        )
        raise IllegalStep(message, mend=mend)


def due(first_at: datetime, hours: int) -> datetime:
    """Until when a person has looked at a cluster."""
    return first_at + timedelta(hours=hours)


class Contact(msgspec.Struct, frozen=True):
    """How the reporter may be told; either may be empty."""

    mail: str = ""
    phone: str = ""

    def __bool__(self) -> bool:
        return bool(self.mail or self.phone)


class Part(msgspec.Struct, frozen=True):
    """A file that came with a report. It is never opened here.

    Attributes:
        name: as its sender says.
        media_type: as its sender says.
        sha256: of its bytes; empty: they are still to be kept.
        size: bytes.
        data: it itself.
    """

    name: str
    media_type: str
    sha256: str
    size: int
    data: bytes = b""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody reports.

    Attributes:
        text: in their words, or the message that they got.
        url: the address that it is about.
        subject: of a mail.
        parts: files.
        origin: names the place that it came from; kept only as a digest with a secret.
        delivery: names the message that brought it, so that none counts twice; empty: nothing does.
        organisation: slug of whom it is about, as a desk says.
        robot: a trap for programs was filled in.
    """

    kind: Kind
    door: Door
    text: str = ""
    url: str = ""
    subject: str = ""
    contact: Contact = Contact()
    language: str = "en"
    parts: tuple[Part, ...] = ()
    origin: str = ""
    delivery: str = ""
    organisation: str = ""
    robot: bool = False


def checked(wish: Wish) -> Wish:
    """A wish that can be kept.

    Raises:
        UsageError: it says nothing at all.
    """
    tidy = msgspec.structs.replace(
        wish,
        text=clean(wish.text)[:LONGEST_TEXT].strip(),
        url=clean(wish.url)[:LONGEST_URL].strip(),
        subject=" ".join(clean(wish.subject).split())[:240],
        parts=wish.parts[:MOST_PARTS],
        language=wish.language if wish.language in ("en", "ur") else "en",
    )
    if not (tidy.text or tidy.url or tidy.subject or tidy.parts):
        message = "The report says nothing."
        raise UsageError(message, mend="Give a link, a text or a file.")
    return tidy


def clean(text: str) -> str:
    """A text that a row and a page can carry: no half characters, no control ones but breaks."""
    sound = text.encode("utf-8", "replace").decode("utf-8")
    kept = (one for one in sound if one in "\n\t\u200c\u200d" or one.isprintable())
    return "".join(kept)
