"""The start page."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec
from allauth.mfa.utils import is_mfa_enabled
from django.core.cache import cache
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from pehra.findings import queries as findings
from pehra.intake import queries as intake
from pehra.kernel.ids import digest
from pehra.kernel.labels import Severity
from pehra.kernel.time import clock
from pehra.web import figures, marks
from pehra.web.gate import desk
from pehra.web.intake.rows import batch_table

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from pehra.mandate.viewers import Viewer

_SHOWN = tuple(sorted((level for level in Severity if level is not Severity.INFO), reverse=True))
_BATCHES = 5
_FRESH = 300


class Counted(msgspec.Struct, frozen=True):
    """Open findings by severity as they were counted at a moment."""

    at: datetime
    found: dict[str, int]


def _counted(viewer: Viewer, now: datetime) -> Counted:
    """The numbers of the page, counted once in five minutes for all who see the same rows."""
    rows = (viewer.sees_all, sorted(viewer.teams), sorted(viewer.organisations))
    key = f"open-{digest(msgspec.json.encode(rows))}"
    kept = cast("Counted | None", cache.get(key))
    if kept is None:
        kept = Counted(now, findings.open_by_severity(viewer=viewer))
        cache.set(key, kept, _FRESH)
    return kept


def _tiles(counts: dict[str, int]) -> list[dict[str, object]]:
    everything = figures.number(sum(counts.values()))
    return [
        {
            "mark": marks.severity(level),
            "figure": figures.number(counts.get(level.word, 0)),
            "of": _("of %(total)s open") % {"total": everything},
            "href": f"{reverse('findings')}?severity={level.word}",
        }
        for level in _SHOWN
    ]


@desk
def start(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Open findings by severity and, for national staff, the latest reports."""
    now = clock()
    counted = _counted(viewer, now)
    latest = intake.batches(viewer=viewer, size=_BATCHES).rows if viewer.sees_all else []
    context = {
        "today": figures.day(now.astimezone(figures.zone()).date()),
        "tiles": _tiles(counted.found),
        "counted": figures.moment(counted.at, now=now),
        "batches": batch_table(latest, now=now) if latest else None,
        "has_second_factor": is_mfa_enabled(request.user),
    }
    return render(request, "desk.html", context)
