"""Who may do what, by when and on which law, as it held on a day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils.translation import gettext as _

from pehra.kernel.labels import Severity
from pehra.kernel.time import clock
from pehra.mandate.queries.powers import powers_on, rules_on
from pehra.web import figures, phrases
from pehra.web.gate import desk
from pehra.web.mandate import words
from pehra.web.tables import Cell, Column, Section, Table, table

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from pehra.mandate.queries.powers import PowerLine, RuleLine
    from pehra.mandate.viewers import Viewer


def _source(one: PowerLine | RuleLine) -> Cell:
    by = _("entered by %(who)s") % {"who": one.decided_by} if one.decided_by else ""
    return Cell(one.source or figures.NOTHING, sub=by)


def _powers(on: date) -> Table:
    columns = [Column(_("Act")), Column(_("Role")), Column(_("Does")), Column(_("By whose word"))]
    rows = [
        [
            Cell(str(words.ACT.get(one.act, one.act)), main=True, unsure=one.unconfirmed),
            Cell(
                str(words.ROLE.get(one.role, one.role)),
                sub=str(phrases.TEAM_TIER.get(one.tier, "")),
            ),
            Cell(str(words.DOES.get(one.does, one.does))),
            _source(one),
        ]
        for one in powers_on(on)
    ]
    empty = _("No power is recorded: nobody may do anything.")
    return table(columns, rows, caption=_("Who may do what"), empty=empty)


def _whom(one: RuleLine) -> str:
    known = {severity.word: str(phrases.SEVERITY[severity]) for severity in Severity}
    return ", ".join(known.get(part, part) for part in one.whom.split(", ") if part)


def _clocks(rows: list[RuleLine]) -> Table:
    columns = [
        Column(_("Deadline")),
        Column(_("Hours"), number=True),
        Column(_("Whom it binds")),
        Column(_("By whose word")),
    ]
    cells = [
        [
            Cell(str(words.CLOCK.get(one.slug, one.slug)), main=True, unsure=one.unconfirmed),
            Cell(one.says),
            Cell(_whom(one) or _("everybody")),
            _source(one),
        ]
        for one in rows
    ]
    empty = _("No deadline is recorded.")
    return table(columns, cells, caption=_("Deadlines"), empty=empty)


def _grounds(rows: list[RuleLine]) -> Table:
    columns = [
        Column(_("Law")),
        Column(_("Carries")),
        Column(_("Who orders on it")),
        Column(_("By whose word")),
    ]
    cells = [
        [
            Cell(one.name, main=True, unsure=one.unconfirmed, sub=one.slug),
            Cell(_carries(one) or figures.NOTHING),
            Cell(one.whom or figures.NOTHING),
            _source(one),
        ]
        for one in rows
    ]
    empty = _("No ground in law is recorded.")
    return table(columns, cells, caption=_("Grounds in law"), empty=empty)


def _carries(one: RuleLine) -> str:
    acts, _semicolon, days = one.says.partition("; ")
    named = [str(words.ACT.get(act, act)) for act in acts.split(", ") if act]
    if days:
        named.append(_("at most %(days)s days") % {"days": days.removesuffix(" d")})
    return ", ".join(named)


@desk
def rules(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """What holds today, or held on the day that is asked for."""
    del viewer
    today = clock().date()
    try:
        on = date.fromisoformat(request.GET.get("on", "")[:10])
    except ValueError:
        on = today
    found = rules_on(on)
    clocks = _clocks([one for one in found if one.kind == "clock"])
    grounds = _grounds([one for one in found if one.kind == "ground"])
    intro = _("A ground that is unconfirmed carries nothing.")
    context = {
        "title": _("Rules"),
        "intro": _("Each rule holds between dates. What changes is a new row; what held stays."),
        "on": on.isoformat(),
        "sections": [
            Section(_("Who may do what"), _powers(on), anchor="powers"),
            Section(_("Deadlines"), clocks, anchor="clocks"),
            Section(_("Grounds in law"), grounds, intro=intro, anchor="grounds"),
        ],
    }
    return render(request, "mandate/rules.html", context)
