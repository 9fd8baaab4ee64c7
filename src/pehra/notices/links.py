"""Links by which a recipient answers without an account: signed, about one notice, for some weeks.

Opening one does nothing, since scanners of mail open every link; the page behind it asks, and only
what is sent from there counts. A link names nothing but a number and a day.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from datetime import UTC, date, datetime, timedelta

import msgspec

_FORM = struct.Struct(">QI")
_MAC = 16
_EPOCH = date(1970, 1, 1)
_LONGEST_NUMBER = 18
_LABEL = b"pehra.notices.links/1"


class Link(msgspec.Struct, frozen=True):
    """What a link says.

    Attributes:
        notice: number.
        until: the last day, UTC, on which it can be answered.
    """

    notice: int
    until: date


def key_of(secret: str) -> bytes:
    """The key of links, from the home's secret: who has a link learns nothing of other keys."""
    return hmac.digest(secret.encode(), _LABEL, hashlib.sha256)


def sign(link: Link, key: bytes) -> str:
    """The last part of the link's address; 38 characters that a mail program does not break."""
    told = _FORM.pack(link.notice, (link.until - _EPOCH).days)
    return base64.urlsafe_b64encode(told + _mac(told, key)).decode().rstrip("=")


def _mac(told: bytes, key: bytes) -> bytes:
    return hmac.digest(key, told, hashlib.sha256)[:_MAC]


def read(text: str, key: bytes, now: datetime) -> Link | None:
    """What a link says; None where it is not ours, or its time is over."""
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != _FORM.size + _MAC or base64.urlsafe_b64encode(raw).decode().rstrip("=") != text:
        return None
    told, mac = raw[: _FORM.size], raw[_FORM.size :]
    if not hmac.compare_digest(mac, _mac(told, key)):
        return None
    notice, days = _FORM.unpack(told)
    link = Link(notice, _EPOCH + timedelta(days=days))
    return link if now.astimezone(UTC).date() <= link.until else None


def tag(notice: int, key: bytes) -> str:
    """What stands behind the name of the address for replies: the notice's number, signed.

    Letters of base32, since mail servers may change the case of an address.
    """
    proof = hmac.digest(key, f"reply:{notice}".encode(), hashlib.sha256)[:10]
    return f"n{notice}.{base64.b32encode(proof).decode().lower()}"


def tagged(text: str, key: bytes) -> int | None:
    """The notice that a tag names; None where it is not ours."""
    number = text.partition(".")[0].removeprefix("n")
    if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER):
        return None
    ours = tag(int(number), key)
    return int(number) if hmac.compare_digest(ours.encode(), text.lower().encode()) else None
