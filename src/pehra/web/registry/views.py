"""Organisations with what they hold, the work that the register waits for, and the unattributed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from pehra.findings import queries as findings
from pehra.kernel.time import clock
from pehra.registry import queries
from pehra.web import figures, marks, phrases
from pehra.web.gate import desk, national
from pehra.web.paging import Pages, address, position
from pehra.web.registry import reading, rows
from pehra.web.tables import Cell, Column, Section, moment_cell, table

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from pehra.mandate.viewers import Viewer

_LONGEST = 120
_WORK = 100


@desk
def organisations(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Who is in the register, by name in the address."""
    search = request.GET.get("q", "").strip().replace("\x00", "")[:_LONGEST]
    after = request.GET.get("after", "").replace("\x00", "")[:_LONGEST]
    territory = request.GET.get("territory", "").replace("\x00", "")[:_LONGEST]
    found = reading.organisations(viewer, search=search, after=after, territory=territory)
    onward = address(request, {"after": found.rows[-1].slug}) if found.has_next else ""
    work = [{"href": reverse("work"), "text": _("Work items")}] if viewer.sees_all else []
    context = {
        "title": _("Organisations"),
        "intro": _("Who holds what, and by whose word."),
        "links": work,
        "search": {"label": _("Name of an organisation"), "value": search},
        "sections": [Section("", rows.organisation_table(found))],
        "pages": Pages(previous="", next=onward),
    }
    return render(request, "listing.html", context)


@national
def work(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """What the register waits for a person to decide."""
    kind = request.GET.get("kind", "")
    items = queries.work_items(
        viewer=viewer,
        after=position(request, "after") or 0,
        size=_WORK + 1,
        kind=kind if kind in phrases.WORK_KIND else "",
    )
    onward = address(request, {"after": items[_WORK - 1].id}) if items[_WORK:] else ""
    context = {
        "parent": {"href": reverse("organisations"), "text": _("Organisations")},
        "title": _("Work items"),
        "intro": _("Conflicts, proposals and gaps that a person must decide, the oldest first."),
        "sections": [Section("", rows.work_table(items[:_WORK], now=clock()))],
        "pages": Pages(previous="", next=onward),
    }
    return render(request, "listing.html", context)


@national
def unattributed(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Networks with open findings that nobody is known to answer for."""
    now = clock()
    columns = [
        Column(_("Network")),
        Column(_("Country")),
        Column(_("Worst")),
        Column(_("Last seen")),
        Column(_("Findings"), number=True),
    ]
    listing = reverse("findings")
    cells = [
        [
            Cell(
                f"AS{row.asn}" if row.asn else _("no network known"),
                href=f"{listing}?holder=none&asn=AS{row.asn}" if row.asn else "",
                main=True,
            ),
            Cell(row.country or figures.NOTHING),
            Cell(severity=marks.severity(row.worst)),
            moment_cell(figures.moment(row.last_seen, now=now)),
            Cell(figures.number(row.findings)),
        ]
        for row in findings.unheld_networks(viewer=viewer)
    ]
    empty = _("Every open finding has a holder.")
    context = {
        "title": _("Unattributed"),
        "intro": _("Networks with open findings and no known holder, most findings first."),
        "links": [{"href": f"{listing}?holder=none", "text": _("All such findings")}],
        "sections": [Section("", table(columns, cells, caption=_("Networks"), empty=empty))],
    }
    return render(request, "listing.html", context)
