"""The body of an entry: canonical JSON, the very bytes that the tree hashes.

Keys are sorted, nothing is padded, text is UTF-8: the same act always gives the same bytes. No
personal data stands in `facts`: ids, counts and digests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.kernel.actors import Actor  # noqa: TC001 msgspec reads the annotation when it runs
from pehra.kernel.errors import Damaged, UsageError
from pehra.kernel.time import iso

if TYPE_CHECKING:
    from datetime import datetime

JSON = Mapping[str, "JSON"] | Sequence["JSON"] | str | int | float | bool | None

VERSION = 1
LONGEST_ACT = 64
LONGEST_SUBJECT = 128
_ACT = re.compile(r"[a-z]+\.[a-z0-9_-]+")


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an entry says: who did what to which subject, when, and the facts of it."""

    v: int
    seq: int
    at: str
    """RFC 3339 in UTC."""
    act: str
    """Room and verb, such as `registry.import`."""
    actor: Actor
    subject: str
    """What it was done to, such as `batch:1f0c`."""
    facts: dict[str, Any]


_decoder = msgspec.json.Decoder(Body, strict=True)


def encode(
    seq: int, act: str, actor: Actor, subject: str, said: tuple[Mapping[str, JSON], datetime]
) -> bytes:
    """Canonical bytes of an act; `said` are its facts and its time.

    Raises:
        UsageError: a name that is too long or of another form, or facts that are not JSON.
    """
    if not _ACT.fullmatch(act) or len(act) > LONGEST_ACT:
        message = f"{act!r} is no act: `room.verb`, at most {LONGEST_ACT} characters."
        raise UsageError(message)
    if not subject or len(subject) > LONGEST_SUBJECT:
        message = f"A subject has 1 to {LONGEST_SUBJECT} characters, not {len(subject)}."
        raise UsageError(message)
    facts, now = said
    body = {
        "v": VERSION,
        "seq": seq,
        "at": iso(now),
        "act": act,
        "actor": {"name": actor.name, "office": actor.office},
        "subject": subject,
        "facts": facts,
    }
    try:
        text = json.dumps(
            body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
        return text.encode()
    except (TypeError, ValueError) as error:
        message = f"The facts of {act} cannot be written as JSON: {error}."
        raise UsageError(message, mend="Give ids, counts, digests and short words.") from None


def decode(body: bytes) -> Body:
    """Read a body; raises `Damaged` where it is none."""
    try:
        found = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        message = f"the body is not that of an act: {error}"
        raise Damaged(message) from None
    if found.v != VERSION:
        message = f"the body is of version {found.v}, this program reads {VERSION}"
        raise Damaged(message, mend="Use the version of Pehra that wrote it, or a newer one.")
    return found
