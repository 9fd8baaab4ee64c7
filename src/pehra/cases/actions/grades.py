"""Grade a case, and confirm what was graded at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from pehra.cases.actions.clocks import end, refresh
from pehra.cases.actions.tasks import add
from pehra.cases.actions.timeline import Line, digest_of, locked, write
from pehra.cases.clocks import Clock
from pehra.cases.models.case import Case, Grade, Party
from pehra.cases.queries.family import numbers_of
from pehra.cases.queries.state import standing, unconfirmed
from pehra.cases.rules import OPEN, EntryKind, PartyRole, State
from pehra.cases.severity import Grading, Right, check_grading, floor_of, provisional
from pehra.kernel.errors import Refused
from pehra.ledger.actions import append
from pehra.mandate.queries.places import cii_grades
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pehra.kernel.actors import Actor

CALL_THE_COUNCIL = "call-the-council"
"""Step of a task: C1 needs the council's call."""


def floor(case: Case) -> int:
    """The mildest grade that a case can have, by who is affected in what is read as one."""
    rows = Party.objects.filter(case__in=numbers_of(case.pk), role=PartyRole.AFFECTED)
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
        before, binds = row.severity, _binding(row)
        said = check_grading(wish, right, floor(row), binds)
        waits = provisional(wish.grade, right, binds)
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
            confirmed_at=None if waits else at,
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


def _binding(case: Case) -> int | None:
    """The worst of the grade that stands and of what was said since, unconfirmed."""
    said = [one.severity for one in (standing(case.pk), *unconfirmed(case.pk)) if one is not None]
    return min((one for one in (case.severity, *said) if one is not None), default=None)


def carry(source: Case, to: Case) -> dict[str, Any] | None:
    """Give a case the grade of another where it is worse, in the transaction of a merge or split.

    It waits for the director where it waited before, and no longer. Gives what an undo needs.
    """
    if source.severity is None or (to.severity is not None and to.severity <= source.severity):
        return None
    made = Grade.objects.filter(case=source).order_by("-pk").first()
    before = {"severity": to.severity, "provisional": to.provisional, "grade": None}
    if made is not None:
        since = unconfirmed(source.pk)[:1]
        made.pk, made.case = None, to
        made.at = since[0].at if since else made.at
        made.save(force_insert=True)
        before["grade"] = made.pk
    to.severity, to.provisional = source.severity, source.provisional
    to.save(update_fields=["severity", "provisional"])
    return before


def give_back(case: Case, before: Mapping[str, Any]) -> None:
    """Undo `carry`; a grade that was given since holds on."""
    newest = Grade.objects.filter(case=case).order_by("-pk").values_list("pk", flat=True).first()
    if newest == before["grade"]:
        case.severity, case.provisional = before["severity"], before["provisional"]
        case.save(update_fields=["severity", "provisional"])
    Grade.objects.filter(case=case, pk=before["grade"]).delete()


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
