"""What the public sees of the structure without an account: who is responsible; and advice.

Restricted bodies and anything of persons or tenants are on neither page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from pehra.findings.advice import identifiers, pieces
from pehra.kernel.time import clock
from pehra.mandate.models import Sector, Team, Territory
from pehra.mandate.queries.powers import rules_on
from pehra.mandate.queries.standing import in_force_on
from pehra.web import figures, marks, phrases
from pehra.web.mandate.views import named
from pehra.web.mandate.words import CLOCK
from pehra.web.tables import Cell, Column, Section, Table, badge_cell, table

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest, HttpResponse

_OF_THE_HOUSE = ("notice-", "break-glass", "case-")
"""Kinds of clocks that bind the teams' own work, not those outside."""


def _teams(on: date) -> Table:
    rows = Team.objects.filter(in_force_on(on), restricted=False)
    found = rows.exclude(status=Team.Status.DISSOLVED).select_related("sector", "territory")
    columns = [Column(_("Team")), Column(_("Serves")), Column(_("State")), Column(_("Source"))]
    cells = [
        [
            Cell(named(team), sub=str(phrases.TEAM_TIER[team.tier]), main=True,
                 unsure=team.unconfirmed),
            Cell(", ".join(named(one) for one in (team.sector, team.territory) if one)
                 or figures.NOTHING),
            badge_cell(marks.badge(phrases.TEAM_STATUS, team.status)),
            Cell(team.source or figures.NOTHING),
        ]
        for team in found.order_by("tier", "slug")
    ]  # fmt: skip
    return table(columns, cells, caption=_("Teams"), empty=_("No team is recorded yet."))


def _sectors(on: date) -> Table:
    rows = Sector.objects.filter(in_force_on(on), restricted=False)
    columns = [Column(_("Sector")), Column(_("Team")), Column(_("Regulator")), Column(_("Source"))]
    cells = [
        [
            Cell(named(one), main=True, unsure=one.unconfirmed),
            Cell(named(one.team) if one.team and not one.team.restricted else _("none")),
            Cell(_regulator(one)),
            Cell(one.source or figures.NOTHING),
        ]
        for one in rows.select_related("team", "regulator").order_by("slug")
    ]
    return table(columns, cells, caption=_("Sectors"), empty=_("No sector is recorded yet."))


def _regulator(sector: Sector) -> str:
    if sector.regulator is None:
        return _("not known")
    urdu = get_language() == "ur" and sector.regulator.name_ur
    return urdu or sector.regulator.name


def _territories(on: date) -> Table:
    serving: dict[int, list[str]] = {}
    teams = Team.objects.filter(in_force_on(on), status=Team.Status.ACTIVE, restricted=False)
    for team in teams.order_by("slug"):
        if team.territory_id:
            serving.setdefault(team.territory_id, []).append(named(team))
    columns = [Column(_("Territory")), Column(_("Team")), Column(_("Source"))]
    cells = [
        [
            Cell(named(one), main=True, unsure=one.unconfirmed),
            Cell(", ".join(serving.get(one.pk, [])) or _("none")),
            Cell(one.source or figures.NOTHING),
        ]
        for one in Territory.objects.filter(in_force_on(on)).order_by("code")
    ]
    return table(columns, cells, caption=_("Territories"), empty=_("No territory is recorded yet."))


def _clocks(on: date) -> Table:
    columns = [Column(_("What must be done")), Column(_("Hours"), number=True),
               Column(_("Whom it binds")), Column(_("Source"))]  # fmt: skip
    cells = [
        [
            Cell(str(CLOCK.get(one.slug, one.slug)), main=True, unsure=one.unconfirmed),
            Cell(one.says),
            Cell(one.whom or _("everybody")),
            Cell(one.source or figures.NOTHING),
        ]
        for one in rules_on(on)
        if one.kind == "clock" and not one.slug.startswith(_OF_THE_HOUSE)
    ]
    return table(columns, cells, caption=_("By when"), empty=_("No clock is recorded yet."))


def who(request: HttpRequest) -> HttpResponse:
    """Teams, sectors, territories and clocks, with their sources and what is not confirmed."""
    on = clock().date()
    context = {
        "sections": [
            Section(_("Sectors"), _sectors(on), anchor="sectors"),
            Section(_("Territories"), _territories(on), anchor="territories"),
            Section(_("Teams"), _teams(on), anchor="teams"),
            Section(_("By when"), _clocks(on), anchor="clocks"),
        ]
    }
    return render(request, "mandate/who.html", context)


def advice(request: HttpRequest) -> HttpResponse:
    """What is often wrong, why it matters and how to mend it: a list, or one of them."""
    known = identifiers()
    chosen = request.GET.get("about", "")
    shown = None
    if chosen in known:
        shown = pieces(chosen, "vulnerable", "", get_language() or "en")
    context = {"known": sorted(known), "chosen": chosen if shown else "", "advice": shown}
    return render(request, "mandate/advice.html", context)
