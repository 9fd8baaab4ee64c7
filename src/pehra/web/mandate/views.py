"""The nation's structure: teams, sectors and territories, with what is missing in plain sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from pehra.kernel.time import clock
from pehra.mandate import queries
from pehra.mandate.models import Sector, Team, Territory
from pehra.web import figures, marks, phrases
from pehra.web.gate import desk
from pehra.web.tables import Cell, Column, Link, Section, Table, badge_cell, table

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from pehra.mandate.viewers import Viewer


def named(row: Sector | Team | Territory) -> str:
    """The row's name in the reader's language, where it has one."""
    return row.name_ur if get_language() == "ur" and row.name_ur else row.name


def _gaps(viewer: Viewer) -> Table:
    """What is missing, one row for each sector, territory, team or office."""
    hidden = set() if viewer.sees_all else _restricted()
    names = _names()
    found: dict[str, list[queries.Gap]] = {}
    for gap in queries.gaps(clock().date()):
        if gap.subject not in hidden:
            found.setdefault(gap.subject, []).append(gap)
    rows = [
        [
            Cell(
                names.get(subject, group[0].name),
                main=True,
                unsure=any(gap.unconfirmed for gap in group),
            ),
            Cell(_("; ").join(str(phrases.GAP.get(gap.kind, gap.kind)) for gap in group)),
        ]
        for subject, group in found.items()
    ]
    columns = [Column(_("Where")), Column(_("What is missing"))]
    return table(columns, rows, caption=_("Gaps"), empty=_("Nothing is missing."))


def _names() -> dict[str, str]:
    """Names in the reader's language by slug or code."""
    rows: list[Sector | Team | Territory] = [*Sector.objects.all(), *Team.objects.all()]
    slugs = {row.slug: named(row) for row in rows if not isinstance(row, Territory)}
    return slugs | {row.code: named(row) for row in Territory.objects.all()}


def _restricted() -> set[str]:
    teams = Team.objects.filter(restricted=True).values_list("slug", flat=True)
    sectors = Sector.objects.filter(restricted=True).values_list("slug", flat=True)
    return {*teams, *sectors}


def _teams(rows: QuerySet[Team]) -> Table:
    columns = [Column(_("Team")), Column(_("Tier")), Column(_("Serves")), Column(_("State"))]
    cells = [
        [
            Cell(named(team), main=True, unsure=team.unconfirmed, sub=team.note),
            Cell(str(phrases.TEAM_TIER.get(team.tier, team.tier))),
            Cell(_serves(team)),
            badge_cell(
                marks.badge(phrases.TEAM_STATUS, team.status),
                "" if team.reachable else _("cannot be reached"),
            ),
        ]
        for team in rows
    ]
    return table(columns, cells, caption=_("Teams"), empty=_("No team is recorded yet."))


def _serves(team: Team) -> str:
    served = [named(part) for part in (team.sector, team.territory) if part is not None]
    return ", ".join(served) or figures.NOTHING


def _sectors(rows: QuerySet[Sector]) -> Table:
    columns = [Column(_("Sector")), Column(_("Team")), Column(_("Regulator"))]
    cells = [
        [
            Cell(named(sector), main=True, unsure=sector.unconfirmed),
            Cell(named(sector.team) if sector.team else _("none")),
            Cell(sector.regulator.name if sector.regulator else _("not known")),
        ]
        for sector in rows
    ]
    return table(columns, cells, caption=_("Sectors"), empty=_("No sector is recorded yet."))


def _territories() -> Table:
    columns = [Column(_("Territory")), Column(_("Code"))]
    cells = [
        [Cell(named(row), main=True, unsure=row.unconfirmed), Cell(row.code, code=True)]
        for row in Territory.objects.order_by("code")
    ]
    return table(columns, cells, caption=_("Territories"), empty=_("No territory is recorded yet."))


@desk
def structure(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Gaps first; then who serves whom. Restricted bodies are shown to national staff only."""
    teams = Team.objects.select_related("sector", "territory").order_by("tier", "slug")
    sectors = Sector.objects.select_related("team", "regulator").order_by("slug")
    if not viewer.sees_all:
        teams, sectors = teams.filter(restricted=False), sectors.filter(restricted=False)
    context = {
        "title": _("Structure"),
        "intro": _("Who leads where, and where nobody does."),
        "links": [Link(reverse("rules"), _("Who may do what, and by when"))],
        "sections": [
            Section(_("Gaps"), _gaps(viewer), anchor="gaps"),
            Section(_("Teams"), _teams(teams), anchor="teams"),
            Section(_("Sectors"), _sectors(sectors), anchor="sectors"),
            Section(_("Territories"), _territories(), anchor="territories"),
        ],
    }
    return render(request, "listing.html", context)
