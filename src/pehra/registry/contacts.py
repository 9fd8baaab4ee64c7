"""What may be said of a contact, when it counts as unhealthy, and which of several are told.

Pure. What a person gave beats what a registry says: an automatic contact is told only while its
organisation has no healthy one of the same purpose that a person gave.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import polars as pl

from pehra.kernel.errors import UsageError
from pehra.kernel.labels import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LANGUAGES = ("en", "ur")
PURPOSES = ("abuse", "technical", "24x7", "ciso", "head")
SEVERITIES = tuple(severity.word for severity in sorted(Severity, reverse=True))

MOST_BOUNCES = 3
"""In a row: an address that refused three mails is taken for dead."""
MOST_SILENCES = 5
MOST_WRONG_OWNER = 2
LINK_LIFE = timedelta(days=14)
"""For so long a link that verifies an address can be answered."""
_LONGEST_INTERVAL = 24 * 366
_WIDEST_MAIL = 254

_MAIL = re.compile(r"^[^@\s]{1,64}@[^@\s]+\.[^@\s.]+$")
_PHONE = re.compile(r"^\+?[0-9 ()./-]{3,39}$")
_INHIBITED = re.compile(r"^[a-z0-9][a-z0-9.-]{0,63}$")
_QUIET = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$")
_INTERVAL = re.compile(r"^([a-z]+)=(\d{1,4})$")

Event = Literal["arrived", "answered", "bounced", "silent", "wrong-owner"]
"""What was learned of a contact."""


class ContactFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to tell and how; times of day are in the nation's zone."""

    purpose: str
    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = "en"
    source: str = ""
    automatic: bool = False
    active: bool = True
    quiet_from: time | None = None
    quiet_to: time | None = None
    business_days: bool = False
    intervals: dict[str, int] = {}
    inhibits: tuple[str, ...] = ()


class FoundContact(msgspec.Struct, frozen=True, kw_only=True):
    """A contact as something published names it; nobody has answered from it yet."""

    purpose: str
    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = "en"


def answer_of(data: bytes) -> dict[str, Any]:
    """The object that a registry answered with.

    Raises:
        ValueError: the bytes are no JSON object.
    """
    answer = msgspec.json.decode(data)
    if not isinstance(answer, dict):
        message = "no JSON object"
        raise ValueError(message)  # noqa: TRY004 what the bytes say, not what the caller gave
    return answer


def sound(found: Iterable[FoundContact]) -> list[FoundContact]:
    """Those that mail or a telephone can follow, each once; what is malformed is left out."""
    kept: dict[tuple[str, str, str], FoundContact] = {}
    for one in found:
        email = one.email.strip().lower() if _MAIL.match(one.email.strip()) else ""
        phone = one.phone.strip() if _PHONE.match(one.phone.strip()) else ""
        if (email or phone) and len(email) <= _WIDEST_MAIL:
            name = " ".join(one.name.split())[:160]
            plain = msgspec.structs.replace(one, name=name, email=email, phone=phone)
            kept.setdefault((one.purpose, email, phone), plain)
    return list(kept.values())


class KeyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A key as whoever can read it says; `fingerprint` is hexadecimal."""

    kind: Literal["openpgp", "smime"]
    content: bytes
    fingerprint: str
    expires_at: datetime | None = None


class KeyOnFile(msgspec.Struct, frozen=True, kw_only=True):
    """A key by which a contact's word is known; `holder` is its address, else its name."""

    organisation: int
    holder: str
    kind: str
    content: bytes
    fingerprint: str
    expires_at: datetime | None = None


def check(facts: ContactFacts) -> None:
    """Refuse facts that no mail could follow.

    Raises:
        UsageError: says which, and what to write instead.
    """
    known = "Known: "
    if facts.purpose not in PURPOSES:
        message = f"`{facts.purpose}` is no purpose of a contact."
        raise UsageError(message, mend=f"{known}{', '.join(PURPOSES)}.")
    if not facts.email and not facts.phone:
        msg = "A contact needs a mail address or a telephone number."
        raise UsageError(msg, mend="Give one of them.")
    if facts.email and not _MAIL.match(facts.email):
        message = f"`{facts.email}` is no mail address."
        raise UsageError(message, mend="Write it as name@example.org.")
    if facts.phone and not _PHONE.match(facts.phone):
        message = f"`{facts.phone}` is no telephone number."
        raise UsageError(message, mend="Write it as +92 51 0000000.")
    if facts.language not in LANGUAGES:
        message = f"`{facts.language}` is no language of the notices."
        raise UsageError(message, mend=f"{known}{', '.join(LANGUAGES)}.")
    if (facts.quiet_from is None) != (facts.quiet_to is None):
        msg = "Quiet hours have a beginning and an end."
        raise UsageError(msg, mend="Give both, or neither.")
    _check_words(facts)


