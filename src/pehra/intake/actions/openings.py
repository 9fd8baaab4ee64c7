"""Who looked at files and rows as they were received: the one place where content may be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pehra.ledger import actions as ledger

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor


def open_rejects(batch: str, count: int, *, actor: Actor, now: datetime) -> None:
    """Write down that somebody reads rejected rows; say it before they are shown.

    Args:
        batch: whose rows; empty: of several.
        count: how many, at most.
        actor: who.
        now: when.
    """
    subject = f"batch:{batch}" if batch else "rejects"
    facts = {"rows": count}
    ledger.record("intake.open-rejects", actor=actor, subject=subject, facts=facts, now=now)


def open_file(batch: str, *, actor: Actor, now: datetime) -> None:
    """Write down that somebody reads a kept file; say it before it is shown."""
    ledger.record("intake.open-file", actor=actor, subject=f"batch:{batch}", facts={}, now=now)
