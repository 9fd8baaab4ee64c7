"""Play a scenario: begin, put the next thing in, end; or play all of it in simulated time.

Every inject is an act of the house upon a case that is marked as an exercise, by whoever plays.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import msgspec
from django.db import transaction

from pehra.cases.actions import claims, clocks, grades, situation, steps, tasks
from pehra.cases.actions.opened import Opening, open_case
from pehra.cases.actions.timeline import Line, record
from pehra.cases.exercises import scenarios
from pehra.cases.exercises.actions import pings
from pehra.cases.exercises.scenarios import Does
from pehra.cases.models.case import Party
from pehra.cases.models.exercise import Exercise, Inject
from pehra.cases.playbooks import actions as playbooks
from pehra.cases.playbooks.following import Mark
from pehra.cases.playbooks.outline import outline
from pehra.cases.playbooks.queries import runs
from pehra.cases.queries.cases import lead_of
from pehra.cases.rules import Act, EntryKind, Origin, PartyRole
from pehra.cases.severity import Grading, Right
from pehra.kernel.actors import Actor
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.actions import append
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices.actions import exercises as letters

if TYPE_CHECKING:
    from collections.abc import Callable

    from pehra.cases.exercises.scenarios import Scenario
    from pehra.notices.actions.rounds import Scene

PLAYER = Actor("exercise: player", "exercise")
SECOND = Actor("exercise: second player", "exercise")
"""Who verifies where a scenario plays by itself: never who claimed."""


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """What was put in; `facts` say what became of it."""

    place: int
    does: str
    at: datetime
    by: str
    facts: dict[str, Any]


class Turn(msgspec.Struct, frozen=True):
    """One turn of the play: in which exercise and case, by whom, and when; and the world then."""

    exercise: int
    case: int
    actor: Actor
    at: datetime
    scene: Scene

    @property
    def organisations(self) -> list[int]:
        """Who takes part."""
        rows = Party.objects.filter(case=self.case, role=PartyRole.AFFECTED)
        return [row.organisation_id for row in rows.order_by("pk") if row.organisation_id]


def begin(
    slug: str,
    organisations: tuple[int, ...],
    *,
    actor: Actor,
    at: datetime,
    support: tuple[int, ...] = (),
) -> int:
    """Open the case of an exercise; gives the exercise's number. `support`: teams in it too.

    Raises:
        UsageError: no such scenario, nobody takes part, or no such organisation.
    """
    told = scenarios.scenario(slug)
    if not organisations:
        message = "Nobody was chosen to take part."
        raise UsageError(message, mend="Name at least one organisation.")
    opening = Opening(
        title=scenarios.title(told),
        kind=told.kind,
        affected=organisations,
        origin=Origin.EXERCISE,
        support=support,
        text=scenarios.WORDS,
        exercise=True,
    )
    with as_system(), transaction.atomic():
        case = open_case(opening, actor=actor, at=at)
        made = Exercise.objects.create(
            scenario=slug,
            version=scenarios.version(slug),
            case_id=case,
            begun_at=at,
            begun_by=actor.name[:254],
        )
        append(
            "cases.begin-exercise",
            actor=actor,
            subject=f"case:{case}",
            facts={"exercise": made.pk, "scenario": slug, "version": made.version},
            now=at,
        )
    return made.pk


def put_in(exercise: int, *, scene: Scene, actor: Actor, at: datetime) -> Played:
    """Put the next thing of the scenario in; what it does is one transaction.

    Raises:
        UsageError: no such exercise.
        Refused: it is over, or a rule of the house forbids the act, as it would any other day.
    """
    with as_system(), transaction.atomic():
        row = _locked(exercise)
        told = scenarios.scenario(row.scenario)
        place = Inject.objects.filter(exercise=row).count()
        if place >= len(told.injects):
            message = f"Nothing is left of exercise {exercise}."
            raise Refused(message, mend="End it.")
        inject = told.injects[place]
        turn = Turn(exercise, row.case_id, actor, at, scene)
        line = Line(
            kind=EntryKind.EXERCISE,
            text=f"{inject.by}: {inject.text}\n{inject.text_ur}",
            facts={"inject": place + 1, "of": len(told.injects), "does": inject.does.value},
        )
        record(row.case_id, line, actor=actor, at=at)
        facts = _ACTS[inject.does](turn, inject)
        Inject.objects.create(
            exercise=row,
            place=place,
            kind=inject.does.value,
            planned_at=row.begun_at + timedelta(minutes=inject.after),
            at=at,
            by=actor.name[:254],
            facts=facts,
        )
    return Played(place=place, does=inject.does.value, at=at, by=actor.name, facts=facts)


def end(exercise: int, *, actor: Actor, at: datetime) -> None:
    """End an exercise, wherever it stands.

    Raises:
        UsageError: no such exercise.
        Refused: it has ended.
    """
    with as_system(), transaction.atomic():
        row = _locked(exercise)
        row.ended_at = at
        row.save(update_fields=["ended_at"])
        facts = {"ended": True, "injects": Inject.objects.filter(exercise=row).count()}
        line = Line(kind=EntryKind.EXERCISE, text=scenarios.WORDS, facts=facts)
        record(row.case_id, line, actor=actor, at=at)
        clocks.stop(row.case_id, at=at)


def play(
    slug: str, organisations: tuple[int, ...], *, scene: Callable[[datetime], Scene], now: datetime
) -> tuple[int, list[Played]]:
    """Play a scenario to its end in simulated time that ends now; the exercise and what was done.

    Raises:
        UsageError: no such scenario, or nobody takes part.
        Refused: a rule of the house forbids an act.
    """
    told: Scenario = scenarios.scenario(slug)
    start = now - timedelta(minutes=told.minutes)
    number = begin(slug, organisations, actor=PLAYER, at=start)
    done = []
    for inject in told.injects:
        at = start + timedelta(minutes=inject.after)
        verifies = inject.facts.get("act") == Act.VERIFY
        who = SECOND if verifies else PLAYER
        done.append(put_in(number, scene=scene(at), actor=who, at=at))
    end(number, actor=PLAYER, at=now)
    return number, done


def _locked(exercise: int) -> Exercise:
    row = Exercise.objects.select_for_update().filter(pk=exercise).first()
    if row is None:
        message = f"There is no exercise {exercise}."
        raise UsageError(message, mend="`pehra cases exercise list` names them.")
    if row.ended_at is not None:
        message = f"Exercise {exercise} has ended."
        raise Refused(message, mend="Begin another.")
    return row


def _note(turn: Turn, inject: scenarios.Inject) -> dict[str, Any]:
    kind = EntryKind(inject.facts.get("entry", EntryKind.NOTE))
    line = Line(kind=kind, text=f"{inject.by}: {inject.text}")
    return {"entry": record(turn.case, line, actor=turn.actor, at=turn.at)}


def _claim(turn: Turn, inject: scenarios.Inject) -> dict[str, Any]:
    said = claims.Said(text=inject.text, said_by=inject.by, organisation=turn.organisations[0])
    return {"statement": claims.claim(turn.case, said, actor=turn.actor, at=turn.at)}


def _grade(turn: Turn, inject: scenarios.Inject) -> dict[str, Any]:
    wish = Grading(grade=inject.facts["grade"], why=inject.text)
    waits = grades.grade(turn.case, wish, right=Right.SUPERVISOR, actor=turn.actor, at=turn.at)
    return {"grade": wish.grade, "provisional": waits}


def _step(turn: Turn, inject: scenarios.Inject) -> dict[str, Any]:
    act = Act(inject.facts["act"])
    return {"state": steps.advance(turn.case, act, why=inject.text, actor=turn.actor, at=turn.at)}


def _playbook(turn: Turn, inject: scenarios.Inject) -> dict[str, Any]:
    which = inject.facts["which"]
    return {"run": playbooks.begin(turn.case, which, actor=turn.actor, at=turn.at)}


def _mark(turn: Turn, inject: scenarios.Inject) -> dict[str, Any]:
    run = runs(turn.case, viewer=SYSTEM_VIEWER)[0]
    keys = {one.number: one.key for one in outline(run.playbook)}
    wish = Mark(step=keys[inject.facts["step"]], state=inject.facts.get("state", "done"))
    playbooks.mark(run.id, wish, actor=turn.actor, at=turn.at)
    return {"run": run.id, "step": inject.facts["step"]}


def _letters(turn: Turn, inject: scenarios.Inject) -> dict[str, Any]:
    """Letters wait for another person, as any do; nobody who can be written to is an outcome."""
    asked = letters.Exercise(
        frozenset(turn.organisations),
        inject.facts["scenario"],
        urgent=inject.facts.get("urgent", False),
    )
    try:
        found = letters.begin(asked, turn.scene, actor=turn.actor)
    except Refused as refused:
        return {"refused": refused.message}
    line = Line(kind=EntryKind.NOTICE, facts={"round": found.id, "mailboxes": found.recipients})
    record(turn.case, line, actor=turn.actor, at=turn.at)
    return {"round": found.id}


def _ping(turn: Turn, inject: scenarios.Inject) -> dict[str, Any]:
    team = cast("int", lead_of(turn.case, viewer=SYSTEM_VIEWER))
    minutes = inject.facts.get("minutes", pings.TARGET)
    try:
        number = pings.ask(team, minutes, exercise=turn.exercise, actor=turn.actor, at=turn.at)
    except Refused as refused:
        return {"refused": refused.message}
    return {"ping": number}


def _situation(turn: Turn, inject: scenarios.Inject) -> dict[str, Any]:
    text = f"{scenarios.MARK}{inject.text}"
    line = situation.issue(turn.case, text, shared=False, actor=turn.actor, at=turn.at)
    return {"entry": line}


def _lesson(turn: Turn, inject: scenarios.Inject) -> dict[str, Any]:
    wish = tasks.Wish(
        title=inject.text,
        assignee=inject.facts["owner"],
        due_at=turn.at + timedelta(days=inject.facts["days"]),
        after_action=True,
    )
    return {"task": tasks.give(turn.case, wish, actor=turn.actor, at=turn.at)}


_ACTS: dict[Does, Callable[[Turn, scenarios.Inject], dict[str, Any]]] = {
    Does.NOTE: _note,
    Does.CLAIM: _claim,
    Does.GRADE: _grade,
    Does.STEP: _step,
    Does.PLAYBOOK: _playbook,
    Does.MARK: _mark,
    Does.LETTERS: _letters,
    Does.PING: _ping,
    Does.SITUATION: _situation,
    Does.LESSON: _lesson,
}
