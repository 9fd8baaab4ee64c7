"""An organisation asks for an account: what it says of itself, and how long an invitation lives.

Pure. Whoever asks is believed nothing: what is accepted is a new organisation that holds nothing,
and sees nothing until it proves control of what it holds.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.errors import Refused, UsageError

if TYPE_CHECKING:
    from datetime import datetime

LIFE = timedelta(days=7)
"""For so long an invitation's link is answered."""
MOST_WAITING = 500
"""Applications that may wait at a time: more are not read by anybody."""
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_WIDEST = 64


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What an organisation says of itself and of the person who asks."""

    name: str
    sector: str = ""
    website: str = ""
    person: str
    email: str
    phone: str = ""
    language: str = "en"
    networks: str


def check_slug(slug: str) -> str:
    """The short name under which an organisation will be known.

    Raises:
        UsageError: it is none.
    """
    found = slug.strip().lower()
    if not _SLUG.fullmatch(found) or len(found) > _WIDEST:
        message = f"`{slug[:_WIDEST]}` is no short name."
        raise UsageError(message, mend="Write it as `river-bank`.")
    return found


def check_waits(state: str, number: int) -> None:
    """See that nobody has decided on an application yet.

    Raises:
        Refused: somebody has.
    """
    if state != "asked":
        message = f"Application {number} is {state}."
        raise Refused(message, mend="See the list for those that wait.")


def check_room(waiting: int) -> None:
    """See that one more application may wait.

    Raises:
        Refused: too many do.
    """
    if waiting >= MOST_WAITING:
        msg = "No more applications are taken just now."
        raise Refused(msg, mend="Ask again in some days.")


def answered(expires: datetime | None, now: datetime) -> bool:
    """Whether an invitation's link is still answered."""
    return expires is not None and now < expires
