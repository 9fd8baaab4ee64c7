"""Who controls an asset: which proof fits it, what is to be shown, when it counts and when it ends.

Pure. A proof is asked for with a secret word that the holder shows where only the holder can: in
the name's DNS, on its web server, in the mailbox that the address registry names, or in a signed
letter. It makes a claim by the holder's own word (source `self`). It is looked at again every 90
days, and at once when somebody else claims the asset. While no answer can be had, nothing changes;
where the word is gone for a week, or for a day once another has proven control, the claim ends.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

import msgspec

from pehra.kernel.errors import Refused, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

Method = Literal["dns-txt", "https-file", "registry-mailbox", "letter"]
State = Literal["asked", "proved", "lapsed", "refused", "withdrawn"]

METHODS: dict[str, tuple[Method, ...]] = {
    "domain": ("dns-txt", "https-file", "registry-mailbox", "letter"),
    "prefix": ("registry-mailbox", "letter"),
    "asn": ("registry-mailbox", "letter"),
    "software": (),
}
"""Ways by which control of each kind of asset is proven, the surest that needs nobody first."""

CONFIDENCE: dict[str, int] = {
    "dns-txt": 90,
    "https-file": 80,
    "registry-mailbox": 85,
    "letter": 95,
}
"""Per cent, of the claim that a proof makes."""

MACHINE: tuple[Method, ...] = ("dns-txt", "https-file")
"""Those that are looked at without a person."""

MOST_ASKED = 20
"""Open requests of one organisation at a time."""
ASKED_FOR = timedelta(days=14)
"""A request that nobody answers ends then."""
LIFE = timedelta(days=90)
"""After this a proof is looked at again."""
GRACE = timedelta(days=7)
"""For so long a word may be missing before the claim ends: servers move."""
GRACE_RIVALLED = timedelta(days=1)
"""The same once somebody else has proven control: the asset has changed hands."""
OUT_OF_REACH = timedelta(days=30)
"""For so long past its time a proof stands without an answer of any kind."""
_RETRY = timedelta(days=1)
_SOON = timedelta(minutes=10)

_WORD = "pehra-control="


def check_method(kind: str, method: str) -> None:
    """Refuse a way that proves nothing of such an asset.

    Raises:
        UsageError: names those that do.
    """
    fitting = METHODS.get(kind, ())
    if method not in fitting:
        message = f"`{method}` does not prove control of a {kind}."
        mend = f"Ways: {', '.join(fitting)}." if fitting else "Ask your CERT to enter it."
        raise UsageError(message, mend=mend)


def check_number(asked: int) -> None:
    """Refuse more open requests than one organisation can need.

    Raises:
        Refused: says how many.
    """
    if asked >= MOST_ASKED:
        message = f"{asked} requests are open already."
        raise Refused(message, mend="Answer or withdraw some of them first.")


def shown(token: str) -> str:
    """The line that the holder shows."""
    return f"{_WORD}{token}"


def dns_name(domain: str) -> str:
    """Name at which the TXT record stands."""
    return f"_pehra-control.{domain}"


def file_url(domain: str) -> str:
    """Address at which the file stands."""
    return f"https://{domain}/.well-known/pehra-control.txt"


def holds(texts: Iterable[str], token: str) -> bool:
    """Whether one of the texts is the line, whatever white space is around it."""
    return any(text.strip() == shown(token) for text in texts)


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A proof of control, as it stands."""

    method: str
    state: State
    asked_at: datetime
    proved_at: datetime | None = None
    last_checked: datetime | None = None
    missing_since: datetime | None = None
    expires_at: datetime | None = None

    @property
    def stands(self) -> bool:
        """Whether it carries a claim."""
        return self.state == "proved"


def proven(proof: Proof, now: datetime) -> Proof:
    """The proof once the word was found, the link answered or the letter recorded."""
    return msgspec.structs.replace(
        proof,
        state="proved",
        proved_at=proof.proved_at if proof.stands else now,
        last_checked=now,
        missing_since=None,
        expires_at=now + LIFE,
    )


def checked(proof: Proof, found: bool | None, now: datetime, *, rivalled: bool = False) -> Proof:  # noqa: FBT001 three answers, one of them none
    """The proof after it was looked at.

    Args:
        proof: `asked` or `proved`; any other is done with, and stays.
        found: whether the word is there; null: nobody answered.
        now: of the look.
        rivalled: somebody else has proven control of the asset since.
    """
    if proof.state not in ("asked", "proved"):
        return proof
    if found:
        return proven(proof, now)
    looked = msgspec.structs.replace(proof, last_checked=now)
    if proof.state == "asked":
        over = now >= proof.asked_at + ASKED_FOR
        return msgspec.structs.replace(looked, state="lapsed") if over else looked
    late = proof.expires_at is not None and now >= proof.expires_at + OUT_OF_REACH
    since = proof.missing_since or (now if found is False else None)
    grace = GRACE_RIVALLED if rivalled else GRACE
    gone = found is False and since is not None and now >= since + grace
    state: State = "lapsed" if late or gone else "proved"
    return msgspec.structs.replace(looked, missing_since=since, state=state)


def due(proof: Proof, now: datetime, *, claimed_at: datetime | None = None) -> bool:
    """Whether a proof is to be looked at now.

    Args:
        proof: any.
        now: of the round.
        claimed_at: when somebody else last claimed the asset.
    """
    since = proof.last_checked
    if proof.state == "asked":
        return since is None or now >= since + _wait(proof, now)
    if not proof.stands:
        return False
    if since is None or (claimed_at is not None and claimed_at > since):
        return True
    late = proof.missing_since is not None or (
        proof.expires_at is not None and now >= proof.expires_at
    )
    return late and now >= since + _RETRY


def _wait(proof: Proof, now: datetime) -> timedelta:
    """A request is looked at often on its first day, then once a day."""
    return _SOON if now < proof.asked_at + _RETRY else _RETRY
