"""What each rule would open and feed now. The page changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pehra.cases.fromfindings.queries import outlook
from pehra.kernel.labels import Severity
from pehra.kernel.time import clock
from pehra.web import figures, phrases
from pehra.web.gate import national
from pehra.web.marks import Badge
from pehra.web.tables import Cell, Column, Table, badge_cell, table

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from pehra.cases.fromfindings.queries import Outlook
    from pehra.mandate.viewers import Viewer

_SHOWN = 50
NAME = {
    "family-outbreak": gettext_lazy("One family at many organisations"),
    "cii-critical": gettext_lazy("Critical at critical infrastructure"),
    "relapse-after-claim": gettext_lazy("Back after it was said to be fixed"),
}


@national
def preview(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """The rules that are in force, and what they would do."""
    del viewer
    rules = [_rule(at) for at in outlook(now=clock(), zone=figures.zone())]
    return render(request, "caserules/preview.html", {"rules": rules})


def _rule(at: Outlook) -> dict[str, object]:
    days, most = at.rule.within_days, at.rule.most_a_day
    least = Severity(at.rule.least)
    asks = [
        _("Severity from: %(word)s") % {"word": phrases.SEVERITY[least]},
        ngettext("seen within %(n)s day", "seen within %(n)s days", days)
        % {"n": figures.number(days)},
        ngettext("at %(n)s organisation or more", "at %(n)s organisations or more",
                 at.rule.least_organisations)
        % {"n": figures.number(at.rule.least_organisations)},
        ngettext("at most %(n)s new case a day", "at most %(n)s new cases a day", most)
        % {"n": figures.number(most)},
    ]  # fmt: skip
    return {
        "slug": at.rule.slug,
        "name": NAME.get(at.rule.slug, at.rule.slug),
        "enabled": at.rule.enabled,
        "asks": asks,
        "opened": figures.number(at.opened_today),
        "would_open": figures.number(at.would_open),
        "over": figures.number(at.over),
        "more": figures.number(max(0, len(at.planned) - _SHOWN)),
        "has_more": len(at.planned) > _SHOWN,
        "table": _table(at),
    }


def _table(at: Outlook) -> Table:
    rows = []
    for one in at.planned[:_SHOWN]:
        if one.case is not None:
            href = reverse("case", args=[one.case])
            does = Cell(_("feeds case C%(number)s") % {"number": one.case}, href=href)
        elif one.over:
            does = badge_cell(Badge("work", _("over the limit: into one case")))
        else:
            does = badge_cell(Badge("wait", _("opens a case")))
        rows.append(
            [
                Cell(one.title, main=True),
                Cell(figures.number(len(one.group.organisations))),
                Cell(figures.number(len(one.group.findings))),
                does,
            ]
        )
    columns = [
        Column(_("What")),
        Column(_("Organisations"), number=True),
        Column(_("Findings"), number=True),
        Column(_("What it does")),
    ]
    return table(columns, rows, caption=_("Groups"), empty=_("Nothing stands that it asks for."))
