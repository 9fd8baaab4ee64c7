"""Signed links of advisories: to acknowledge one, to confirm a subscription and to end it.

Their form is that of the links of notices; each purpose has a key of its own, so that a link of one
opens nothing of another.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from pehra.notices import links

if TYPE_CHECKING:
    from datetime import datetime


class Purpose(StrEnum):
    """What a link is for."""

    RECEIVED = "received"
    CONFIRM = "confirm"
    LEAVE = "leave"


LIFE = {
    Purpose.RECEIVED: timedelta(days=60),
    Purpose.CONFIRM: timedelta(days=3),
    Purpose.LEAVE: timedelta(days=3650),
}


def _key(secret: str, purpose: Purpose) -> bytes:
    label = f"pehra.outreach.{purpose}/1".encode()
    return hmac.digest(secret.encode(), label, hashlib.sha256)


def sign(purpose: Purpose, number: int, secret: str, on: date) -> str:
    """The last part of a link's address."""
    return links.sign(links.Link(number, on + LIFE[purpose]), _key(secret, purpose))


def read(purpose: Purpose, text: str, secret: str, now: datetime) -> int | None:
    """The number of the row that a link names; None where it is not ours, or its time is over."""
    found = links.read(text, _key(secret, purpose), now)
    return found.notice if found else None
