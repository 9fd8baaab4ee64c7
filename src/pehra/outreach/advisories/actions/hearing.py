"""Hear that an organisation has read an advisory: by its signed link, or by its own people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from pehra.kernel.actors import Actor
from pehra.ledger.actions import append
from pehra.mandate.tenancy import as_system
from pehra.outreach.models import Told

if TYPE_CHECKING:
    from datetime import datetime

_LINK = Actor(name="link", office="recipient")
_LONGEST = 160


def note_opened(number: int, *, now: datetime) -> None:
    """Note that the page of a link was opened, by a person or a scanner: that is all it says."""
    with as_system():
        Told.objects.filter(pk=number, opened_at__isnull=True).update(opened_at=now)


def acknowledge(number: int, by: str, *, now: datetime) -> None:
    """Note that somebody said that the advisory was read; the first word counts.

    Args:
        number: of the row of who was told.
        by: who says so, in their own words.
        now: when.
    """
    with as_system(), transaction.atomic():
        rows = Told.objects.filter(pk=number, acknowledged_at__isnull=True)
        changed = rows.update(
            acknowledged_at=now, acknowledged_by=" ".join(by.split())[:_LONGEST], opened_at=now
        )
        if changed:
            subject = f"told:{number}"
            append("outreach.acknowledge", actor=_LINK, subject=subject, facts={}, now=now)