def _check_words(facts: ContactFacts) -> None:
    for word, hours in facts.intervals.items():
        if word not in SEVERITIES or not 0 <= hours <= _LONGEST_INTERVAL:
            message = f"`{word}={hours}` is no interval."
            raise UsageError(message, mend=f"Hours for one of: {', '.join(SEVERITIES)}.")
    for word in facts.inhibits:
        if not _INHIBITED.match(word):
            message = f"`{word}` is no class, type or identifier."
            raise UsageError(message, mend="Write it as `open-telnet` or `vulnerable`.")


def quiet_text(since: time | None, until: time | None) -> str:
    """Quiet hours as a register writes them, `22:00-07:00`; empty: none."""
    return "" if since is None or until is None else f"{since:%H:%M}-{until:%H:%M}"


def quiet_of(text: str) -> tuple[time, time] | None:
    """Quiet hours of a register's text; null where it is none."""
    found = _QUIET.match(text)
    if found is None:
        return None
    one, two, three, four = map(int, found.groups())
    return time(one, two), time(three, four)


def intervals_text(intervals: Mapping[str, int]) -> str:
    """Intervals as a register writes them, the worst severity first: `high=24 low=168`."""
    return " ".join(f"{word}={intervals[word]}" for word in SEVERITIES if word in intervals)


def intervals_of(text: str) -> dict[str, int] | None:
    """Intervals of a register's text; null where it is not understood."""
    found = [_INTERVAL.match(part) for part in text.split()]
    pairs = [(one[1], int(one[2])) for one in found if one is not None]
    sound = len(pairs) == len(found) == len({word for word, _ in pairs})
    sound = sound and all(word in SEVERITIES and h <= _LONGEST_INTERVAL for word, h in pairs)
    return dict(pairs) if sound else None


def inhibits_of(text: str) -> tuple[str, ...] | None:
    """Words of a register's text; null where one is no class, type or identifier."""
    words = tuple(text.split())
    return words if all(map(_INHIBITED.match, words)) else None


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of how a contact answers."""

    bounces: int = 0
    last_bounce: datetime | None = None
    last_answer: datetime | None = None
    silences: int = 0
    wrong_owner: int = 0
    unhealthy_since: datetime | None = None


def after(health: Health, event: Event, now: datetime) -> Health:
    """Health once something more was learned.

    An answer proves that the address works, not that the holder is the right one: what makes a
    contact unhealthy by "not ours" ends when it is verified (`verified`).
    """
    told: dict[Event, dict[str, Any]] = {
        "arrived": {"bounces": 0},
        "answered": {"bounces": 0, "silences": 0, "last_answer": now},
        "bounced": {"bounces": health.bounces + 1, "last_bounce": now},
        "silent": {"silences": health.silences + 1},
        "wrong-owner": {
            "bounces": 0,
            "silences": 0,
            "last_answer": now,
            "wrong_owner": health.wrong_owner + 1,
        },
    }
    new = msgspec.structs.replace(health, **told[event])
    since = None if well(new) else health.unhealthy_since or now
    return msgspec.structs.replace(new, unhealthy_since=since)


def well(health: Health) -> bool:
    """Whether mail to it is worth sending."""
    return (
        health.bounces < MOST_BOUNCES
        and health.silences < MOST_SILENCES
        and health.wrong_owner < MOST_WRONG_OWNER
    )


def verified(health: Health) -> Health:
    """Health once the link was answered: all that was held against the contact is over."""
    return Health(last_bounce=health.last_bounce, last_answer=health.last_answer)


def token_digest(token: str) -> str:
    """What is kept of a link's token, so that nobody who reads the table can answer it."""
    return hashlib.sha256(token.encode()).hexdigest()


def answerable(asked_at: datetime | None, now: datetime) -> bool:
    """Whether a link that went out then can still be answered."""
    return asked_at is not None and asked_at <= now < asked_at + LINK_LIFE


REACHABLE: dict[str, pl.DataType | type[pl.DataType]] = {
    "contact": pl.Int64(),
    "organisation": pl.Int64(),
    "team": pl.Int64(),
    "purpose": pl.String(),
    "name": pl.String(),
    "address": pl.String(),
    "phone": pl.String(),
    "language": pl.String(),
    "automatic": pl.Boolean(),
    "verified": pl.Boolean(),
    "healthy": pl.Boolean(),
    "quiet_from": pl.Time(),
    "quiet_to": pl.Time(),
    "business_days": pl.Boolean(),
    "intervals": pl.Struct(dict.fromkeys(SEVERITIES, pl.Int32())),
    "inhibits": pl.List(pl.String()),
    "has_key": pl.Boolean(),
}
"""Columns of contacts that can be told. `address` is a mail address, empty where only a telephone
number is known; an interval is in hours, null: as usual."""


def told(contacts: pl.DataFrame) -> pl.DataFrame:
    """Those of `REACHABLE` that are told: an automatic one gives way to what a person gave."""
    given = contacts.filter(~pl.col("automatic") & pl.col("healthy") & (pl.col("address") != ""))
    beats = given.select("organisation", "team", "purpose").unique()
    beaten = contacts.filter("automatic").join(
        beats, on=["organisation", "team", "purpose"], how="semi", nulls_equal=True
    )
    return contacts.join(beaten.select("contact"), on="contact", how="anti", maintain_order="left")
