"""Reports by address: as pages, and as PDF, CSV and JSON of the same values."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from pehra.kernel.errors import UsageError
from pehra.kernel.time import clock
from pehra.mandate import queries as mandate
from pehra.mandate.queries.groups import sector_names
from pehra.notices.outcomes import Period, holders_of
from pehra.notices.queries.behind import behind_team
from pehra.notices.queries.periods import (
    Counted,
    counted,
    kept,
    months_of_team,
    of_organisation,
    of_team,
)
from pehra.notices.spans import Every, begin, last_whole, span
from pehra.registry import queries as registry
from pehra.web import figures, paper
from pehra.web.findings.rows import localised
from pehra.web.gate import desk, national
from pehra.web.reports import made
from pehra.web.reports.words import NAMES, WHAT
from pehra.web.spreadsheet import download
from pehra.web.tables import Cell, Column, Link, Section, table

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from pehra.mandate.viewers import Viewer

FORMS = ("pdf", "csv", "json")
_NEWEST = 12


def _own(viewer: Viewer) -> Section:
    """The newest whole month of each organisation of the reader."""
    today = clock().astimezone(figures.zone()).date()
    first = last_whole(Every.MONTHLY, today)
    columns = [Column(_("Organisation")), Column(_("Of"))]
    rows = [
        [
            Cell(
                one.name,
                href=reverse("report-holder", args=[first.isoformat(), one.slug]),
                main=True,
            ),
            Cell(figures.day(first)),
        ]
        for one in registry.organisations(viewer=viewer)
    ]
    title = str(NAMES[Every.MONTHLY])
    empty = _("No organisation had any.")
    return Section(title, table(columns, rows, caption=title, empty=empty))


def _of_teams(viewer: Viewer) -> list[Section]:
    """The months of what the reader's teams lead on."""
    columns = [Column(_("Team")), Column(_("Of"))]
    cells = [
        [
            Cell(
                localised(name, name_ur),
                href=reverse("report-team", args=[day.isoformat(), slug]),
                main=True,
            ),
            Cell(figures.day(day)),
        ]
        for number, slug, name, name_ur in _own_teams(viewer)
        for day in months_of_team(number, viewer=viewer)
    ]
    if not cells:
        return []
    title = _("Monthly report of your team")
    return [Section(title, table(columns, cells, caption=title, empty=""))]


def _own_teams(viewer: Viewer) -> list[tuple[int, str, str, str]]:
    names = mandate.team_names()
    return [
        (one.id, one.slug, *names[one.id])
        for one in mandate.teams()
        if one.id in viewer.teams and one.id in names
    ]


