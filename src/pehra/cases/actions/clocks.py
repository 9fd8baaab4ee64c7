"""Clocks of a case: they start as its facts say, are met by acts, and fire when their time is over.

Each firing is a job, queued for its moment in the transaction that started the clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max

from pehra.cases import clocks
from pehra.cases.actions.timeline import Line, locked, write
from pehra.cases.clocks import OF_THE_ENTITY, Clock
from pehra.cases.models.case import Case, Deadline, Grade, Party
from pehra.cases.queries.family import numbers_of
from pehra.cases.queries.state import counts, unconfirmed
from pehra.cases.rules import EntryKind, PartyRole, State
from pehra.jobs.actions import enqueue
from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.time import iso
from pehra.ledger.actions import append
from pehra.mandate import queries as mandate
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor

FIRE = "cases.clocks"
"""The job that notes which clocks are over."""


def refresh(case: Case, *, at: datetime) -> None:
    """Bring the clocks of a case to what its facts say, in the transaction of the act."""
    wanted = {
        one.kind.value: one for one in clocks.running(_facts(case), mandate.clocks(), at.date())
    }
    stand = {one.kind: one for one in _running(case)}
    for kind, row in stand.items():
        if kind not in wanted or wanted[kind].due_at != row.due_at:
            row.dropped_at = at
            row.save(update_fields=["dropped_at"])
    fresh = [
        one for kind, one in wanted.items() if kind not in stand or stand[kind].due_at != one.due_at
    ]
    Deadline.objects.bulk_create(
        Deadline(
            case=case,
            kind=one.kind,
            started_at=one.started_at,
            due_at=one.due_at,
            clock=one.clock,
            unconfirmed=one.unconfirmed,
        )
        for one in fresh
    )
    for one in fresh:
        enqueue(FIRE, {}, now=at, run_after=one.due_at, unique_key=iso(one.due_at))
    case.next_due = min((one.due_at for one in wanted.values()), default=None)
    case.save(update_fields=["next_due"])


def _running(case: Case) -> list[Deadline]:
    rows = Deadline.objects.filter(case=case, met_at__isnull=True, dropped_at__isnull=True)
    return list(rows)


def _facts(case: Case) -> clocks.Facts:
    family = numbers_of(case.pk)
    affected = Party.objects.filter(case__in=family, role=PartyRole.AFFECTED).values_list(
        "organisation_id", flat=True
    )
    holders = set(filter(None, affected))
    sectors = mandate.sectors_of(holders) if holders else {}
    met = Deadline.objects.filter(case__in=family, met_at__isnull=False).values_list("kind")
    waiting = unconfirmed(case.pk)[:1] if case.provisional else []
    return clocks.Facts(
        state=State(case.state),
        severity=case.severity,
        provisional=case.provisional,
        aware_at=case.aware_at,
        graded_at=waiting[0].at if waiting else None,
        closed_at=case.closed_at,
        holders=[(one, sectors.get(one)) for one in sorted(holders)],
        met=dict(met.annotate(last=Max("met_at")).order_by()),
    )


def end(case: Case, kind: Clock, *, actor: Actor, at: datetime) -> bool:
    """Note that a clock was met, within another act; false: it did not run."""
    rows = Deadline.objects.filter(
        case=case, kind=kind, met_at__isnull=True, dropped_at__isnull=True
    )
    return bool(rows.update(met_at=at, met_by=actor.name[:254]))


def meet(case: int, kind: str, *, text: str, actor: Actor, at: datetime) -> None:
    """Say that what a clock asks for was done: an early warning came, the owner was called.

    Raises:
        UsageError: no such case, a clock that ends by its own act, or no word on how it was met.
        Refused: it does not run.
    """
    if kind not in clocks.BY_PERSONS:
        message = f"`{kind}` is no clock that is met by saying so."
        raise UsageError(message, mend=f"Those are {', '.join(sorted(clocks.BY_PERSONS))}.")
    if not text.strip():
        message = "Say how it was met."
        raise UsageError(message, mend="Who told whom, when, and what was said.")
    with as_system(), transaction.atomic():
        row = locked(case)
        if not end(row, Clock(kind), actor=actor, at=at):
            message = f"The clock `{kind}` does not run in case {case}."
            raise Refused(message, mend="Its page shows those that do.")
        entry = EntryKind.CALL if kind == Clock.CALL else EntryKind.CLOCK
        line = Line(
            kind=entry, text=text, facts={"clock": kind, "met": True}, shared=kind in OF_THE_ENTITY
        )
        write(row, line, actor=actor, at=at)
        refresh(row, at=at)
        append(
            "cases.meet-clock",
            actor=actor,
            subject=f"case:{case}",
            facts={"clock": kind},
            now=at,
        )


def fire_due(*, actor: Actor, at: datetime) -> int:
    """Note which clocks are over by now, each in a transaction of its own; gives how many."""
    with as_system():
        rows = Deadline.objects.filter(
            due_at__lte=at, fired_at__isnull=True, met_at__isnull=True, dropped_at__isnull=True
        )
        due = list(rows.order_by("due_at", "pk").values_list("pk", "case_id"))
        return sum(_fire(number, case, actor, at) for number, case in due)


@transaction.atomic
def _fire(number: int, case: int, actor: Actor, at: datetime) -> bool:
    row = locked(case)
    found = Deadline.objects.filter(
        pk=number, fired_at__isnull=True, met_at__isnull=True, dropped_at__isnull=True
    ).first()
    if found is None:
        return False
    found.fired_at = at
    found.save(update_fields=["fired_at"])
    facts = {"clock": found.kind, "due": iso(found.due_at), "met": False}
    line = Line(kind=EntryKind.CLOCK, facts=facts, shared=found.kind in OF_THE_ENTITY)
    write(row, line, actor=actor, at=at)
    if found.kind == Clock.SITUATION:
        draft = Line(kind=EntryKind.SITUATION, facts={"draft": True, **counts(row)})
        write(row, draft, actor=actor, at=at)
    if found.kind == Clock.GRADE:
        row.provisional = False  # silence keeps it
        row.save(update_fields=["provisional"])
        Grade.objects.filter(pk__in=[one.pk for one in unconfirmed(case)[-1:]]).update(
            confirmed_at=at
        )
        refresh(row, at=at)
    append(
        "cases.clock-over",
        actor=actor,
        subject=f"case:{case}",
        facts={"clock": found.kind, "due": iso(found.due_at)},
        now=at,
    )
    return True


def stop(case: int, *, at: datetime) -> None:
    """Stop what still runs in the case of an exercise that has ended, in the caller's act."""
    row = locked(case)
    for one in _running(row):
        one.dropped_at = at
        one.save(update_fields=["dropped_at"])
    row.next_due = None
    row.save(update_fields=["next_due"])
