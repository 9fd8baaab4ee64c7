"""Consent to re-checks: the organisation's head gives it, for a time; its keepers may end it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pehra.findings.actions.rechecks import consent, end_consent
from pehra.findings.queries.rechecks import consent_views
from pehra.findings.rechecks import LONGEST_CONSENT, Consent, in_force
from pehra.kernel.errors import PehraError
from pehra.web import figures, marks
from pehra.web.gate import posts
from pehra.web.tables import Cell, Column, Table, badge_cell, moment_cell, table
from pehra.web.workspace.place import workspace

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django_stubs_ext import StrPromise

    from pehra.findings.queries.rechecks import ConsentView
    from pehra.web.workspace.place import Place

_STATE: dict[str, tuple[str, StrPromise]] = {
    "held": ("done", _("Holds now")),
    "ended": ("off", _("Ended")),
}
HEAD = "ENH"
"""The role that speaks for the whole organisation."""


def _is_head(request: HttpRequest, place: Place) -> bool:
    return any(post.role == HEAD and post.organisation == place.id for post in posts(request))


def _stands(one: ConsentView, place: Place) -> bool:
    return in_force(Consent(place.id, one.since, one.until, one.ended_at), place.now)


def _table(found: list[ConsentView], place: Place) -> Table:
    columns = [
        Column(str(_("State"))),
        Column(str(_("From"))),
        Column(str(_("Until"))),
        Column(str(_("By"))),
    ]
    cells = [
        [
            badge_cell(marks.badge(_STATE, "held" if _stands(one, place) else "ended")),
            moment_cell(figures.moment(one.since, now=place.now)),
            moment_cell(figures.moment(one.ended_at or one.until, now=place.now)),
            Cell(one.given_by, sub=one.ended_by, code=True),
        ]
        for one in found
    ]
    empty = str(_("Nobody has consented: nothing of yours is looked at."))
    return table(columns, cells, caption=str(_("Consents")), empty=empty)


@workspace
def rechecks(request: HttpRequest, *, place: Place) -> HttpResponseBase:
    """Who consented until when; sent, the head consents, or a keeper takes it back."""
    head = _is_head(request, place)
    problem = ""
    if request.method == "POST":
        problem = _ended(place) if request.POST.get("what") == "end" else _given(request, place)
        if not problem:
            messages.success(request, str(_("Kept.")))
            return HttpResponseRedirect(reverse("workspace-rechecks", args=[place.slug]))
    found = consent_views(place.id, viewer=place.viewer)
    latest = (place.now + LONGEST_CONSENT).astimezone(figures.zone()).date().isoformat()
    context = place.frame(
        consents=_table(found, place),
        stands=any(_stands(one, place) for one in found),
        head=head,
        latest=latest,
        problem=problem,
    )
    return render(request, "workspace/rechecks.html", context, status=422 if problem else 200)


def _given(request: HttpRequest, place: Place) -> str:
    if not _is_head(request, place):
        raise PermissionDenied
    until = figures.end_of(request.POST.get("until", "").strip())
    if until is None:
        return str(_("Name a last day."))
    try:
        consent(place.id, until, actor=place.actor, now=place.now)
    except PehraError:
        return str(_("The last day lies after today and within a year."))
    return ""


def _ended(place: Place) -> str:
    try:
        end_consent(place.id, actor=place.actor, now=place.now)
    except PehraError:
        return str(_("No consent is in force."))
    return ""
