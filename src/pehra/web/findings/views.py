"""The list of findings, its download, and the page of one."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pehra.cases.queries.cases import about as cases_about
from pehra.findings import queries
from pehra.findings.queries.views import saved_views
from pehra.kernel.time import clock
from pehra.mandate.queries.people import people_named
from pehra.notices.queries import notices_about
from pehra.web import figures, paper
from pehra.web.findings import evidence, filters, rechecks, rows, saved
from pehra.web.gate import account, desk
from pehra.web.notices.rows import notice_table
from pehra.web.paging import LARGEST, Pages, address, pages, position
from pehra.web.paper import Paper, Part
from pehra.web.spreadsheet import download
from pehra.web.tables import Cell, Column, Table, table

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

    from pehra.findings.queries import Row
    from pehra.mandate.viewers import Viewer

_LAST_PAGE = 100_000
"""Of the rows that reported one finding: nobody reads on to there."""


def _heading(total: int) -> str:
    words = ngettext("%(total)s finding", "%(total)s findings", total)
    return words % {"total": figures.total(total)}


def _total(request: HttpRequest, asked: filters.Asked, page: queries.Page, viewer: Viewer) -> int:
    """How many there are; a list that ends on its first page was counted by reading it."""
    first = position(request, "after") is None and position(request, "before") is None
    if first and not page.has_next:
        return len(page.rows)
    return queries.total(asked.filter, viewer=viewer, limit=figures.MOST)


def _nothing(asked: filters.Asked) -> str:
    if asked.narrowed:
        return _("No finding fits these filters.")
    return _("Nothing needs anybody: no finding is open.")


def _pages(request: HttpRequest, page: queries.Page) -> Pages:
    return pages(
        request,
        page.first if page.has_previous else None,
        page.last if page.has_next else None,
        live=True,
    )


@desk
def findings(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """The list: filters in the address, newest first, by key."""
    views = saved_views(viewer=viewer)
    opening = saved.opening(request, views)
    if opening:
        return HttpResponseRedirect(opening)
    now = clock()
    asked = filters.read(request.GET, me=account(request), now=now)
    page = queries.page(
        asked.filter,
        viewer=viewer,
        after=position(request, "after"),
        before=position(request, "before"),
    )
    people = people_named(row.assignee for row in page.rows if row.assignee)
    whole = address(request, {"after": None, "before": None})
    context = {
        "form": filters.form(
            request.GET,
            asked.filter,
            identifiers=queries.identifiers(viewer=viewer),
            sources=queries.sources(),
        ),
        "narrowed": asked.narrowed,
        "warnings": asked.warnings,
        "heading": _heading(_total(request, asked, page, viewer)),
        "nothing": _nothing(asked),
        "rows": [rows.shown(row, now=now, people=people) for row in page.rows],
        "bulk": f"{reverse('bulk')}?{filters.plain(request.GET) or 'state=needed'}",
        "views": saved.listed(request, viewer, views),
        "pages": _pages(request, page),
        "export": whole.replace(request.path, reverse("findings-csv"), 1),
        "paper": whole.replace(request.path, reverse("findings-pdf"), 1),
    }
    return render(request, "findings/list.html", context)


@desk
def export(request: HttpRequest, *, viewer: Viewer) -> StreamingHttpResponse:
    """Exactly what the filter says, as CSV."""
    asked = filters.read(request.GET, me=account(request), now=clock())
    return download(queries.export(asked.filter, viewer=viewer), "findings.csv")


def _paper_table(found: list[Row], now: datetime) -> Table:
    columns = [
        *(Column(_("Severity")), Column(_("What, and where")), Column(_("Who must act"))),
        *(Column(_("State")), Column(_("Last seen")), Column(_("Times"), number=True)),
    ]
    shown = [rows.shown(row, now=now) for row in found]
    cells = [
        [
            Cell(severity=row.severity),
            Cell(f"{row.name} {row.identifier}", sub=f"{row.asset} {row.what}".strip(), code=True),
            Cell(row.organisation or _("holder not known"), sub=row.team),
            Cell(badge=row.state, sub=row.due.words if row.due else ""),
            Cell(at=row.last_seen),
            Cell(row.count),
        ]
        for row in shown
    ]
    return table(columns, cells, caption=_("Findings"), empty=_("No finding fits these filters."))


@desk
def printed(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """What the filter says, as PDF; the first of it where it is longer than anybody prints."""
    now = clock()
    wanted = filters.read(request.GET, me=account(request), now=now).filter
    total = queries.total(wanted, viewer=viewer, limit=figures.MOST)
    found = [*islice(queries.every(wanted, viewer=viewer), paper.MOST_ROWS)]
    part = Part(_heading(total), _paper_table(found, now), paper.shortened(total, found))
    query = filters.plain(request.GET)
    sheet = Paper(_("Findings"), query, [part])
    return paper.download(sheet, "findings.pdf", now=now)


@desk
def finding(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """One finding: what, where, whose and why, its clock, what was reported and done."""
    found = queries.one(number, viewer=viewer) if number <= LARGEST else None
    if found is None:
        raise Http404
    now = clock()
    page = min(max(position(request, "page") or 1, 1), _LAST_PAGE)
    seen = evidence.observations(found, viewer=viewer, page=page, now=now)
    names = people_named([found.row.assignee] if found.row.assignee else [])
    notices = notices_about(number, viewer=viewer)
    context = {
        "assignee": names.get(found.row.assignee or 0, ""),
        "act": f"{reverse('bulk')}?number={number}",
        "finding": evidence.head(found, now=now),
        "reasons": evidence.reasons(found, seen, viewer=viewer),
        "observations": seen.rows,
        "observations_text": seen.text,
        "observation_pages": Pages(
            previous=address(request, {"page": page - 1}, anchor="observations")
            if page > 1
            else "",
            next=address(request, {"page": page + 1}, anchor="observations") if seen.more else "",
        ),
        "rechecks": rechecks.panel(request, number, viewer=viewer, now=now),
        "history": evidence.history(found, viewer=viewer, now=now),
        "cases": [
            (f"C{one.number} {one.title}", reverse("case", args=[one.number]))
            for one in cases_about("finding", number, viewer=viewer)
        ],
        "told": notice_table(notices, now=now) if notices else None,
    }
    return render(request, "findings/show.html", context)
