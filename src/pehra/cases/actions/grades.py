"""Grade a case, and confirm what was graded at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from pehra.cases.actions.clocks import end, refresh
from pehra.cases.actions.tasks import add
from pehra.cases.actions.timeline import Line, digest_of, locked, write
from pehra.cases.clocks import Clock
from pehra.cases.models.case import Case, Grade, Party
from pehra.cases.rules import OPEN, EntryKind, PartyRole, State
from pehra.cases.severity import Grading, Right, check_grading, floor_of, provisional
from pehra.kernel.errors import Refused
from pehra.ledger.actions import append
from pehra.mandate.queries.places import cii_grades
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor

CALL_THE_COUNCIL = "call-the-council"
"""Step of a task: C1 needs the council's call."""


def floor(case: Case) -> int:
    """The mildest grade that a case can have, by who is affected."""
    rows = Party.objects.filter(case=case, role=PartyRole.AFFECTED)
    affected = {one for one in rows.values_list("organisation_id", flat=True) if one}
    return floor_of(cii_grades(affected).values())


def grade(case: int, wish: Grading, *, right: Right, actor: Actor, at: datetime) -> bool:
    """Grade a case; gives whether the director must still confirm it.

    Raises:
        UsageError: no such case or grade, or answers that do not fit.
        Refused: not theirs to set, or the case has ended.
    """
    with as_system(), transaction.atomic():
        row = locked(case)
        if State(row.state) not in OPEN:
            message = f"Case {case} is {State(row.state).word}."
            raise Refused(message, mend="Reopen it first.")
        said = check_grading(wish, right, floor(row))
        waits = provisional(wish.grade, right)
        before = row.severity
        row.severity, row.provisional = wish.grade, waits
        row.save(update_fields=["severity", "provisional"])
        Grade.objects.create(
            case=row,
            severity=wish.grade,
            axes=dict(wish.axes),
            score=said.score if said else None,
            suggested=said.grade if said else None,
            why=wish.why.strip(),
            at=at,
            by=actor.name[:254],
            office=actor.office[:120],
        )
        facts = {
            "from": before,
            "to": wish.grade,
            "suggested": said.grade if said else None,
            "score": said.score if said else None,
            "provisional": waits,
        }
        write(row, Line(kind=EntryKind.GRADE, text=wish.why, facts=facts), actor=actor, at=at)
        if wish.grade == 1 and before != 1:
            add(row, CALL_THE_COUNCIL, actor=actor, at=at)
        refresh(row, at=at)
        append(
            "cases.grade",
            actor=actor,
            subject=f"case:{case}",
            facts={**facts, "digest": digest_of(wish.why)},
            now=at,
        )
    return waits


def confirm_grade(case: int, *, actor: Actor, at: datetime) -> None:
    """The director confirms C1 or C2, which another person set.

    Raises:
        UsageError: no such case.
        Refused: nothing waits to be confirmed, or the same person set it.
    """
    with as_system(), transaction.atomic():
        row = locked(case)
        newest = Grade.objects.filter(case=row).order_by("-pk").first()
        if newest is None or not row.provisional:
            message = f"No grade of case {case} waits to be confirmed."
            raise Refused(message, mend="Grade it anew where it is wrong.")
        if newest.by == actor.name[:254]:
            message = f"{actor.name} set this grade, so another person confirms it."
            raise Refused(message, mend="The director does.")
        newest.confirmed_at, newest.confirmed_by = at, actor.name[:254]
        newest.save(update_fields=["confirmed_at", "confirmed_by"])
        row.provisional = False
        row.save(update_fields=["provisional"])
        end(row, Clock.GRADE, actor=actor, at=at)
        facts = {"confirmed": row.severity}
        write(row, Line(kind=EntryKind.GRADE, facts=facts), actor=actor, at=at)
        refresh(row, at=at)
        append("cases.confirm-grade", actor=actor, subject=f"case:{case}", facts=facts, now=at)
