"""Saved views of the list of findings: whose they are, and with which one a list opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db.models import Q

from pehra.findings.models import SavedView
from pehra.mandate.tenancy import seen_by

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from pehra.mandate.viewers import Viewer


class View(msgspec.Struct, frozen=True):
    """A saved view, as one of its readers sees it."""

    id: int
    name: str
    query: str
    own: bool
    team: str | None
    team_ur: str | None
    is_default: bool
    role: str


def _theirs(viewer: Viewer) -> QuerySet[SavedView]:
    """One's own and one's teams', also for those who see every tenant's rows."""
    with seen_by(viewer):
        return SavedView.objects.filter(Q(by=viewer.name) | Q(team__in=viewer.teams))


def saved_views(*, viewer: Viewer) -> list[View]:
    """Views that the reader may open, one's own first, by name."""
    names = ("id", "name", "query", "by", "team__name", "team__name_ur", "is_default", "role")
    rows = _theirs(viewer).order_by("name", "id").values_list(*names)
    found = [
        View(number, name, query, by == viewer.name, team, team_ur, is_default, role)
        for number, name, query, by, team, team_ur, is_default, role in rows
    ]
    return sorted(found, key=lambda view: not view.own)


def opening_view(views: Iterable[View], roles: Iterable[str]) -> str | None:
    """The filter with which a list opens: one's own choice, else that of one's role in a team.

    Args:
        views: those of the reader.
        roles: that the reader holds.
    """
    known = list(views)
    own = [view.query for view in known if view.own and view.is_default]
    of_role = [view.query for view in known if view.role and view.role in set(roles)]
    return next(iter(own + of_role), None)
