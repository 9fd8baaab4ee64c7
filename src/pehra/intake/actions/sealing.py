"""A new data key: said in the ledger, and what older ones sealed is sealed anew by a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from pehra.dispatch.actions.sealing import reseal_letters
from pehra.engines.blobs import files as blobs
from pehra.engines.sealed.ring import retire, ring
from pehra.engines.sealed.stream import key_of_value, open_value, seal_value
from pehra.engines.vault import files as vault
from pehra.intake.models import Reject
from pehra.jobs.actions import enqueue
from pehra.kernel.ids import reject_context
from pehra.ledger import actions as ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from pehra.kernel.actors import Actor
    from pehra.kernel.settings import Home

RESEAL = "intake.reseal"
_AT_ONCE = 1_000


def rotate(key: str, *, actor: Actor, now: datetime) -> int:
    """Write down that a data key is in use, and queue what seals the rest anew; gives the job."""
    with transaction.atomic():
        job = enqueue(RESEAL, {}, now=now)
        ledger.append("keys.rotate", actor=actor, subject=f"key:{key}", facts={"job": job}, now=now)
    return job


def reseal(home: Home, progress: Callable[[int, int], None]) -> dict[str, int]:
    """Seal files, evidence, rejects and letters anew that are not under the key in use; how many.

    Killed anywhere and started again, it goes on.
    """
    plain = blobs.seal_old(home, progress)
    files = blobs.reseal(home, progress)
    letters = reseal_letters(home)
    evidence = vault.reseal(home, progress)
    return {
        "plain": plain,
        "files": files,
        "evidence": evidence,
        "rejects": _rejects(home),
        "letters": letters,
    }


def _rejects(home: Home) -> int:
    held, last, moved = ring(home), 0, 0
    while True:
        rows = list(Reject.objects.filter(id__gt=last).order_by("id")[:_AT_ONCE])
        if not rows:
            return moved
        last = rows[-1].id
        old = [row for row in rows if key_of_value(bytes(row.raw)) != held.current.id]
        for row in old:
            context = reject_context(row.batch_id, row.row)
            raw = open_value(bytes(row.raw), held, context)
            row.raw = seal_value(raw, held.current, context)
        with transaction.atomic():
            Reject.objects.bulk_update(old, ["raw"])
        moved += len(old)


def retire_keys(home: Home, unused_for: timedelta, *, actor: Actor, now: datetime) -> int:
    """Drop data keys under which nothing lies, where the one in use is that old."""
    gone = retire(home, (now - unused_for).timestamp())
    if gone:
        facts = {"keys": gone}
        ledger.record("keys.retire", actor=actor, subject="home", facts=facts, now=now)
    return gone
