"""The search box that every page carries, and the page of what it found."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from pehra.findings import queries
from pehra.kernel.time import clock
from pehra.web import figures, marks
from pehra.web.findings.rows import asset_text, localised
from pehra.web.gate import desk
from pehra.web.tables import Cell, Column, Link, Section, badge_cell, moment_cell, table

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from pehra.mandate.viewers import Viewer


def _listing(**words: str) -> str:
    return f"{reverse('findings')}?{urlencode(words | {'state': 'any'})}"


def _findings(found: queries.Found, now: datetime) -> Section:
    columns = [
        Column(_("What, and where")),
        Column(_("Severity")),
        Column(_("Who must act")),
        Column(_("State")),
        Column(_("Last seen")),
    ]
    rows = [
        [
            Cell(
                row.identifier,
                href=reverse("finding", args=[row.id]),
                main=True,
                code=True,
                sub=f"F{row.id} · {asset_text(row)}",
            ),
            Cell(severity=marks.severity(row.severity)),
            Cell(localised(row.organisation, row.organisation_ur) or _("holder not known")),
            badge_cell(marks.state(row.state)),
            moment_cell(figures.moment(row.last_seen, now=now)),
        ]
        for row in found.findings
    ]
    more = Link(_listing(asset=found.asked.asset), _("All findings on it")) if found.more else None
    words = table(columns, rows, caption=_("Findings"), empty="")
    return Section(_("Findings"), words, anchor="findings", more=more)


def _holders(found: queries.Found) -> Section:
    rows = [
        [
            Cell(
                localised(row.name, row.name_ur),
                sub=row.slug,
                href=reverse("organisation", args=[row.slug]),
                main=True,
            ),
            Cell(row.asset, code=True) if row.asset else Cell(figures.NOTHING),
            Cell(_("Its findings"), href=_listing(organisation=row.slug)),
        ]
        for row in found.holders
    ]
    columns = [Column(_("Organisation")), Column(_("Holds")), Column(_("Findings"))]
    words = table(columns, rows, caption=_("Organisations"), empty="")
    return Section(_("Organisations"), words, anchor="organisations")


def _kinds(found: queries.Found) -> Section:
    names = [
        [Cell(name, href=_listing(identifier=name), main=True, code=True)]
        for name in found.identifiers
    ]
    if found.asked.asn is not None:
        name = f"AS{found.asked.asn}"
        names.append([Cell(name, href=_listing(asn=name), main=True, code=True)])
    words = table([Column(_("Findings of"))], names, caption=_("Lists"), empty="")
    return Section(_("Lists"), words, anchor="lists")


def _reports(found: queries.Found) -> Section:
    rows = [
        [Cell(row.file_name, href=reverse("batch", args=[row.id]), main=True), Cell(row.source)]
        for row in found.reports
    ]
    columns = [Column(_("File")), Column(_("Source"))]
    words = table(columns, rows, caption=_("Reports"), empty="")
    return Section(_("Reports"), words, anchor="reports")


def _only(found: queries.Found) -> str:
    """Where a search leads that can mean one thing only; empty where it may mean more."""
    if found.count != 1 or found.asked.asn is not None:
        return ""
    if found.findings:
        return reverse("finding", args=[found.findings[0].id])
    if found.holders:
        return reverse("organisation", args=[found.holders[0].slug])
    if found.reports:
        return reverse("batch", args=[found.reports[0].id])
    return _listing(identifier=found.identifiers[0])


@desk
def find(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """What the text may mean; straight to it where it is one thing."""
    asked = request.GET.get("q", "").strip()
    found = queries.search(asked, viewer=viewer)
    alone = _only(found)
    if alone:
        return HttpResponseRedirect(alone)
    now = clock()
    sections = [_findings(found, now), _holders(found), _kinds(found), _reports(found)]
    shown = [part for part in sections if part.table and part.table.rows]
    context = {"asked": found.asked.text, "sections": shown}
    return render(request, "find.html", context)
