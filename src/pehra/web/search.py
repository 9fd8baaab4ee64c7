"""The search box that every page carries, and the page of what it found."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pehra.findings import queries
from pehra.kernel.addresses import unpack
from pehra.kernel.time import clock
from pehra.web import figures, marks, search_work
from pehra.web.findings.rows import asset_text, localised
from pehra.web.gate import desk
from pehra.web.tables import Cell, Column, Link, Section, badge_cell, moment_cell, table

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from pehra.findings.asked import Asked
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
    asked = found.asked
    wanted = {"what": asked.cve} if asked.cve else {"asset": asked.asset}
    more = Link(_listing(**wanted), _("All of these findings")) if found.more else None
    words = table(columns, rows, caption=_("Findings"), empty="")
    return Section(_("Findings"), words, intro=_why(asked), anchor="findings", more=more)


def _why(asked: Asked) -> str:
    """Why the findings are here."""
    if asked.cve:
        return _("They name %(cve)s.") % {"cve": asked.cve}
    if asked.asset:
        return _("On exactly this address or host.")
    if asked.network:
        return _("On addresses of this network that the latest reports named.")
    return _("It has this number.")


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
    by_asset = any(row.asset for row in found.holders)
    why = _("They hold it, or what is around it.") if by_asset else _("Their names have the words.")
    return Section(_("Organisations"), words, intro=why, anchor="organisations")


def _teams(found: queries.Found) -> Section:
    rows = [
        [
            Cell(localised(row.name, row.name_ur), sub=row.slug, main=True),
            Cell(_("Findings it leads on"), href=_listing(team=row.slug)),
        ]
        for row in found.teams
    ]
    words = table([Column(_("Team")), Column(_("Findings"))], rows, caption=_("Teams"), empty="")
    return Section(_("Teams"), words, intro=_("Their names have the words."), anchor="teams")


def _seen(found: queries.Found, now: datetime) -> Section:
    """What the last week's reports said of the address or the network."""
    rows = [
        [
            Cell(
                row["identifier"] or figures.NOTHING,
                href=reverse("finding", args=[row["finding"]]) if row["finding"] else "",
                main=True,
                code=True,
                sub=row["source"],
            ),
            Cell(unpack(row["ip"]) if row["ip"] else row["host"] or "", code=True),
            moment_cell(figures.moment(row["observed_at"], now=now)),
        ]
        for row in found.seen.rows
    ]
    columns = [Column(_("What")), Column(_("Address")), Column(_("Observed"))]
    words = table(columns, rows, caption=_("Observations"), empty="")
    count = found.seen.count
    intro = ngettext(
        "%(n)s observation in the last seven days.",
        "%(n)s observations in the last seven days.",
        count,
    ) % {"n": figures.number(count)}
    return Section(_("Observations"), words, intro=intro, anchor="observations")


def _kinds(found: queries.Found) -> Section:
    names = [
        [Cell(name, href=_listing(identifier=name), main=True, code=True)]
        for name in found.identifiers
    ]
    names += [[Cell(name, href=_listing(what=name), main=True, code=True)] for name in found.whats]
    if found.asked.asn is not None:
        name = f"AS{found.asked.asn}"
        names.append([Cell(name, href=_listing(asn=name), main=True, code=True)])
    words = table([Column(_("Findings of"))], names, caption=_("Lists"), empty="")
    why = _("Names of faults, families and networks that fit.")
    return Section(_("Lists"), words, intro=why, anchor="lists")


def _reports(found: queries.Found) -> Section:
    rows = [
        [Cell(row.file_name, href=reverse("batch", args=[row.id]), main=True), Cell(row.source)]
        for row in found.reports
    ]
    columns = [Column(_("File")), Column(_("Source"))]
    words = table(columns, rows, caption=_("Reports"), empty="")
    why = _("The file has this digest, or the batch this number.")
    return Section(_("Reports"), words, intro=why, anchor="reports")


def _only(found: queries.Found) -> str:
    """Where a search leads that can mean one thing only; empty where it may mean more."""
    numbered = found.asked.number is not None and bool(found.findings)
    if not numbered and (found.count != 1 or found.asked.asn is not None):
        return ""
    places = [
        *(reverse("finding", args=[row.id]) for row in found.findings),
        *(reverse("organisation", args=[row.slug]) for row in found.holders),
        *(reverse("batch", args=[row.id]) for row in found.reports),
        *(_listing(team=row.slug) for row in found.teams),
        *(_listing(what=name) for name in found.whats),
        *(_listing(identifier=name) for name in found.identifiers),
    ]
    return places[0] if places else ""


@desk
def find(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """What the text may mean; straight to it where it is one thing."""
    asked = request.GET.get("q", "").strip()
    now = clock()
    found = queries.search(asked, viewer=viewer, on=now.date())
    work = search_work.sections(asked, viewer)
    alone = search_work.only(work) if work and not found.count else "" if work else _only(found)
    if alone:
        return HttpResponseRedirect(alone)
    sections = [
        *work,
        _findings(found, now),
        _holders(found),
        _teams(found),
        _kinds(found),
        _reports(found),
        _seen(found, now),
    ]
    shown = [part for part in sections if part.table and part.table.rows]
    context = {"asked": found.asked.text, "sections": shown}
    return render(request, "find.html", context)
