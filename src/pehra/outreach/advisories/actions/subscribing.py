"""Subscribe to advisories, say yes by the link, and end it. An address is kept only meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from pehra.dispatch import actions as door
from pehra.dispatch.letters import is_address
from pehra.dispatch.rules import Outgoing, Recipient
from pehra.kernel.actors import SYSTEM, Actor
from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.labels import Severity, Tlp
from pehra.ledger.actions import append
from pehra.outreach.advisories import letters, links
from pehra.outreach.advisories.links import LIFE, Purpose
from pehra.outreach.models import Subscriber

if TYPE_CHECKING:
    from pehra.outreach.advisories.actions.telling import Desk

_MOST_WAITING = 2_000
_AGAIN = timedelta(hours=1)
"""An address is asked once in so long, however often the form is sent."""
_PUBLIC = Actor(name="public", office="form")
_LANGUAGES = ("en", "ur")


def subscribe(address: str, language: str, least: int, desk: Desk, *, now: datetime) -> None:
    """Ask an address whether it wants advisories; what is answered is the same for every address.

    Raises:
        UsageError: it is no address.
        Refused: too many wait for their answer.
    """
    address = address.strip().lower()
    if not is_address(address) or "." not in address.rpartition("@")[2]:
        message = "This is no mail address."
        raise UsageError(message, mend="Write it as name@example.org.")
    with transaction.atomic():
        known = Subscriber.objects.select_for_update().filter(address=address).first()
        if known is not None and (known.confirmed_at or now < known.asked_at + _AGAIN):
            return
        waiting = Subscriber.objects.filter(confirmed_at__isnull=True)
        if known is None and waiting.count() >= _MOST_WAITING:
            message = "Too many subscriptions wait for their answer."
            raise Refused(message, mend="Try again in some hours.")
        facts = {
            "language": language if language in _LANGUAGES else "en",
            "least": min(max(least, 0), Severity.CRITICAL),
            "asked_at": now,
        }
        row, _ = Subscriber.objects.update_or_create(address=address, defaults=facts)
        _ask(row, desk, now)


def _ask(row: Subscriber, desk: Desk, now: datetime) -> None:
    token = links.sign(Purpose.CONFIRM, row.pk, desk.secret, now.date())
    link = f"{desk.outside}/advisories/{Purpose.CONFIRM}/{token}/"
    item = Outgoing(
        kind="verification",
        reference=f"subscriber:{row.pk}",
        key=f"subscriber:{row.pk}:{int(now.timestamp())}",
        recipient=Recipient(address=row.address, language=row.language),
        letter=letters.confirmation(link, row.language),
        tlp=Tlp.CLEAR,
        urgent=True,
    )
    door.release([item], actor=SYSTEM, now=now)


def confirm(number: int, *, now: datetime) -> bool:
    """Begin to send to a subscriber who said yes; false where there is none any more."""
    with transaction.atomic():
        row = Subscriber.objects.select_for_update().filter(pk=number).first()
        if row is None:
            return False
        if row.confirmed_at is None:
            row.confirmed_at = now
            row.save(update_fields=["confirmed_at"])
            subject = f"subscriber:{row.pk}"
            append("outreach.subscribe", actor=_PUBLIC, subject=subject, facts={}, now=now)
        return True


def leave(number: int, *, now: datetime) -> None:
    """Forget a subscriber; done twice it changes nothing."""
    with transaction.atomic():
        deleted, _ = Subscriber.objects.filter(pk=number).delete()
        if deleted:
            subject = f"subscriber:{number}"
            append("outreach.unsubscribe", actor=_PUBLIC, subject=subject, facts={}, now=now)


def forget_unanswered(*, now: datetime) -> int:
    """Forget addresses from which nobody said yes in time; returns how many."""
    before = now - LIFE[Purpose.CONFIRM] - timedelta(days=1)
    rows = Subscriber.objects.filter(confirmed_at__isnull=True, asked_at__lt=before)
    return rows.delete()[0]
