"""The exercise desk, and one exercise: begin, put the next thing in, end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pehra.cases.exercises import queries
from pehra.cases.exercises.actions import play
from pehra.cases.exercises.scenarios import Scenario, scenario, scenarios
from pehra.kernel.errors import PehraError
from pehra.kernel.time import clock
from pehra.mandate.powers import Power
from pehra.notices import jobs as notices
from pehra.web import figures
from pehra.web.caseexercises.calls import call_trees
from pehra.web.caseexercises.words import DOES
from pehra.web.cases.views import named
from pehra.web.findings.rows import localised
from pehra.web.gate import acting, desk, warrant
from pehra.web.marks import Badge
from pehra.web.tables import Cell, Column, Table, badge_cell, moment_cell, table

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from pehra.cases.exercises.queries import ExerciseView, InjectView, LessonView
    from pehra.mandate.viewers import Viewer

WORK = Power("work-cases")
_SLUGS = re.compile(r"[a-z0-9-]+")


def for_staff(viewer: Viewer) -> None:
    """Refuse people of organisations: what an exercise will bring is not told before.

    Raises:
        PermissionDenied: they are.
    """
    if not (viewer.sees_all or viewer.teams):
        raise PermissionDenied


@desk
def index(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Exercises so far, the form that begins one, call trees, and what was learned."""
    for_staff(viewer)
    now = clock()
    context = {
        "table": _table(queries.exercises(viewer=viewer), now),
        "scenarios": [(slug, _name(one), _about(one)) for slug, one in scenarios().items()],
        "may_work": warrant(request, WORK) is not None,
        "lessons": [_lesson(one, now) for one in queries.lessons(viewer=viewer)],
        **call_trees(viewer, now),
    }
    return render(request, "caseexercises/desk.html", context)


def _name(told: Scenario) -> str:
    return localised(told.name, told.name_ur)


def _about(told: Scenario) -> str:
    return localised(told.about, told.about_ur)


def _table(found: list[ExerciseView], now: datetime) -> Table:
    rows = []
    for one in found:
        told = scenario(one.scenario)
        state = Badge("done", _("ended")) if one.ended_at else Badge("work", _("is played"))
        done = _("%(done)s of %(all)s") % {
            "done": figures.number(one.injects),
            "all": figures.number(len(told.injects)),
        }
        rows.append(
            [
                Cell(_name(told), href=reverse("case-exercise", args=[one.id]), main=True),
                moment_cell(figures.moment(one.begun_at, now=now)),
                Cell(one.begun_by, code=True),
                Cell(done),
                badge_cell(state),
            ]
        )
    columns = [Column(_("Exercise")), Column(_("Begun")), Column(_("By")), Column(_("Injects")),
               Column(_("State"))]  # fmt: skip
    return table(columns, rows, caption=_("Exercises"), empty=_("No exercise yet."))


def _lesson(one: LessonView, now: datetime) -> dict[str, object]:
    late = one.done_at is None and one.due_at is not None and one.due_at <= now
    return {
        "row": one,
        "due": figures.moment(one.due_at, now=now) if one.due_at else None,
        "done": figures.moment(one.done_at, now=now) if one.done_at else None,
        "late": late,
    }


@desk
def exercise(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """One exercise: what was put in, by whom, and what is next."""
    for_staff(viewer)
    found = queries.exercise(number, viewer=viewer)
    if found is None:
        raise Http404
    now, told = clock(), scenario(found.scenario)
    done = queries.injects(number, viewer=viewer)
    left = told.injects[len(done)] if len(done) < len(told.injects) else None
    context = {
        "exercise": found,
        "name": _name(told),
        "about": _about(told),
        "drawn_from": told.drawn_from,
        "injects": [_inject(told, one, now) for one in done],
        "upcoming": None if left is None else {
            "does": DOES[left.does], "by": left.by, "text": localised(left.text, left.text_ur),
            "after": figures.span(left.after * 60),
        },
        "may_work": warrant(request, WORK) is not None and found.ended_at is None,
        "lessons": [_lesson(one, now) for one in queries.lessons(viewer=viewer, case=found.case)],
        **call_trees(viewer, now, exercise=number),
    }  # fmt: skip
    return render(request, "caseexercises/exercise.html", context)


def _inject(told: Scenario, one: InjectView, now: datetime) -> dict[str, object]:
    planned = told.injects[one.place] if one.place < len(told.injects) else None
    text = localised(planned.text, planned.text_ur) if planned else ""
    return {
        "number": figures.number(one.place + 1),
        "does": DOES.get(one.kind, one.kind),
        "text": text,
        "role": planned.by if planned else "",
        "by": one.by,
        "at": figures.moment(one.at, now=now),
        "refused": str(one.facts.get("refused", "")),
        "round": one.facts.get("round"),
    }


@require_POST
@desk
def begin(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Begin an exercise."""
    for_staff(viewer)
    by = acting(request, WORK)
    wanted = " ".join(_SLUGS.findall(request.POST.get("organisations", "").lower()))
    chosen, strange = named(wanted, viewer)
    support = tuple(sorted(viewer.teams))
    try:
        if strange or not chosen:
            text = _("Not begun: name organisations by their short names. Not known: %(names)s.")
            names = ", ".join(sorted(set(strange))) or figures.NOTHING
            messages.error(request, text % {"names": names}, extra_tags="note--bad")
            return HttpResponseRedirect(reverse("case-exercises"))
        slug = request.POST.get("scenario", "")
        number = play.begin(slug, chosen, actor=by, at=clock(), support=support)
    except PehraError as error:
        messages.error(request, error.message, extra_tags="note--bad")
        return HttpResponseRedirect(reverse("case-exercises"))
    return HttpResponseRedirect(reverse("case-exercise", args=[number]))


@require_POST
@desk
def act(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """Put the next thing in, or end the exercise."""
    for_staff(viewer)
    if queries.exercise(number, viewer=viewer) is None:
        raise Http404
    by, now = acting(request, WORK), clock()
    try:
        if request.POST.get("act") == "end":
            play.end(number, actor=by, at=now)
        else:
            play.put_in(number, scene=notices.scene(now), actor=by, at=now)
    except PehraError as error:
        text = _("Refused, as on any other day: %(why)s") % {"why": error.message}
        messages.error(request, text, extra_tags="note--bad")
    return HttpResponseRedirect(reverse("case-exercise", args=[number]))
