"""What a number of a report means, and the rows that it counts: exactly those, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pehra.findings.queries import Filter, page
from pehra.kernel.time import clock
from pehra.mandate.queries.search import named
from pehra.notices import behind
from pehra.notices.queries.behind import behind_organisation, behind_team, kept_behind
from pehra.notices.spans import Every, begin, span
from pehra.registry import queries as registry
from pehra.web import figures
from pehra.web.findings import rows
from pehra.web.gate import desk, national
from pehra.web.paging import Pages, address, position
from pehra.web.reports import made
from pehra.web.reports.views import day_of, team_of
from pehra.web.reports.words import NAMES, counted_as, explained_by
from pehra.web.tables import Cell, Column, Link, Section, Table, table

if TYPE_CHECKING:
    import polars as pl
    from django.http import HttpRequest, HttpResponse

    from pehra.mandate.viewers import Viewer

_SIZE = 50


class _Asked(msgspec.Struct, frozen=True):
    """Which number, of what: words for the heading, and the report that shows it."""

    figure: str
    of: str
    report: Link


@desk
def meaning(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Every number of the reports, and what it means."""
    del viewer
    context = {
        "title": _("What the numbers mean"),
        "intro": _("A range holds with 95 per cent; a dash is not known, and not zero."),
        "parent": Link(reverse("reports"), _("Situation reports")),
        "sections": [Section("", made.meaning(anchored=True))],
    }
    return render(request, "listing.html", context)


@national
def of_period(
    request: HttpRequest, *, viewer: Viewer, every: str, day: str, figure: str
) -> HttpResponse:
    """The rows behind a number of the nation's report, of a sector or a holder in it."""
    if every not in {Every.DAILY, Every.WEEKLY, Every.MONTHLY}:
        raise Http404
    kind = Every(every)
    first = begin(kind, day_of(day))
    found = kept_behind(kind, first, viewer=viewer)
    holder = _holder(request, viewer)
    rows_ = _of(found, figure, sector=request.GET.get("sector"), organisation=holder)
    at = Link(reverse("report", args=[every, first.isoformat()]), str(NAMES[kind]))
    narrowed = (request.GET.get("sector"), request.GET.get("holder"))
    of = " \u00b7 ".join(filter(None, (figures.day(first), *narrowed)))
    return _shown(request, _Asked(figure, of, at), rows_, viewer)


@national
def of_sector(
    request: HttpRequest, *, viewer: Viewer, day: str, slug: str, figure: str
) -> HttpResponse:
    """The rows behind a number of a sector's report."""
    first = begin(Every.MONTHLY, day_of(day))
    found = kept_behind(Every.MONTHLY, first, viewer=viewer)
    at = Link(reverse("report-sector", args=[first.isoformat(), slug]), str(NAMES[Every.MONTHLY]))
    asked = _Asked(figure, f"{figures.day(first)} \u00b7 {slug}", at)
    return _shown(request, asked, _of(found, figure, sector=slug), viewer)


@desk
def of_team(
    request: HttpRequest, *, viewer: Viewer, day: str, slug: str, figure: str
) -> HttpResponse:
    """The rows behind a number of a team's report, for the team and the nation."""
    first = begin(Every.MONTHLY, day_of(day))
    team = team_of(slug)
    found = behind_team(first, team.id, viewer=viewer)
    rows_ = _of(found, figure, organisation=_held(request, found))
    back = Link(reverse("report-team", args=[first.isoformat(), slug]), str(NAMES[Every.MONTHLY]))
    of = f"{figures.day(first)} \u00b7 {rows.localised(team.name, team.name_ur)}"
    return _shown(request, _Asked(figure, of, back), rows_, viewer)


def _holder(request: HttpRequest, viewer: Viewer) -> int | None:
    """The organisation to which the address narrows a list."""
    slug = request.GET.get("holder", "")
    who = registry.organisation(slug, viewer=viewer, on=clock().date()) if slug else None
    if slug and who is None:
        raise Http404
    return who.id if who else None


def _held(request: HttpRequest, found: pl.DataFrame | None) -> int | None:
    """The same, of those that the rows are of: another team may lead on it by now."""
    slug = request.GET.get("holder", "")
    if not slug or found is None:
        return None
    known = {one.slug: one.id for one in named(found["organisation"].drop_nulls().unique())}
    if slug not in known:
        raise Http404
    return known[slug]


