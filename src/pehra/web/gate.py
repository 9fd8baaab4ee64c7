"""The gate of every page: who is signed in, in which offices, and so whose rows they see."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_POST

from pehra.kernel.time import clock
from pehra.mandate.powers import Power, actor_in
from pehra.mandate.queries import posts_of, viewer_in
from pehra.mandate.queries.powers import warrant_of
from pehra.web.accounts import has_factor

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from pehra.kernel.actors import Actor
    from pehra.mandate.models import User
    from pehra.mandate.powers import Warrant
    from pehra.mandate.rules import Post
    from pehra.mandate.viewers import Viewer

HANDLE_REPORTS = Power("handle-reports")
OFFICE = "office"
"""Where the session keeps the office that its person chose to act in."""


def posts(request: HttpRequest) -> list[Post]:
    """Offices that the signed-in person holds today; asked once per request."""
    kept = cast("list[Post] | None", getattr(request, "_pehra_posts", None))
    if kept is None:
        kept = posts_of(cast("User", request.user), clock().date())
        request._pehra_posts = kept  # type: ignore[attr-defined]  # noqa: SLF001 ours, prefixed
    return kept


def viewer_of(request: HttpRequest) -> Viewer | None:
    """The signed-in reader by the offices held today; None where nobody is signed in."""
    if not (getattr(request, "user", None) and request.user.is_authenticated):
        return None
    return viewer_in(posts(request), request.user.email, clock().date())


def account(request: HttpRequest) -> int | None:
    """Number of the signed-in account."""
    number = request.user.pk
    return number if isinstance(number, int) else None


def chosen_office(request: HttpRequest) -> str:
    """Slug of the office that the person chose to act in; empty: none was chosen."""
    session = getattr(request, "session", None)
    return str(session.get(OFFICE, "")) if session is not None else ""


def actor(request: HttpRequest) -> Actor:
    """In whose name the signed-in person acts today: the office chosen, else the most senior."""
    return actor_in(posts(request), cast("User", request.user).email, chosen_office(request))


def warrant(request: HttpRequest, power: Power) -> Warrant | None:
    """By which office the signed-in person may do something now; None: by none."""
    if not request.user.is_authenticated:
        return None
    return warrant_of(request.user, power, clock(), chosen_office(request), posts(request))


def acting(request: HttpRequest, power: Power) -> Actor:
    """The signed-in person in the office that holds a power; refused where none does."""
    held = warrant(request, power)
    if held is None:
        raise PermissionDenied
    return held.actor(cast("User", request.user).email)


def holds_office(viewer: Viewer) -> bool:
    """Whether the reader sees anything at all."""
    return viewer.sees_all or bool(viewer.teams) or bool(viewer.organisations)


def _without_office(request: HttpRequest) -> HttpResponse:
    return render(request, "no_office.html", status=403)


def must_enrol(request: HttpRequest, viewer: Viewer) -> bool:
    """Whether the reader holds a team's office and has no second factor yet."""
    staff = viewer.sees_all or bool(viewer.teams)
    return staff and settings.SECOND_FACTOR == "staff" and not has_factor(request)


def desk(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page for everybody who holds an office; `viewer` is handed in."""

    @wraps(view)
    @login_required
    def gated(request: HttpRequest, **named: object) -> HttpResponseBase:
        viewer = viewer_of(request)
        if viewer is None or not holds_office(viewer):
            return _without_office(request)
        if must_enrol(request, viewer):
            return redirect(f"{reverse('mfa_index')}?needed=1")
        response = view(request, viewer=viewer, **named)
        # Rows of tenants stay in no shared cache, and a page is asked for again after signing out.
        patch_cache_control(response, private=True, no_cache=True)
        return response

    return gated


def may_decide(request: HttpRequest) -> bool:
    """Whether the reader decides on everybody's reports and sources."""
    return warrant(request, HANDLE_REPORTS) is not None


def empowered(
    power: Power,
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """An act for those who hold a power now; `actor`, in the office that holds it, is handed in."""

    def gate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @require_POST
        @national
        @wraps(view)
        def gated(request: HttpRequest, *, viewer: Viewer, **named: object) -> HttpResponseBase:
            del viewer
            return view(request, actor=acting(request, power), **named)

        return gated

    return gate


def deciding(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """An act on everybody's reports or sources: for those who decide; `actor` is handed in."""
    return empowered(HANDLE_REPORTS)(view)


def national(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page about everybody's reports and records: for those who see everything."""

    @desk
    @wraps(view)
    def gated(request: HttpRequest, *, viewer: Viewer, **named: object) -> HttpResponseBase:
        if not viewer.sees_all:
            raise PermissionDenied
        return view(request, viewer=viewer, **named)

    return gated
