"""Keep a file that came by pieces: at once where it is small, else by a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from pehra.cases.evidence.actions.taking import close
from pehra.cases.evidence.rules import ItemState
from pehra.cases.models.evidence import EvidenceItem
from pehra.jobs.actions import enqueue
from pehra.kernel.errors import Refused
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor
    from pehra.kernel.settings import Home

CLOSE = "cases.evidence-close"
AT_ONCE = 256 << 20
"""Bytes that are read again while somebody waits for a page."""


def close_or_queue(home: Home, number: int, *, actor: Actor, now: datetime) -> bool:
    """Close an item, or queue that; gives whether it is kept now.

    Raises: as `taking.close`.
    """
    with as_system():
        row = EvidenceItem.objects.filter(pk=number).first()
    if row is None or row.size <= AT_ONCE:
        close(home, number, actor=actor, now=now)
        return True
    if row.state != ItemState.COMING or row.received != row.size:
        message = f"{row.received} of {row.size} bytes of evidence {number} are here."
        raise Refused(message, mend=f"Send from {row.received} on.")
    payload = {"item": number, "name": actor.name, "office": actor.office}
    with transaction.atomic():
        enqueue(CLOSE, payload, now=now, unique_key=f"{CLOSE}:{number}")
    return False
