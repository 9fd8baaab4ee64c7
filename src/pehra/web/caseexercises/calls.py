"""Call trees: asked, answered, and what was learned is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from pehra.cases.actions.tasks import finish
from pehra.cases.exercises import queries
from pehra.cases.exercises.actions import pings
from pehra.kernel.errors import PehraError
from pehra.kernel.time import clock
from pehra.mandate import queries as mandate
from pehra.mandate.powers import Power
from pehra.web import figures
from pehra.web.caseexercises.words import DUTY, HOW
from pehra.web.findings.rows import localised
from pehra.web.gate import acting, desk

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from pehra.cases.exercises.queries import PingView
    from pehra.mandate.viewers import Viewer

WORK = Power("work-cases")


def call_trees(viewer: Viewer, now: datetime, exercise: int | None = None) -> dict[str, object]:
    """The newest tests of call trees, and the teams that can be asked."""
    names = mandate.team_names()
    found = queries.pings(viewer=viewer, exercise=exercise)
    teams = [
        (one.slug, localised(*names[one.id]))
        for one in mandate.teams()
        if one.id in names and (viewer.sees_all or one.id in viewer.teams)
    ]
    return {"pings": [_ping(one, names, now) for one in found], "teams": teams}


def _ping(one: PingView, names: dict[int, tuple[str, str]], now: datetime) -> dict[str, object]:
    minutes = one.minutes or 0
    return {
        "id": one.id,
        "team": localised(*names.get(one.team, (str(one.team), ""))),
        "at": figures.moment(one.asked_at, now=now),
        "by": one.asked_by,
        "target": figures.span(one.target_minutes * 60),
        "in_time": figures.number(one.in_time),
        "asked": figures.number(len(one.called)),
        "half": ngettext("half of the answers within %(n)s minute",
                         "half of the answers within %(n)s minutes", minutes)
        % {"n": figures.number(minutes)} if one.minutes is not None else "",
        "called": [
            {
                "id": person.id,
                "name": person.name,
                "duty": DUTY.get(person.duty, person.duty),
                "how": HOW.get(person.how, ""),
                "at": figures.moment(person.answered_at, now=now) if person.answered_at else None,
                "in_time": person.in_time,
            }
            for person in one.called
        ],
    }  # fmt: skip


@require_POST
@desk
def ask(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Ask the call tree of a team."""
    by = acting(request, WORK)
    known = {one.slug: one.id for one in mandate.teams()}
    team = known.get(request.POST.get("team", ""))
    if team is None or not (viewer.sees_all or team in viewer.teams):
        raise PermissionDenied
    minutes = request.POST.get("minutes", "")
    try:
        pings.ask(team, int(minutes) if minutes.isdecimal() else 0, actor=by, at=clock())
    except PehraError:
        text = _("Nobody was asked: the target is 1 to 1,440 minutes, and the team needs people.")
        messages.error(request, text, extra_tags="note--bad")
    return HttpResponseRedirect(f"{reverse('case-exercises')}#calls")


@require_POST
@desk
def answered(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """Note that somebody answered, or answer oneself."""
    found = next(
        (
            person
            for one in queries.pings(viewer=viewer)
            for person in one.called
            if person.id == number
        ),
        None,
    )
    if found is None:
        raise Http404
    by = acting(request, WORK)
    how = "page" if found.name == viewer.name else request.POST.get("how", "")
    try:
        pings.answered(number, how, actor=by, at=clock())
    except PehraError as error:
        messages.error(request, error.message, extra_tags="note--bad")
    return HttpResponseRedirect(f"{reverse('case-exercises')}#calls")


@require_POST
@desk
def learned(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """Say what came of something that was learned."""
    if all(one.id != number for one in queries.lessons(viewer=viewer, standing=True, size=1_000)):
        raise Http404
    by = acting(request, WORK)
    try:
        finish(number, request.POST.get("outcome", ""), actor=by, at=clock())
    except PehraError:
        text = _("Not noted: say in a sentence what was done.")
        messages.error(request, text, extra_tags="note--bad")
    return HttpResponseRedirect(f"{reverse('case-exercises')}#learned")
