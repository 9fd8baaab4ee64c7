"""Sources: how all of them do, the page of one, and what an officer says to an alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from pehra.intake import discover, queries
from pehra.intake.actions import accept, acknowledge
from pehra.kernel.time import clock
from pehra.web import figures
from pehra.web.charts import daily
from pehra.web.charts.figure import Figure, Words, asked_file, with_links
from pehra.web.gate import deciding, may_decide, national
from pehra.web.intake import health
from pehra.web.intake.rows import batch_table

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from pehra.kernel.actors import Actor
    from pehra.mandate.viewers import Viewer

_FILES = 10
_LONGEST = 240


@national
def sources(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Alarms first, then every source, the worst first."""
    now = clock()
    found = queries.alarms(viewer=viewer)
    context = {
        "alarms": [health.shown_alarm(row, now=now) for row in found],
        "sources": health.health_table(viewer, now),
        "may_decide": may_decide(request),
        "back": reverse("sources"),
    }
    return render(request, "intake/sources.html", context)


def _chart(slug: str, viewer: Viewer, now: datetime) -> Figure:
    """Rows a day; a day on which nothing came is zero from the first file on, not known before."""
    today = now.astimezone(figures.zone()).date()
    shown = daily.days_to(today)
    came = queries.came(shown[0], today, figures.zone(), viewer=viewer, source=slug)
    rows = {day: one.rows for (day, _slug), one in came.items()}
    first = min(rows, default=None)
    told = daily.Told(
        _("Rows received"),
        {day: rows.get(day, 0) if first and day >= first else None for day in shown},
    )
    words = Words(
        name="rows",
        title=_("Rows received a day"),
        summary=_("Bars: rows received on each of the last 29 days; the table has them."),
        source=_("From files as they were received."),
    )
    return daily.chart(told, today, words)


@national
def source(request: HttpRequest, *, viewer: Viewer, slug: str) -> HttpResponseBase:
    """One source: what it is, how it does, what came of it last."""
    now = clock()
    told = next((one for one in health.doing(viewer, now) if one.state.slug == slug), None)
    if told is None:
        raise Http404
    chart = _chart(slug, viewer, now)
    file = asked_file(request, [chart])
    if file is not None:
        return file
    files = queries.batches(viewer=viewer, source=slug, size=_FILES).rows
    found = queries.alarms(viewer=viewer, source=slug)
    context = {
        "source": told,
        "facts": health.source_facts(told.state, now=now),
        "alarms": [health.shown_alarm(row, now=now) for row in found],
        "chart": with_links(request, [chart])[0],
        "reports": batch_table(files, now=now),
        "reports_href": f"{reverse('batches')}?source={slug}",
        "may_decide": may_decide(request),
        "back": reverse("source", args=[slug]),
    }
    return render(request, "intake/source.html", context)


def _back(request: HttpRequest) -> HttpResponse:
    """To the page of the source from which the form came, or to the list."""
    slug = request.POST.get("source", "")
    known = slug in discover.sources()
    return HttpResponseRedirect(reverse("source", args=[slug]) if known else reverse("sources"))


def _why(request: HttpRequest) -> str:
    return request.POST.get("why", "").strip().replace("\x00", "")[:_LONGEST]


@deciding
def acknowledge_alarm(request: HttpRequest, *, actor: Actor, number: int) -> HttpResponse:
    """Somebody looks into it."""
    acknowledge(number, actor=actor, why=_why(request), now=clock())
    messages.success(request, _("Recorded: you look into it. It stays until it is over."))
    return _back(request)


@deciding
def accept_alarm(request: HttpRequest, *, actor: Actor, number: int) -> HttpResponse:
    """Somebody says that the list is true."""
    accept(number, actor=actor, why=_why(request), now=clock())
    messages.success(request, _("Recorded: the list is true. It is taken in now."))
    return _back(request)