@desk
def index(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Which reports there are: the nation's, or those of the reader's own organisations."""
    if not viewer.sees_all:
        sections = [*_of_teams(viewer), _own(viewer)]
        context = {"title": _("Situation reports"), "sections": sections}
        return render(request, "listing.html", context)
    columns = [Column(_("Report")), Column(_("Of")), Column(_("Earlier"))]
    rows = []
    for every in Every:
        days = kept(every, viewer=viewer)[:_NEWEST]
        newest = figures.day(days[0]) if days else _("not made yet: the worker makes it daily")
        href = reverse("report", args=[every.value, days[0].isoformat()]) if days else ""
        earlier = str(len(days) - 1) if days else figures.NOTHING
        rows.append(
            [
                Cell(str(NAMES[every]), sub=str(WHAT[every]), href=href, main=True),
                Cell(newest),
                Cell(earlier),
            ]
        )
    context = {
        "title": _("Situation reports"),
        "intro": _("Outcomes and work of a day, a week, a month and a half year."),
        "sections": [Section("", table(columns, rows, caption=_("Situation reports"), empty=""))],
        "links": [Link(reverse("effect"), _("Effect of notices"))],
    }
    return render(request, "listing.html", context)


def day_of(text: str) -> date:
    """A day of an address; where it is none, there is no page."""
    try:
        return figures.day_of(text)
    except UsageError:
        raise Http404 from None


def newest_before(every: Every, first: date, *, viewer: Viewer) -> Counted | None:
    """The period before one, where it was counted."""
    return counted(every, begin(every, first - timedelta(days=1)), viewer=viewer)


@national
def report(request: HttpRequest, *, viewer: Viewer, every: str, day: str) -> HttpResponseBase:
    """The report of a period."""
    if every not in set(Every):
        raise Http404
    kind = Every(every)
    first = begin(kind, day_of(day))
    found = counted(kind, first, viewer=viewer)
    if found is None:
        raise Http404
    shown = made.of_period(kind, found, newest_before(kind, first, viewer=viewer))
    return answered(request, shown, found.at)


@national
def sector(request: HttpRequest, *, viewer: Viewer, day: str, slug: str) -> HttpResponseBase:
    """The monthly report of a sector."""
    first = begin(Every.MONTHLY, day_of(day))
    found = counted(Every.MONTHLY, first, viewer=viewer)
    one = found.period.sectors.get(slug) if found else None
    if found is None or one is None:
        raise Http404
    title = localised(*sector_names().get(slug, (slug, "")))
    name = f"monthly-{first.isoformat()}-{slug}"
    at = f"{reverse('report-sector', args=[first.isoformat(), slug])}rows/"
    trail = made.Trail(at if found.rows else "")
    return answered(request, made.of_one(name, title, one, found.period, trail), found.at)


@desk
def team(request: HttpRequest, *, viewer: Viewer, day: str, slug: str) -> HttpResponseBase:
    """The monthly report of what a team leads on, for its own people and the nation."""
    found = month_of_team(day_of(day), slug, viewer=viewer)
    if found is None:
        raise Http404
    return answered(request, *found)


def month_of_team(day: date, slug: str, *, viewer: Viewer) -> tuple[made.Report, datetime] | None:
    """The month of what a team leads on, and when it was counted; None: not for this reader."""
    first = begin(Every.MONTHLY, day)
    who = team_of(slug)
    found = of_team(first, who.id, viewer=viewer)
    rows = behind_team(first, who.id, viewer=viewer)
    if found is None or rows is None:
        return None
    trail = made.Trail(f"{reverse('report-team', args=[first.isoformat(), slug])}rows/")
    name = f"monthly-{first.isoformat()}-{slug}"
    title = localised(who.name, who.name_ur)
    shown = made.of_one(name, title, found.period.whole, found.period, trail)
    return made.with_holders(shown, holders_of(rows), trail), found.at


class TeamNamed(msgspec.Struct, frozen=True):
    """A team as an address names it."""

    id: int
    name: str
    name_ur: str


def team_of(slug: str) -> TeamNamed:
    """The team of a slug; where there is none, there is no page."""
    number = next((one.id for one in mandate.teams() if one.slug == slug), None)
    names = mandate.team_names().get(number or 0)
    if number is None or names is None:
        raise Http404
    return TeamNamed(number, *names)


@desk
def organisation(request: HttpRequest, *, viewer: Viewer, day: str, slug: str) -> HttpResponseBase:
    """The monthly report of an organisation, for whoever may see it."""
    now = clock()
    shown = of_holder(day_of(day), slug, viewer=viewer, now=now)
    if shown is None:
        raise Http404
    return answered(request, shown, now)


def of_holder(day: date, slug: str, *, viewer: Viewer, now: datetime) -> made.Report | None:
    """The monthly report of an organisation; None where the viewer may not see it."""
    who = registry.organisation(slug, viewer=viewer, on=now.date())
    at = span(Every.MONTHLY, day, figures.zone())
    if who is None or at[0] > now:
        return None
    at = at[0], min(at[1], now)
    found = of_organisation(who.id, at, viewer=viewer, now=now)
    period = Period(*at, whole=found, sectors={}, holders=())
    first = begin(Every.MONTHLY, day).isoformat()
    trail = made.Trail(f"{reverse('report-holder', args=[first, slug])}rows/")
    name = f"monthly-{first}-{slug}"
    return made.of_one(name, localised(who.name, who.name_ur), found, period, trail)


def answered(request: HttpRequest, shown: made.Report, at: datetime) -> HttpResponseBase:
    """A report in the form that the address asks for."""
    form = request.GET.get("form", "")
    now = clock()
    if form == "pdf":
        return paper.download(shown.paper, f"{shown.name}.pdf", now=now)
    if form == "csv":
        return download(made.lines(shown), f"{shown.name}.csv")
    if form == "json":
        response = HttpResponse(
            msgspec.json.encode(shown.data) + b"\n", content_type="application/json"
        )
        response["Content-Disposition"] = f'attachment; filename="{shown.name}.json"'
        return response
    context = {
        "paper": shown.paper,
        "forms": FORMS,
        "counted": figures.moment(at, now=now),
    }
    return render(request, "reports/report.html", context)
