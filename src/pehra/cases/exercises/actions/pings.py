"""Ask a team's call tree, and note who answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from pehra.cases.models.exercise import Called, Exercise, Ping
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.actions import append
from pehra.mandate.roster.queries import members, on_duty
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor

TARGET = 15
"""Minutes within which everybody answers, unless another target is named."""
_LONGEST = 24 * 60
HOW = ("phone", "mail", "page")


def ask(
    team: int, minutes: int = TARGET, *, exercise: int | None = None, actor: Actor, at: datetime
) -> int:
    """Ask all of a team: those on duty and on call first; gives the ping's number.

    Raises:
        UsageError: the target is no number of minutes up to a day.
        Refused: nobody holds an office of the team.
    """
    if not 1 <= minutes <= _LONGEST:
        message = f"The target is 1 to {_LONGEST} minutes."
        raise UsageError(message, mend=f"{TARGET} is usual.")
    shifts = {one.person.lower(): one.role for one in on_duty(team, at, viewer=SYSTEM_VIEWER)}
    people = dict.fromkeys(sorted(members(team, at.date())), "office") | shifts
    if not people:
        message = "Nobody holds an office of this team today."
        raise Refused(message, mend="Appoint people first.")
    with as_system(), transaction.atomic():
        drill = None if exercise is None else Exercise.objects.get(pk=exercise)
        made = Ping.objects.create(
            team_id=team,
            exercise=drill,
            asked_at=at,
            asked_by=actor.name[:254],
            target_minutes=minutes,
        )
        Called.objects.bulk_create(
            Called(ping=made, name=name[:254], duty=duty) for name, duty in people.items()
        )
        append(
            "cases.ping",
            actor=actor,
            subject=f"ping:{made.pk}",
            facts={"team": team, "asked": len(people), "minutes": minutes},
            now=at,
        )
    return made.pk


def answered(number: int, how: str, *, actor: Actor, at: datetime) -> None:
    """Note that one who was asked answered; `number` is of the row of that person.

    Raises:
        UsageError: no such row, or no such way.
        Refused: it was noted before, or the moment is before the question.
    """
    if how not in HOW:
        message = f"`{how[:20]}` is no way to answer."
        raise UsageError(message, mend=f"Possible: {', '.join(HOW)}.")
    with as_system(), transaction.atomic():
        row = Called.objects.select_for_update().filter(pk=number).first()
        if row is None:
            message = f"Nobody was asked under number {number}."
            raise UsageError(message, mend="The page of the call tree lists them.")
        asked = Ping.objects.get(pk=row.ping_id).asked_at
        if row.answered_at is not None or at < asked:
            message = f"{row.name} answered already, or was not asked yet at that moment."
            raise Refused(message, mend="There is nothing to note.")
        row.how, row.answered_at, row.noted_by = how, at, actor.name[:254]
        row.save(update_fields=["how", "answered_at", "noted_by"])
        append(
            "cases.ping-answered",
            actor=actor,
            subject=f"ping:{row.ping_id}",
            facts={"called": number, "how": how},
            now=at,
        )
