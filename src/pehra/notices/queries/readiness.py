"""What is set up, and what is missing before messages can go out to everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.dispatch.mailing import password_of, secret_of
from pehra.dispatch.queries import sending
from pehra.dispatch.rules import Mode
from pehra.kernel.errors import PehraError
from pehra.mandate.powers import Power
from pehra.mandate.queries import holders
from pehra.mandate.queries.calendar import calendar
from pehra.mandate.queries.offices import offices
from pehra.mandate.queries.powers import powers_on
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices.queries import approvals
from pehra.registry.queries.contacts import reachable_contacts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pehra.kernel.settings import Home, Settings

_HANDLE = Power("handle-reports")
_TWO = 2
_ENOUGH = 0.9
"""Of the organisations have a contact: below that, too many would not be told."""


class Point(msgspec.Struct, frozen=True):
    """One thing that must be so.

    Attributes:
        code: `relay`, `password`, `signing`, `address`, `contacts`, `approvals`, `two`, `holidays`,
            `live`.
        ready: whether it is.
        done: how many of it, where it is counted.
        whole: out of how many; 0: it is not counted.
    """

    code: str
    ready: bool
    done: int = 0
    whole: int = 0


def readiness(home: Home, settings: Settings, now: datetime) -> list[Point]:
    """All of it, in the order in which it is set up."""
    return [*_mail(home, settings), *_people(now), *_content(now)]


def _mail(home: Home, settings: Settings) -> Iterator[Point]:
    mail = settings.mail
    yield Point("relay", bool(mail.host and mail.sender))
    yield Point("password", not mail.login or bool(_kept(home)))
    yield Point("signing", any(_is_there(home, name) for name in ("openpgp.key", "smime.key")))
    yield Point("address", settings.notices.address.startswith("https://"))


def _kept(home: Home) -> str:
    try:
        return password_of(home)
    except PehraError:
        return ""


def _is_there(home: Home, name: str) -> bool:
    try:
        return bool(secret_of(home, name))
    except PehraError:
        return False


def _people(now: datetime) -> Iterator[Point]:
    deciding = {
        slug
        for one in powers_on(now.date(), act=_HANDLE.act)
        if one.does == _HANDLE.does
        for slug in one.offices
    }
    found = [one for one in offices(now.date()) if one.slug in deciding]
    people = {holder.email for one in found for holder in one.holders}
    yield Point("two", len(people) >= _TWO, min(len(people), _TWO), _TWO)
    confirmed = [number for number, row in holders().values() if row.standing == "confirmed"]
    told = reachable_contacts(confirmed, viewer=SYSTEM_VIEWER, now=now)
    reached = told["organisation"].drop_nulls().n_unique()
    yield Point("contacts", reached >= _ENOUGH * max(len(confirmed), 1), reached, len(confirmed))


def _content(now: datetime) -> Iterator[Point]:
    put = approvals()
    done = sum(one.second_at is not None for one in put)
    yield Point("approvals", bool(put) and done == len(put), done, len(put))
    years = (f"{now.year}-", f"{now.year + 1}-")
    dated = sum(row.day.startswith(years) for row in calendar().holidays)
    yield Point("holidays", dated > 0, dated)
    yield Point("live", sending().mode == Mode.LIVE)
