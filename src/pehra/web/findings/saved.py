"""Saved views of the list: links to them, the form that saves one, and what a list opens with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.contrib import messages
from django.http import HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pehra.findings.actions.views import SENIOR, NewView, remove_view, save_view
from pehra.findings.queries.views import View, opening_view
from pehra.kernel.time import clock
from pehra.mandate.queries.people import own_teams
from pehra.web.findings import filters
from pehra.web.findings.rows import localised
from pehra.web.gate import actor, desk, posts

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from pehra.mandate.viewers import Viewer

ROLES = ("NC", "SUP", "DIR", "SC")
"""Roles of staff whose lists may open with a view of their team."""


class Shown(msgspec.Struct, frozen=True):
    """A view as the list shows it."""

    id: int
    name: str
    href: str
    current: bool
    own: bool
    note: str


class Listed(msgspec.Struct, frozen=True):
    """All that the list says of views."""

    views: list[Shown]
    query: str
    """What would be saved now; empty: nothing narrows the list."""
    teams: list[tuple[int, str]]
    roles: tuple[str, ...]


def _roles(request: HttpRequest) -> frozenset[str]:
    """Roles of the reader."""
    return frozenset(post.role for post in posts(request))


def opening(request: HttpRequest, views: list[View]) -> str:
    """Where the bare list leads: to the view that it opens with; empty: nowhere."""
    if request.GET or not views:
        return ""
    query = opening_view(views, _roles(request))
    return f"{reverse('findings')}?{query}" if query else ""


def _note(view: View) -> str:
    notes = [
        _("yours opens with it") if view.is_default and view.own else "",
        localised(view.team, view.team_ur),
        _("opens for %(role)s") % {"role": view.role} if view.role else "",
    ]
    return " · ".join(note for note in notes if note)


def listed(request: HttpRequest, viewer: Viewer, views: list[View]) -> Listed:
    """Views that the reader may open, and what the form that saves one offers."""
    query = filters.plain(request.GET)
    shown = [
        Shown(
            id=view.id,
            name=view.name,
            href=f"{reverse('findings')}?{view.query}",
            current=view.query == query,
            own=view.own,
            note=_note(view),
        )
        for view in views
    ]
    own = own_teams(viewer) if viewer.teams else []
    teams = [(number, localised(name, name_ur)) for number, name, name_ur in own]
    return Listed(shown, query, teams, ROLES if _roles(request) & SENIOR else ())


@require_POST
@desk
def save(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Save the filter of the list under a name, and go back to it."""
    query = filters.plain(QueryDict(request.POST.get("query", "")[:4_000]))
    place = f"{reverse('findings')}?{query or 'state=needed'}"
    name = request.POST.get("name", "").strip()
    if not name:
        messages.warning(request, _("The view was not saved: it needs a name."))
        return HttpResponseRedirect(place)
    team = request.POST.get("team", "")
    new = NewView(
        name=name,
        query=query or "state=needed",
        team=int(team) if team.isascii() and team.isdigit() else None,
        is_default="default" in request.POST,
        role=request.POST.get("role", "") if request.POST.get("role") in ROLES else "",
        roles=_roles(request),
    )
    save_view(new, viewer=viewer, actor=actor(request), now=clock())
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": name})
    return HttpResponseRedirect(place)


@require_POST
@desk
def remove(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """Remove one of one's own views."""
    remove_view(number, viewer=viewer, actor=actor(request), now=clock())
    messages.success(request, _("The view is removed."))
    return HttpResponseRedirect(f"{reverse('findings')}?state=needed")
