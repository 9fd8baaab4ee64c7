"""The start page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.utils import is_mfa_enabled
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from pehra.intake import queries as intake
from pehra.kernel.time import clock
from pehra.web import figures
from pehra.web.charts import daily
from pehra.web.charts.figure import Figure, Words, asked_file, with_links
from pehra.web.desk import days, needs, places
from pehra.web.findings.counts import present, severity_tiles
from pehra.web.gate import desk
from pehra.web.intake.health import health_table
from pehra.web.intake.rows import batch_table

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

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


@desk
def start(request: HttpRequest, *, viewer: Viewer) -> HttpResponseBase:
    """What needs somebody, today beside other days, where, and how the sources do."""
    now = clock()
    today = now.astimezone(figures.zone()).date()
    counted = present(viewer, now)
    told = days.numbers(today, viewer=viewer)
    charts, tile_map = _charts(told, viewer, now, counted.at)
    file = asked_file(request, [*charts, *([tile_map] if tile_map else [])])
    if file is not None:
        return file
    latest = intake.batches(viewer=viewer, size=_BATCHES).rows if viewer.sees_all else []
    context = {
        "today": f"{daily.weekday(today)}, {figures.day(today)}",
        "needs": needs.needs(counted.counts, counted.unheld, viewer=viewer, now=now),
        "tiles": severity_tiles(counted.counts, reverse("findings")),
        "counted": figures.moment(counted.at, now=now),
        "comparison": days.comparison(told, today),
        "charts": with_links(request, charts),
        "map": with_links(request, [tile_map])[0] if tile_map else None,
        "sources": health_table(viewer, now, limit=_SOURCES) if viewer.sees_all else None,
        "batches": batch_table(latest, now=now) if viewer.sees_all else None,
        "national": viewer.sees_all,
        "has_second_factor": is_mfa_enabled(request.user),
    }
    return render(request, "desk.html", context)
