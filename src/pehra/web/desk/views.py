"""The start page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from allauth.mfa.utils import is_mfa_enabled
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from pehra.intake import queries as intake
from pehra.kernel.time import clock
from pehra.web import figures, paper
from pehra.web.charts import daily
from pehra.web.charts.figure import Figure, Words, asked_file, with_links
from pehra.web.desk import days, needs, places, working
from pehra.web.findings.counts import present, severity_table, severity_tiles
from pehra.web.gate import desk, posts
from pehra.web.intake.health import health_table
from pehra.web.intake.rows import batch_table
from pehra.web.paper import Paper, Part
from pehra.web.tables import Cell, Column, Table, table

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from pehra.findings.queries import Present
    from pehra.mandate.viewers import Viewer

_BATCHES = 5
_SOURCES = 12


def _charts(
    told: list[daily.Told], viewer: Viewer, now: datetime, counted: datetime
) -> tuple[list[Figure], Figure | None]:
    today = now.astimezone(figures.zone()).date()
    at = figures.moment(counted, now=now)
    opened = Words(
        name="opened",
        title=_("Findings opened a day"),
        summary=_("Bars: findings opened on each of the last 29 days; the table has the numbers."),
        source=_("From findings as they were opened."),
        at=at,
    )
    shown = [daily.chart(told[0], today, opened)]
    if viewer.sees_all:
        rows = Words(
            name="rows",
            title=_("Rows received a day"),
            summary=_("Bars: rows received on each of the last 29 days; the table has them."),
            source=_("From files as they were received."),
        )
        shown.append(daily.chart(told[3], today, rows))
    return shown, places.tile_map(viewer, at)


class _Told(msgspec.Struct, frozen=True):
    """What the page and the paper both say."""

    today: str
    needs: list[needs.Need]
    counted: Present
    comparison: Table
    charts: list[Figure]
    map: Figure | None

    @property
    def figures(self) -> list[Figure]:
        """All charts."""
        return [*self.charts, *([self.map] if self.map else [])]


def _told(request: HttpRequest, viewer: Viewer, now: datetime) -> _Told:
    today = now.astimezone(figures.zone()).date()
    counted = present(viewer, now)
    told = days.numbers(today, viewer=viewer)
    charts, tile_map = _charts(told, viewer, now, counted.at)
    return _Told(
        today=f"{daily.weekday(today)}, {figures.day(today)}",
        needs=[
            *working.needs(viewer=viewer, now=now, roles={post.role for post in posts(request)}),
            *needs.needs(counted.counts, counted.unheld, viewer=viewer, now=now),
        ],
        counted=counted,
        comparison=days.comparison(told, today),
        charts=charts,
        map=tile_map,
    )


@desk
def printed(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """The numbers of the page as PDF: its lists, and the tables of its charts."""
    now = clock()
    told = _told(request, viewer, now)
    columns = [Column(_("Findings"), number=True), Column(_("What")), Column(_("Out of"))]
    waiting = [[Cell(one.figure), Cell(one.text), Cell(one.of)] for one in told.needs]
    empty = _("Nothing needs you now.")
    parts = [
        Part(_("Needs you now"), table(columns, waiting, caption="", empty=empty)),
        Part(_("Findings that need somebody"), severity_table(told.counted.counts)),
        Part(_("Today beside other days"), told.comparison),
        *(Part(one.title, one.table, one.source) for one in told.figures),
    ]
    return paper.download(Paper(_("Today"), told.today, parts), "today.pdf", now=now)


@desk
def start(request: HttpRequest, *, viewer: Viewer) -> HttpResponseBase:
    """What needs somebody, today beside other days, where, and how the sources do."""
    now = clock()
    told = _told(request, viewer, now)
    file = asked_file(request, told.figures)
    if file is not None:
        return file
    latest = intake.batches(viewer=viewer, size=_BATCHES).rows if viewer.sees_all else []
    context = {
        "today": told.today,
        "needs": told.needs,
        "tiles": severity_tiles(told.counted.counts, reverse("findings")),
        "counted": figures.moment(told.counted.at, now=now),
        "comparison": told.comparison,
        "charts": with_links(request, told.charts),
        "map": with_links(request, [told.map])[0] if told.map else None,
        "sources": health_table(viewer, now, limit=_SOURCES) if viewer.sees_all else None,
        "batches": batch_table(latest, now=now) if viewer.sees_all else None,
        "national": viewer.sees_all,
        "has_second_factor": is_mfa_enabled(request.user),
    }
    return render(request, "desk.html", context)
