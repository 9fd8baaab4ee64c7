"""The number of a report, by mail to the address that it left; a few a day for each address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db.models import F

from pehra.cases.models.report import OriginHour
from pehra.cases.reported.letters import received
from pehra.dispatch.actions.releasing import release
from pehra.dispatch.rules import Outgoing, Recipient
from pehra.kernel.actors import SYSTEM
from pehra.kernel.labels import Tlp
from pehra.kernel.time import micros

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.cases.reported.rules import Wish
    from pehra.dispatch.letters import Letter

MOST_A_DAY = 3
"""Receipts for one address, whichever doors the reports came through: more would be a mail bomb."""
_DAY = 24 * 3_600 * 1_000_000


def mailbox_of(address: str) -> str:
    """What counts as one mailbox: an address without its case, and without what follows a plus."""
    name, _, host = address.casefold().rpartition("@")
    return f"{name.partition('+')[0]}@{host}"


class About(msgspec.Struct, frozen=True):
    """Which report: its id, its number, and a digest of its mailbox, made by this home alone."""

    report: int
    number: str
    mailbox: int


def acknowledge(about: About, wish: Wish, *, outside: str, now: datetime) -> bool:
    """Let the number go to the address, in the caller's transaction; False: it has had enough.

    Args:
        about: which report.
        wish: what it said.
        outside: address of the site.
        now: when.
    """
    if not _counted(about.mailbox, now):
        return False
    letter = received(about.number, outside, wish.language)
    to = wish.contact.mail, wish.language
    release([outgoing("received", about.report, to, letter)], actor=SYSTEM, now=now)
    return True


def _counted(mailbox: int, now: datetime) -> bool:
    # An address is counted beside the places, by the first hour of the day, and forgotten as they.
    hour = micros(now) // _DAY * 24
    row, _ = OriginHour.objects.get_or_create(origin=mailbox, hour=hour, defaults={"reports": 0})
    few = OriginHour.objects.filter(pk=row.pk, reports__lt=MOST_A_DAY)
    return few.update(reports=F("reports") + 1) == 1


def outgoing(what: str, report: int, to: tuple[str, str], letter: Letter) -> Outgoing:
    """A letter to a reporter.

    Args:
        what: names it among the letters about one report.
        report: id of the report.
        to: address and language.
        letter: it.
    """
    address, language = to
    return Outgoing(
        kind="answer-to-report",
        reference=f"citizen-report:{report}",
        key=f"citizen-report:{report}:{what}",
        recipient=Recipient(address=address, language=language),
        letter=letter,
        tlp=Tlp.CLEAR,
        urgent=what == "received",
    )
