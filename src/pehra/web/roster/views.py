"""The week of a team: who is on duty and on call, by day, on the page, as CSV and as a calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pehra.kernel.errors import PehraError
from pehra.kernel.time import clock
from pehra.mandate import queries as mandate
from pehra.mandate.roster import actions, files
from pehra.mandate.roster.queries import ShiftView, members, on_duty, shifts, teams_with_shifts
from pehra.mandate.roster.rules import Duty
from pehra.web import figures
from pehra.web.charts import daily
from pehra.web.findings.rows import localised
from pehra.web.gate import actor, desk
from pehra.web.roster.words import DUTY

if TYPE_CHECKING:
    from django.http import HttpRequest

    from pehra.mandate.viewers import Viewer

_WEEK = timedelta(days=7)


class TeamChoice(msgspec.Struct, frozen=True):
    """A team whose roster the reader may open; `own`: and may change."""

    id: int
    slug: str
    name: str
    own: bool


def teams_of(viewer: Viewer) -> list[TeamChoice]:
    """Teams of the reader first; the nation sees every team that has a roster."""
    if not (viewer.sees_all or viewer.teams):
        raise PermissionDenied
    able = {*viewer.teams, *(teams_with_shifts(viewer=viewer) if viewer.sees_all else ())}
    names = mandate.team_names()
    found = [
        TeamChoice(one.id, one.slug, localised(*names[one.id]), one.id in viewer.teams)
        for one in mandate.teams()
        if one.id in able and one.id in names
    ]
    return sorted(found, key=lambda one: (not one.own, one.name))


def chosen(choices: list[TeamChoice], slug: str) -> TeamChoice:
    """The team of the address, else the first."""
    for one in choices:
        if slug in {"", one.slug}:
            return one
    raise Http404


class Line(msgspec.Struct, frozen=True):
    """A shift as a line of the page."""

    id: int
    duty: str
    tone: str
    name: str
    person: str
    was: str
    local: str
    utc: str
    now: bool
    over: bool


_TONE = {Duty.DUTY: "wait", Duty.LEAD: "done", Duty.ON_CALL: "work"}


def _line(one: ShiftView, now: datetime) -> Line:
    zone = figures.zone()
    local = one.starts.astimezone(zone), one.ends.astimezone(zone)
    utc = one.starts.astimezone(UTC), one.ends.astimezone(UTC)
    return Line(
        id=one.id,
        duty=str(DUTY[Duty(one.role)]),
        tone=_TONE[Duty(one.role)],
        name=one.name,
        person=one.person,
        was=one.was,
        local=_between(local),
        utc=f"{_day(utc[0], local[0])}{_between(utc)} UTC",
        now=one.starts <= now < one.ends,
        over=one.ends <= now,
    )


def _between(ends: tuple[datetime, datetime]) -> str:
    first, last = ends
    later = (last.date() - first.date()).days
    return f"{first:%H:%M}\u2013{last:%H:%M}" + (f" +{later}" if later else "")


def _day(utc: datetime, local: datetime) -> str:
    """The day in UTC, where it is another one than there."""
    return f"{figures.day(utc.date())} " if utc.date() != local.date() else ""


def _week(text: str, today: date) -> date:
    """The Monday of a week named by one of its days."""
    try:
        day = date.fromisoformat(text) if text else today
        return day - timedelta(days=day.weekday())
    except (ValueError, OverflowError):
        raise Http404 from None


@desk
def roster(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """One week of one team."""
    choices = teams_of(viewer)
    if not choices:
        return render(request, "roster/roster.html", {"teams": [], "days": []})
    team = chosen(choices, request.GET.get("team", ""))
    now, zone = clock(), figures.zone()
    first = _week(request.GET.get("week", ""), now.astimezone(zone).date())
    since = datetime.combine(first, time(), zone)
    found = shifts(since, since + _WEEK, viewer=viewer, team=team.id)
    form = request.GET.get("form", "")
    if form in files.FORMS:
        return _file(found, form, f"roster-{team.slug}-{first.isoformat()}", now)
    days = [first + timedelta(days=place) for place in range(7)]
    context = {
        "team": team,
        "teams": choices,
        "days": [
            (
                f"{daily.weekday(day)}, {figures.day(day)}",
                day == now.astimezone(zone).date(),
                [_line(one, now) for one in found if _begins(one, since) == day],
            )
            for day in days
        ],
        "now": [_line(one, now) for one in on_duty(team.id, now, viewer=viewer)],
        "before": (first - _WEEK).isoformat(),
        "after": (first + _WEEK).isoformat(),
        "week": first.isoformat(),
        "zone": since.tzname(),
        "colleagues": sorted(members(team.id, now.date())) if team.own else [],
        "span": f"{figures.day(days[0])} \u2013 {figures.day(days[-1])}",
    }
    return render(request, "roster/roster.html", context)


def _begins(one: ShiftView, since: datetime) -> date:
    """On which day of the week a shift is shown: what began before stands on the first."""
    return max(one.starts, since).astimezone(figures.zone()).date()


def _file(found: list[ShiftView], form: str, name: str, now: datetime) -> HttpResponse:
    content = files.write(found, form, now=now)
    response = HttpResponse(content, content_type=f"{files.FORMS[form]}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response


@require_POST
@desk
def swap(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """A colleague takes a shift of a team of the reader."""
    now = clock()
    team = chosen(teams_of(viewer), request.POST.get("team", ""))
    # A shift of another team is none here.
    span = now - timedelta(days=1), now + timedelta(days=400)
    mine = {one.id for one in shifts(*span, viewer=viewer, team=team.id)}
    if not team.own or number not in mine:
        raise Http404
    try:
        actions.swap(number, request.POST.get("person", ""), actor=actor(request), now=now)
    except PehraError:
        text = _("Not done: choose a colleague of the team who is free then.")
        messages.error(request, text, extra_tags="note--bad")
    else:
        messages.success(request, _("The shift has changed hands."))
    week = request.POST.get("week", "")
    return HttpResponseRedirect(f"{reverse('roster')}?team={team.slug}&week={week}")
