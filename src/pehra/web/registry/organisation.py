"""The page of one organisation: who it is, what it holds and why, how it does, what was seen last.

Everything is as far as the reader may see it; somebody else's organisation is not there at all.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _

from pehra.findings import queries as findings
from pehra.kernel.time import clock
from pehra.observations import queries as lake
from pehra.registry import queries
from pehra.web import figures, marks
from pehra.web.charts import daily, lines
from pehra.web.charts.figure import Figure, Words, asked_file, line_figure, with_links
from pehra.web.findings.counts import present, severity_tiles
from pehra.web.findings.evidence import address_of
from pehra.web.findings.rows import asset_text, localised
from pehra.web.gate import desk
from pehra.web.paging import Pages, address, position
from pehra.web.registry import rows
from pehra.web.tables import Cell, Column, Table, moment_cell, table

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from pehra.findings.queries import Present
    from pehra.mandate.viewers import Viewer

_CLAIMS = 50
_SEEN = 8
_LOOKS = (timedelta(days=1), timedelta(days=7))
"""How far back observations are looked for: further only where nothing newer was found."""


def _overdue_table(found: list[findings.Row], *, now: datetime) -> Table:
    columns = [
        Column(_("What, and where")),
        Column(_("Severity")),
        Column(_("State")),
        Column(_("Overdue")),
    ]
    cells = [
        [
            Cell(
                row.identifier,
                href=reverse("finding", args=[row.id]),
                main=True,
                code=True,
                sub=asset_text(row),
            ),
            Cell(severity=marks.severity(row.severity)),
            Cell(badge=marks.state(row.state)),
            Cell(due.words if (due := figures.due(row.due_at, now=now)) else figures.NOTHING),
        ]
        for row in found
    ]
    empty = _("No deadline of this organisation has passed.")
    return table(columns, cells, caption=_("Longest overdue"), empty=empty)


def _seen(number: int, viewer: Viewer, now: datetime) -> list[dict[str, Any]]:
    asked = lake.Asked(organisation=number)
    for back in _LOOKS:
        since = (now - back).date()
        found = lake.newest(settings.HOME, asked, viewer=viewer, since=since, size=_SEEN)
        if found.height:
            return found.to_dicts()
    return []


def _seen_table(found: list[dict[str, Any]], *, now: datetime) -> Table:
    columns = [
        Column(_("What")),
        Column(_("Address")),
        Column(_("Source")),
        Column(_("Seen")),
    ]
    cells = [
        [
            Cell(row["identifier"] or figures.NOTHING, main=True, code=True),
            Cell(address_of(row), code=True),
            Cell(row["source"], code=True),
            moment_cell(figures.moment(row["observed_at"], now=now)),
        ]
        for row in found
    ]
    empty = _("Nothing was reported about it in the last 7 days.")
    return table(columns, cells, caption=_("Seen last"), empty=empty)


def _chart(number: int, viewer: Viewer, now: datetime, counted: Present) -> Figure:
    shown = daily.days_to(now.astimezone(figures.zone()).date())
    found = findings.by_day(shown[0], shown[-1], viewer=viewer, organisation=number)
    told: list[tuple[str, str, list[int | None]]] = [
        (_("Open"), "one", [found[day].standing if day in found else None for day in shown]),
        (_("Overdue"), "two", [found[day].overdue if day in found else None for day in shown]),
    ]
    series = [
        lines.Series(
            name,
            tone,
            values,
            [
                f"{figures.day(day)}: {name} {daily.count_text(value)}"
                for day, value in zip(shown, values, strict=True)
            ],
        )
        for name, tone, values in told
    ]
    words = Words(
        name="findings",
        title=_("Findings over time"),
        summary=_("Lines: open and overdue findings on the last 29 days; the table has them."),
        source=_("As they stood when each day was counted last."),
        at=figures.moment(counted.at, now=now),
    )
    return line_figure(words, series, [formats.date_format(day, "j M") for day in shown])


@desk
def organisation(request: HttpRequest, *, viewer: Viewer, slug: str) -> HttpResponseBase:
    """One organisation."""
    now = clock()
    found = queries.organisation(slug, viewer=viewer, on=now.date())
    if found is None:
        raise Http404
    counted = present(viewer, now, organisation=found.id, slug=slug)
    chart = _chart(found.id, viewer, now, counted)
    file = asked_file(request, [chart])
    if file is not None:
        return file
    claims = queries.claims_of(
        found.id, viewer=viewer, after=position(request, "after") or 0, size=_CLAIMS + 1
    )
    onward = (
        address(request, {"after": claims[_CLAIMS - 1].claim}, anchor="claims")
        if claims[_CLAIMS:]
        else ""
    )
    listing = f"{reverse('findings')}?organisation={slug}"
    overdue = findings.most_overdue(slug, viewer=viewer, now=now)
    context = {
        "title": localised(found.name, found.name_ur),
        "slug": slug,
        "listing": listing,
        "tiles": severity_tiles(counted.counts, listing),
        "counted": figures.moment(counted.at, now=now),
        "chart": with_links(request, [chart])[0],
        "overdue": _overdue_table(overdue, now=now),
        "overdue_href": f"{listing}&due=past" if overdue else "",
        "seen": _seen_table(_seen(found.id, viewer, now), now=now),
        "contacts": rows.contact_table(queries.contacts_of(found.id, viewer=viewer)),
        "claims": rows.claim_table(claims[:_CLAIMS]),
        "claim_pages": Pages(previous="", next=onward),
        "facts": rows.organisation_facts(found),
    }
    return render(request, "registry/organisation.html", context)
