"""What a key looks like, what it may open, how long it lives, and who may give one."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.errors import Refused, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from pehra.mandate.rules import Post

MARK = "pehra"
SECRET_BYTES = 32
NAME_BYTES = 6
LONGEST = timedelta(days=366)
USUAL = timedelta(days=90)
_LINE = re.compile(rf"{MARK}_([0-9a-f]{{12}})_([A-Za-z0-9_-]{{43}})")
_FOR_ORGANISATIONS = frozenset({"ENH", "ENT"})
_FOR_TEAMS = frozenset({"DIR", "SUP"})


class Scope(StrEnum):
    """What a key may be used for; it never opens more than its owner sees."""

    READ_FINDINGS = "read:findings"
    ANSWER_FINDINGS = "answer:findings"
    READ_OBSERVATIONS = "read:observations"
    READ_NOTICES = "read:notices"
    FETCH_LETTERS = "fetch:letters"
    READ_REGISTRY = "read:registry"
    WRITE_REGISTRY = "write:registry"
    READ_INTAKE = "read:intake"
    READ_JOBS = "read:jobs"
    READ_LEDGER = "read:ledger"
    WRITE_REPORTS = "write:reports"
    ADD_EVIDENCE = "add:evidence"


class Owner(msgspec.Struct, frozen=True):
    """Whose key it is: exactly one of an organisation and a team.

    Attributes:
        organisation: its id, or null.
        team: its id, or null.
        slug: of the one.
    """

    organisation: int | None
    team: int | None
    slug: str

    @property
    def subject(self) -> str:
        """As the ledger names it."""
        return f"{'team' if self.organisation is None else 'organisation'}:{self.slug}"


class Minted(msgspec.Struct, frozen=True):
    """A new key.

    Attributes:
        text: what its owner keeps; it is shown once.
        name: the public part, by which it is found.
        digest: SHA-256 of the whole, by which it is known again. The secret has 256 random bits,
            so no slow hash is needed.
    """

    text: str
    name: str
    digest: bytes


def digest_of(text: str) -> bytes:
    """By what a key is known again."""
    return hashlib.sha256(text.encode()).digest()


def mint(random: bytes) -> Minted:
    """Make a key out of `NAME_BYTES + SECRET_BYTES` random bytes."""
    name = random[:NAME_BYTES].hex()
    secret = base64.urlsafe_b64encode(random[NAME_BYTES:]).rstrip(b"=").decode()
    text = f"{MARK}_{name}_{secret}"
    return Minted(text, name, digest_of(text))


def name_in(text: str) -> str:
    """The public part of what somebody sent as a key; empty where it is none."""
    found = _LINE.fullmatch(text)
    return found[1] if found else ""


def check_scopes(words: Iterable[str]) -> list[Scope]:
    """The scopes that words name, in order and once.

    Raises:
        UsageError: an unknown word, or none at all.
    """
    asked, known = list(words), ", ".join(Scope)
    strange = [word for word in asked if word not in set(Scope)]
    if strange:
        message = f"There is no scope `{strange[0]}`."
        raise UsageError(message, mend=f"Known: {known}.")
    if not asked:
        message = "A key without a scope opens nothing."
        raise UsageError(message, mend=f"Name one or more of: {known}.")
    return [scope for scope in Scope if scope in asked]


def check_end(expires: date, today: date) -> None:
    """Refuse a key that has ended already, or would live longer than a year.

    Raises:
        UsageError: it has ended.
        Refused: it lives too long.
    """
    if expires <= today:
        message = f"{expires.isoformat()} is not in the future."
        raise UsageError(message, mend="Give a later day.")
    if expires - today > LONGEST:
        message = f"A key lives {LONGEST.days} days at most."
        raise Refused(message, mend="Give an earlier day, and a new key in time.")


def may_give(posts: Iterable[Post], owner: Owner) -> bool:
    """Whether one of the posts gives and revokes keys of that owner.

    An organisation's own head or officer, a team's own director or supervisor, and the national
    team's director or supervisor for everybody.
    """
    return any(
        (post.tier == "national" and post.role in _FOR_TEAMS)
        or (owner.team is not None and post.team == owner.team and post.role in _FOR_TEAMS)
        or (
            owner.organisation is not None
            and post.organisation == owner.organisation
            and post.role in _FOR_ORGANISATIONS
        )
        for post in posts
    )


def live(expires: date, *, revoked: bool, today: date) -> bool:
    """Whether a key opens anything today; on the day on which it expires it does no more."""
    return not revoked and today < expires
