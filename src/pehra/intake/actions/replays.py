"""Ask for a batch to be read again: an act of a person, done by a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from pehra.intake.models import Batch
from pehra.jobs import actions as jobs
from pehra.kernel.errors import UsageError
from pehra.ledger import actions as ledger

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor

REPLAY = "findings.replay"
"""Job of the room above: what is read again, it takes in."""


def ask_replay(name: str, *, actor: Actor, now: datetime) -> int:
    """Have a batch read again from its kept file; the job that does it.

    While one waits, no other is added.

    Raises:
        UsageError: there is no such batch.
    """
    with transaction.atomic():
        if not Batch.objects.filter(id=name).exists():
            message = f"There is no batch `{name}`."
            raise UsageError(message, mend="`pehra batches` lists them.")
        ledger.append("intake.ask-replay", actor=actor, subject=f"batch:{name}", facts={}, now=now)
        payload = {"batch": name, "actor": actor.name, "office": actor.office}
        return jobs.enqueue(REPLAY, payload, now=now, unique_key=name)
