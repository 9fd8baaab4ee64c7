"""Exercises for their readers: what was put in, what is next, who answered, what was learned."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.cases.exercises import scenarios
from pehra.cases.models.case import Task
from pehra.cases.models.exercise import Called, Exercise, Inject, Ping
from pehra.mandate.tenancy import seen_by

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from pehra.mandate.viewers import Viewer


class ExerciseView(msgspec.Struct, frozen=True, kw_only=True):
    """An exercise; `changed`: the scenario's words are not those that were played."""

    id: int
    scenario: str
    case: int
    begun_at: datetime
    begun_by: str
    ended_at: datetime | None
    injects: int
    changed: bool


class InjectView(msgspec.Struct, frozen=True, kw_only=True):
    """What was put in; fields as in `models.exercise.Inject`."""

    place: int
    kind: str
    planned_at: datetime
    at: datetime
    by: str
    facts: dict[str, Any]


class CalledView(msgspec.Struct, frozen=True, kw_only=True):
    """One who was asked."""

    id: int
    name: str
    duty: str
    how: str
    answered_at: datetime | None
    in_time: bool


class PingView(msgspec.Struct, frozen=True, kw_only=True):
    """A test of a call tree; `minutes`: half of those who answered did so within so many."""

    id: int
    team: int
    exercise: int | None
    asked_at: datetime
    asked_by: str
    target_minutes: int
    called: list[CalledView]
    minutes: int | None

    @property
    def in_time(self) -> int:
        """How many answered within the target."""
        return sum(one.in_time for one in self.called)


class LessonView(msgspec.Struct, frozen=True, kw_only=True):
    """What was learned and must change: whose it is, and until when."""

    id: int
    case: int
    title: str
    owner: str
    due_at: datetime | None
    done_at: datetime | None
    done_by: str
    outcome: str
    exercise: bool


def exercises(*, viewer: Viewer, size: int = 50) -> list[ExerciseView]:
    """The newest exercises."""
    with seen_by(viewer):
        return _views(Exercise.objects.order_by("-pk")[:size])


def exercise(number: int, *, viewer: Viewer) -> ExerciseView | None:
    """One exercise."""
    with seen_by(viewer):
        found = _views(Exercise.objects.filter(pk=number))
    return found[0] if found else None


def _views(rows: QuerySet[Exercise]) -> list[ExerciseView]:
    found = list(rows)
    many: dict[int, int] = {}
    for of in Inject.objects.filter(exercise__in=[row.pk for row in found]).values_list(
        "exercise_id", flat=True
    ):
        many[of] = many.get(of, 0) + 1
    return [
        ExerciseView(
            id=row.pk,
            scenario=row.scenario,
            case=row.case_id,
            begun_at=row.begun_at,
            begun_by=row.begun_by,
            ended_at=row.ended_at,
            injects=many.get(row.pk, 0),
            changed=row.version != scenarios.version(row.scenario),
        )
        for row in found
    ]


def injects(number: int, *, viewer: Viewer) -> list[InjectView]:
    """What was put in, in order."""
    with seen_by(viewer):
        rows = list(Inject.objects.filter(exercise=number).order_by("place"))
    names = InjectView.__struct_fields__
    return [InjectView(**{name: getattr(row, name) for name in names}) for row in rows]


def pings(
    *, viewer: Viewer, exercise: int | None = None, number: int | None = None, size: int = 20
) -> list[PingView]:
    """The newest tests of call trees; of one exercise, or the one of a number."""
    with seen_by(viewer):
        rows = Ping.objects.order_by("-pk")
        if exercise is not None:
            rows = rows.filter(exercise=exercise)
        if number is not None:
            rows = rows.filter(pk=number)
        found = list(rows[:size])
        asked = list(Called.objects.filter(ping__in=found).order_by("pk"))
    return [_ping(row, [one for one in asked if one.ping_id == row.pk]) for row in found]


def _ping(row: Ping, asked: list[Called]) -> PingView:
    until = row.asked_at + timedelta(minutes=row.target_minutes)
    waited = [
        (one.answered_at - row.asked_at).total_seconds() / 60 for one in asked if one.answered_at
    ]
    return PingView(
        id=row.pk,
        team=row.team_id,
        exercise=row.exercise_id,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        target_minutes=row.target_minutes,
        called=[
            CalledView(
                id=one.pk,
                name=one.name,
                duty=one.duty,
                how=one.how,
                answered_at=one.answered_at,
                in_time=one.answered_at is not None and one.answered_at <= until,
            )
            for one in asked
        ],
        minutes=round(median(waited)) if waited else None,
    )


def lessons(
    *, viewer: Viewer, case: int | None = None, standing: bool = False, size: int = 200
) -> list[LessonView]:
    """What was learned from cases and exercises, those due first; `standing`: not yet done."""
    with seen_by(viewer):
        rows = Task.objects.filter(after_action=True).order_by("done_at", "due_at", "pk")
        if case is not None:
            rows = rows.filter(case=case)
        if standing:
            rows = rows.filter(done_at__isnull=True)
        found = list(rows.select_related("case")[:size])
    return [
        LessonView(
            id=row.pk,
            case=row.case_id,
            title=row.title,
            owner=row.assignee,
            due_at=row.due_at,
            done_at=row.done_at,
            done_by=row.done_by,
            outcome=row.outcome,
            exercise=row.case.exercise,
        )
        for row in found
    ]
