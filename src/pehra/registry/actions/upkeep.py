"""Small acts on the register, and what every act on it ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from pehra.jobs.actions import enqueue
from pehra.kernel.errors import UsageError
from pehra.ledger.actions import append
from pehra.mandate import queries as mandate
from pehra.mandate.tenancy import as_system
from pehra.registry import queries
from pehra.registry.models import Claim, Revision, WorkItem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pehra.kernel.actors import Actor

CHANGED = "registry.changed"
"""Kind of the job that other rooms register to look at findings again."""
CONTROL_OF = "control of "
"""With this begins the subject of a conflict between a proof of control and a person's word."""
_BATCH = 5000


def take_turn() -> None:
    """Let acts on the register follow one another until the caller's transaction ends."""
    Revision.objects.get_or_create(id=1)
    Revision.objects.select_for_update().get(id=1)


def chunks(ids: list[int]) -> Iterator[list[int]]:
    """Ids by as many as one statement takes."""
    return (ids[at : at + _BATCH] for at in range(0, len(ids), _BATCH))


def changed(act: str, subject: str, by: tuple[Actor, datetime], **facts: bool | int | str) -> None:
    """End an act that changes what is held: number it, tell the rooms above, enter it."""
    actor, now = by
    Revision.objects.get_or_create(id=1)
    Revision.objects.filter(id=1).update(number=F("number") + 1)
    enqueue(CHANGED, {"revision": queries.revision()}, now=now, unique_key=CHANGED)
    known = {"revision": queries.revision(), **facts}
    append(act, actor=actor, subject=subject, facts=known, now=now)


def open_conflicts(now: datetime) -> list[WorkItem]:
    """Open an item for each conflict that has none, and close those whose conflict is over.

    An item that a person closed stays closed while the same claims are in it.
    """
    found = {conflict.subject: conflict for conflict in queries.contested()}
    items = WorkItem.objects.filter(kind=WorkItem.Kind.CONFLICT).exclude(
        subject__startswith=CONTROL_OF
    )
    over = [item.pk for item in items.filter(closed_at__isnull=True) if item.subject not in found]
    for chunk in chunks(over):
        WorkItem.objects.filter(pk__in=chunk).update(
            closed_at=now, outcome="The claims no longer overlap."
        )
    if not found:
        return []
    known = dict(items.filter(closed_at__isnull=True).values_list("subject", "detail"))
    settled = set(items.filter(closed_at__isnull=False).values_list("subject", "detail"))
    team = mandate.national_team(now.date())
    new = []
    for subject, conflict in found.items():
        detail = "Claims " + ", ".join(map(str, conflict.claims)) + "."
        if subject in known and known[subject] != detail:
            items.filter(subject=subject, closed_at__isnull=True).update(detail=detail)
        elif subject not in known and (subject, detail) not in settled:
            new.append(work_item(WorkItem.Kind.CONFLICT, subject, detail, (team, now)))
    return WorkItem.objects.bulk_create(new, batch_size=_BATCH)


def work_item(kind: str, subject: str, detail: str, by: tuple[int | None, datetime]) -> WorkItem:
    """Make an item, not yet written; `by` is the team that it is for, and when it is opened."""
    team, now = by
    return WorkItem(kind=kind, subject=subject[:255], detail=detail, team_id=team, opened_at=now)


def withdraw_claim(claim: int, why: str, *, actor: Actor, now: datetime) -> None:
    """Say that a claim was never true; it then attributes nothing, and stays to be read.

    Raises:
        UsageError: no such claim, or it is withdrawn already.
    """
    with transaction.atomic(), as_system():
        rows = Claim.objects.filter(pk=claim, withdrawn_at__isnull=True)
        if not rows.update(withdrawn_at=now, note=why[:240]):
            message = f"There is no claim {claim} that could be withdrawn."
            raise UsageError(message, mend="See `pehra registry show`.")
        open_conflicts(now)
        changed("registry.withdraw-claim", f"claim:{claim}", (actor, now), claim=claim)


def close_work_item(item: int, outcome: str, *, actor: Actor, now: datetime) -> None:
    """Close an item with what was decided.

    Raises:
        UsageError: no outcome, or no such open item.
    """
    if not outcome.strip():
        msg = "An item is closed with an outcome."
        raise UsageError(msg, mend="Say what was decided.")
    with transaction.atomic():
        rows = WorkItem.objects.filter(pk=item, closed_at__isnull=True)
        if not rows.update(closed_at=now, outcome=outcome.strip()[:240]):
            message = f"There is no open item {item}."
            raise UsageError(message, mend="See the list of work items.")
        append(
            "registry.close-work-item",
            actor=actor,
            subject=f"work-item:{item}",
            facts={"item": item},
            now=now,
        )
