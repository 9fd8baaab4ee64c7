"""Clusters and reports as rows of a page. Nothing that somebody reported is ever a link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from pehra.web import figures, marks
from pehra.web.reported import words
from pehra.web.tables import Cell, Column, Fact, Table, badge_cell, moment_cell, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pehra.cases.reported.queries import ClusterLine, ReportLine, Word

_HARMLESS = str.maketrans({".": "[.]"})


def harmless(address: str) -> str:
    """An address that no program takes for one, and no hand copies into a browser by mistake."""
    scheme, mark, rest = address.partition("://")
    if not mark:
        return address.translate(_HARMLESS)
    host, slash, path = rest.partition("/")
    return f"{scheme.lower().replace('http', 'hxxp')}://{host.translate(_HARMLESS)}{slash}{path}"


def clusters(found: Sequence[ClusterLine], now: datetime) -> Table:
    """The list."""
    columns = [Column(_("What")), Column(_("State")), Column(_("Guess")),
               Column(_("Reports"), number=True),
               Column(_("First")), Column(_("Last"))]  # fmt: skip
    cells = [
        [
            Cell(
                harmless(one.title) if "://" in one.title else one.title,
                sub=_about(one),
                href=reverse("report-cluster", args=[one.id]),
                main=True,
            ),
            badge_cell(marks.badge(words.CLUSTER_STATE, one.state), sub=_fresh(one)),
            badge_cell(marks.badge(words.SUGGESTION, one.suggestion))
            if one.suggestion
            else Cell(figures.NOTHING),
            Cell(figures.number(one.reports), sub=places(one)),
            moment_cell(figures.moment(one.first_at, now=now)),
            moment_cell(figures.moment(one.last_at, now=now)),
        ]
        for one in found
    ]
    return table(columns, cells, caption=_("Reports of people"), empty=_("Nothing waits here."))


def _about(one: ClusterLine) -> str:
    told = [str(words.REPORT_KIND[one.kind])]
    told += [_("many from one place, gathered")] if one.gathered else []
    told += [one.organisation_name] if one.organisation_name else []
    return " · ".join(told)


def _fresh(one: ClusterLine) -> str:
    return _("%(n)s since") % {"n": figures.number(one.fresh)} if one.fresh else ""


def places(one: ClusterLine) -> str:
    """From how many places, and whether it is a flood of one."""
    told = _("places: %(n)s") % {"n": figures.number(one.origins)}
    return f"{told} · {_('flood')}" if one.flood else told


def facts(one: ClusterLine, top: Sequence[int], now: datetime) -> list[Fact]:
    """What is known of a cluster, beside it."""
    shares = ", ".join(figures.number(each) for each in top)
    told = [
        Fact(_("Reports"), f"{figures.number(one.reports)} · {places(one)}"),
        Fact(_("Most from one place"), shares),
        Fact(_("First"), at=figures.moment(one.first_at, now=now)),
        Fact(_("Last"), at=figures.moment(one.last_at, now=now)),
        Fact(_("Team"), one.team or figures.NOTHING),
    ]
    if one.organisation:
        href = reverse("organisation", args=[one.organisation])
        told.append(Fact(_("About"), one.organisation_name, href=href))
    if one.decided_by:
        told.append(Fact(_("Decided"), at=figures.moment(one.decided_at, now=now)))
        told.append(Fact(_("By"), one.decided_by))
    if one.why:
        told.append(Fact(_("Why"), one.why))
    return told


def report(one: ReportLine, now: datetime) -> dict[str, Any]:
    """One report."""
    return {
        "row": one,
        "url": harmless(one.url),
        "kind": words.REPORT_KIND[one.kind],
        "door": words.REPORT_DOOR[one.door],
        "at": figures.moment(one.at, now=now),
        "parts": [(part, figures.size(part.size)) for part in one.parts],
    }


def told(found: Sequence[Word], now: datetime) -> list[dict[str, Any]]:
    """What reporters were told."""
    return [
        {
            "at": figures.moment(one.at, now=now),
            "badge": marks.badge(words.CLUSTER_STATE, one.verdict),
            "words": one.words,
        }
        for one in found
    ]
