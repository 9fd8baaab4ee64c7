"""A letter for a machine: one JSON object, signed so that its receiver knows whose it is.

`Pehra-Signature: t=SECONDS,v1=HEX` is HMAC-SHA-256 (RFC 2104) over the seconds, a dot and the body.
The envelope's id is the same at every try: a receiver that has it already answers 200 and does
nothing, so trying again is safe where an answer was not heard.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from pehra.engines.mail.smtp import Answer, Outcome
from pehra.kernel.time import iso

if TYPE_CHECKING:
    from pehra.dispatch.letters import Letter

SIGNATURE, ENVELOPE = "pehra-signature", "pehra-envelope"
WINDOW = 300
"""Seconds within which a receiver should believe a signature; older ones may be replayed."""
_ACCEPTED, _REDIRECTS, _REFUSED, _FAULT = 200, 300, 400, 500
_LATER = frozenset({408, 425, 429})
_MOVED = frozenset({307, 308})
"""Redirects that keep the method (RFC 9110, section 15.4)."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What the object says beside the letter."""

    envelope: str
    kind: str
    reference: str
    tlp: str
    pap: str
    exercise: bool
    released_at: datetime


def body_of(letter: Letter, about: About) -> bytes:
    """The object, as bytes; the same for the same letter."""
    told = {
        **msgspec.structs.asdict(about),
        "released_at": iso(about.released_at),
        "language": letter.language,
        "subject": letter.subject,
        "text": letter.text,
        "attachments": [
            {
                "name": file.name,
                "media_type": file.media_type,
                "content": base64.b64encode(file.content).decode(),
            }
            for file in letter.attachments
        ],
    }
    return msgspec.json.encode(told)


def key_for(secret: bytes, address: str) -> str:
    """The key of one receiver, of the home's secret and the receiver's address, in hexadecimal."""
    return hmac.new(secret, b"webhook\n" + address.encode(), hashlib.sha256).hexdigest()


def sign(body: bytes, key: str, now: datetime) -> str:
    """The signature's header."""
    seconds = int(now.timestamp())
    return f"t={seconds},v1={_mac(body, key, seconds)}"


def _mac(body: bytes, key: str, seconds: int) -> str:
    return hmac.new(key.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()


def verify(body: bytes, header: str, key: str, now: datetime) -> bool:
    """Whether a signature is of this body, by this key, and fresh: what a receiver does."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    told = parts.get("t", "")
    if not (told.isascii() and told.isdigit() and len(told) < 12):  # noqa: PLR2004 seconds since 1970
        return False
    fresh = abs((now - datetime.fromtimestamp(int(told), tz=UTC)).total_seconds()) <= WINDOW
    return fresh and hmac.compare_digest(parts.get("v1", ""), _mac(body, key, int(told)))


def moved(status: int) -> bool:
    """Whether an answer sends the same question elsewhere."""
    return status in _MOVED


def heard(status: int, host: str) -> Answer:
    """What a receiver's status means."""
    outcome = Outcome.PERMANENT
    if _ACCEPTED <= status < _REDIRECTS:
        outcome = Outcome.ACCEPTED
    elif status in _LATER or status >= _FAULT:
        outcome = Outcome.TEMPORARY
    return Answer(outcome, status, words=f"It answers {status}.", by=host)