@desk
def of_holder(
    request: HttpRequest, *, viewer: Viewer, day: str, slug: str, figure: str
) -> HttpResponse:
    """The rows behind a number of an organisation's report, for whoever may see it."""
    now = clock()
    first = begin(Every.MONTHLY, day_of(day))
    who = registry.organisation(slug, viewer=viewer, on=now.date())
    at = span(Every.MONTHLY, first, figures.zone())
    if who is None or at[0] > now:
        raise Http404
    found = behind_organisation(who.id, (at[0], min(at[1], now)), viewer=viewer, now=now)
    back = Link(reverse("report-holder", args=[first.isoformat(), slug]), str(NAMES[Every.MONTHLY]))
    of = f"{figures.day(first)} \u00b7 {rows.localised(who.name, who.name_ur)}"
    return _shown(request, _Asked(figure, of, back), _of(found, figure), viewer)


def _of(found: pl.DataFrame | None, figure: str, **narrowed: str | int | None) -> pl.DataFrame:
    if found is None or figure not in behind.FIGURES:
        raise Http404
    return behind.of_figure(found, figure, **narrowed)


def _shown(
    request: HttpRequest, asked: _Asked, found: pl.DataFrame, viewer: Viewer
) -> HttpResponse:
    name = counted_as(asked.figure)
    if asked.figure in behind.ORGANISATIONS:
        holders = found["organisation"].drop_nulls().unique().to_list()
        count, pages, gone = len(holders), None, 0
        words = ngettext("%(n)s organisation", "%(n)s organisations", count)
        listed = _organisations(holders)
    else:
        count = found.height
        words = ngettext("%(n)s finding", "%(n)s findings", count)
        listed, pages, gone = _findings(request, found, viewer)
    title = f"{name}: {words % {'n': figures.number(count)}}"
    context = {
        "title": title,
        "intro": asked.of,
        "parent": asked.report,
        "links": [Link(made.meaning_of(explained_by(asked.figure)), _("What the numbers mean"))],
        "sections": [Section("", listed, _gone(gone))],
        "pages": pages,
        "count": count,
    }
    return render(request, "listing.html", context)


def _gone(many: int) -> str:
    """What is said of rows of a page that the reader may no longer see."""
    words = ngettext(
        "%(n)s more was counted and is no longer yours to see: it went to another team.",
        "%(n)s more were counted and are no longer yours to see: they went to another team.",
        many,
    )
    return words % {"n": figures.number(many)} if many else ""


def _organisations(numbers: list[int]) -> Table:
    columns = [Column(_("Organisation"))]
    found = sorted(named(numbers), key=lambda one: one.slug)
    cells = [
        [
            Cell(
                rows.localised(one.name, one.name_ur),
                sub=one.slug,
                href=reverse("organisation", args=[one.slug]),
                main=True,
            )
        ]
        for one in found
    ]
    return table(columns, cells, caption=_("Organisations"), empty=_("No organisation had any."))


def _findings(
    request: HttpRequest, found: pl.DataFrame, viewer: Viewer
) -> tuple[Table, Pages | None, int]:
    """One page of them, the newest first, and how many of it are no longer the reader's to see.

    A finding shows as it stands now.
    """
    after = position(request, "after")
    ids = found["id"].sort(descending=True)
    left = ids if after is None else ids.filter(ids < after)
    here = left.head(_SIZE).to_list()
    now = clock()
    columns = [
        *(Column(_("Severity")), Column(_("What, and where")), Column(_("Who must act"))),
        *(Column(_("State now")), Column(_("Last seen"))),
    ]
    listed = page(Filter(numbers=tuple(here)), viewer=viewer, size=_SIZE).rows if here else ()
    cells = [
        [
            Cell(severity=one.severity),
            Cell(
                f"{one.name} {one.identifier}", sub=one.asset, href=one.href, code=True, main=True
            ),
            Cell(one.organisation or _("holder not known"), href=one.organisation_href),
            Cell(badge=one.state),
            Cell(at=one.last_seen),
        ]
        for one in (rows.shown(row, now=now) for row in listed)
    ]
    more = len(left) > _SIZE
    older = address(request, {"after": here[-1]}) if more else ""
    back = address(request, {"after": None}) if after is not None else ""
    shown = table(columns, cells, caption=_("Findings"), empty=_("It counts no finding."))
    pages = Pages(previous=back, next=older) if back or older else None
    return shown, pages, len(here) - len(listed)
