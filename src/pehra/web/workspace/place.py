"""Whose workspace a page is of, who looks at it, and whether the reader may change anything there.

A workspace of somebody else's organisation is not there at all. Auditors and observers only look.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

import msgspec
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse

from pehra.kernel.time import clock
from pehra.mandate.rules import STAFF
from pehra.registry import queries
from pehra.web.findings.rows import localised
from pehra.web.gate import actor, desk, posts
from pehra.web.keeping import lead_of, may_keep

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from pehra.kernel.actors import Actor
    from pehra.mandate.viewers import Viewer
    from pehra.registry.queries import OrganisationView


class Place(msgspec.Struct, frozen=True):
    """A workspace as one reader has it before them."""

    found: OrganisationView
    viewer: Viewer
    actor: Actor
    now: datetime
    keeps: bool
    """Whether the reader may change anything."""
    staff: bool
    """Whether the reader keeps it as an officer of a team, not as one of its own people."""

    @property
    def id(self) -> int:
        """Of the organisation."""
        return self.found.id

    @property
    def slug(self) -> str:
        """Of the organisation."""
        return self.found.slug

    def frame(self, **more: object) -> dict[str, object]:
        """What every page of the workspace needs."""
        return {
            "slug": self.slug,
            "name": localised(self.found.name, self.found.name_ur),
            "keeps": self.keeps,
            "home": reverse("workspace", args=[self.slug]),
            **more,
        }


def _place(request: HttpRequest, viewer: Viewer, slug: str) -> Place:
    now = clock()
    found = queries.organisation(slug, viewer=viewer, on=now.date())
    if found is None:
        raise Http404
    held = posts(request)
    lead = lead_of(held, found.id, now.date())
    return Place(
        found=found,
        viewer=viewer,
        actor=actor(request),
        now=now,
        keeps=may_keep(held, found.id, lead),
        staff=may_keep((post for post in held if post.role in STAFF), found.id, lead),
    )


def workspace(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page of one organisation's workspace; `place` is handed in. A change is for its keepers."""

    @desk
    @wraps(view)
    def gated(
        request: HttpRequest, *, viewer: Viewer, slug: str, **named: object
    ) -> HttpResponseBase:
        place = _place(request, viewer, slug)
        if request.method == "POST" and not place.keeps:
            raise PermissionDenied
        return view(request, place=place, **named)

    return gated
