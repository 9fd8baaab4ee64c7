"""Settings check: what is set up, and what is missing before sending can go live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from pehra.kernel.settings import home_path
from pehra.kernel.time import clock
from pehra.mandate.queries.offices import offices
from pehra.notices.queries.readiness import Point, readiness
from pehra.web import figures
from pehra.web.accounts import FACTORS
from pehra.web.gate import national
from pehra.web.marks import Badge
from pehra.web.sending import words
from pehra.web.tables import Cell, Column, Section, badge_cell, table

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from pehra.mandate.viewers import Viewer


def _factors(now: datetime) -> Point:
    """How many of those who hold an office of a team have a second factor."""
    staff = {holder.email for one in offices(now.date()) if one.national for holder in one.holders}
    rows = Authenticator.objects.filter(user__email__in=staff, type__in=FACTORS)
    having = rows.values("user").distinct().count()
    return Point("factors", bool(staff) and having == len(staff), having, len(staff))


def _row(point: Point) -> list[Cell]:
    name, mend, route = words.READY[point.code]
    badge = Badge("done", _("Ready")) if point.ready else Badge("work", _("Missing"))
    counted = ""
    if point.whole:
        numbers = {"n": figures.number(point.done), "whole": figures.number(point.whole)}
        counted = _("%(n)s of %(whole)s") % numbers
    return [
        Cell(str(name), href=reverse(route) if route else "", main=True),
        badge_cell(badge, counted),
        Cell(figures.NOTHING if point.ready else str(mend)),
    ]


@national
def check(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """One row for each thing that must be so; what is missing says what to do."""
    del viewer
    now = clock()
    points = [*readiness(home_path(), settings.PEHRA, now), _factors(now)]
    points.sort(key=lambda point: list(words.READY).index(point.code))
    missing = sum(not point.ready for point in points)
    columns = [Column(_("What")), Column(_("State")), Column(_("What to do"))]
    listed = table(columns, [_row(one) for one in points], caption=_("Settings check"), empty="")
    told = _("%(n)s of %(whole)s are ready.") % {
        "n": figures.number(len(points) - missing),
        "whole": figures.number(len(points)),
    }
    context = {
        "title": _("Settings check"),
        "intro": _("What must be set up before messages go out to everybody."),
        "sections": [Section("", listed, intro=told, anchor="check")],
    }
    return render(request, "listing.html", context)
