"""Keys of the reader's team or organisation: seen, given once, taken back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from pehra.kernel.errors import PehraError
from pehra.kernel.time import clock
from pehra.mandate.apikeys import actions, queries
from pehra.mandate.apikeys.rules import USUAL, Owner, Scope, may_give
from pehra.web import figures
from pehra.web.gate import actor, desk, posts

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from pehra.mandate.viewers import Viewer

SCOPES = {
    Scope.READ_FINDINGS: gettext_lazy("Read findings"),
    Scope.ANSWER_FINDINGS: gettext_lazy("Answer findings"),
    Scope.READ_OBSERVATIONS: gettext_lazy("Read the observations behind findings"),
    Scope.READ_NOTICES: gettext_lazy("Read notices"),
    Scope.FETCH_LETTERS: gettext_lazy("Fetch letters that wait, and say that they arrived"),
    Scope.READ_REGISTRY: gettext_lazy("Read the register: organisations, claims, contacts"),
    Scope.WRITE_REGISTRY: gettext_lazy("Change the register"),
    Scope.READ_INTAKE: gettext_lazy("Read reports, refused rows and sources (national team)"),
    Scope.READ_JOBS: gettext_lazy("Read jobs"),
    Scope.READ_LEDGER: gettext_lazy("Read checkpoints and proofs of the ledger"),
    Scope.WRITE_REPORTS: gettext_lazy("File what people report"),
    Scope.ADD_EVIDENCE: gettext_lazy("Add evidence to cases of its team"),
}
STATES = {
    "live": (gettext_lazy("In use"), "done"),
    "expired": (gettext_lazy("Expired"), "off"),
    "revoked": (gettext_lazy("Taken back"), "bad"),
}


def _gives(request: HttpRequest, viewer: Viewer) -> dict[str, tuple[Owner, str]]:
    """Owners for whom the reader gives keys, by subject, each with its name."""
    return {
        owner.subject: (owner, name)
        for owner, name in queries.owners(viewer)
        if may_give(posts(request), owner)
    }


def _page(request: HttpRequest, viewer: Viewer, *, key: str = "", wrong: str = "") -> HttpResponse:
    today = clock().date()
    ticked = request.POST.getlist("scope")
    context = {
        "rows": [
            (
                line,
                *STATES[line.state],
                [SCOPES[Scope(word)] for word in line.scopes],
                line.state == "live" and may_give(posts(request), line.owner),
            )
            for line in queries.keys(today, viewer=viewer)
        ],
        "gives": {subject: name for subject, (_owner, name) in _gives(request, viewer).items()},
        "scopes": [(scope.value, label, scope.value in ticked) for scope, label in SCOPES.items()],
        "expires": request.POST.get("expires") or (today + USUAL).isoformat(),
        "label": request.POST.get("label", ""),
        "key": key,
        "wrong": wrong,
    }
    response = render(request, "mandate/keys.html", context, status=400 if wrong else 200)
    if key:
        patch_cache_control(response, no_store=True)
    return response


@desk
def keys(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """The list, and the form for a new one."""
    return _page(request, viewer)


@require_POST
@desk
def give(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Give a key, and show it this once."""
    chosen = _gives(request, viewer).get(request.POST.get("owner", ""))
    if chosen is None:
        raise PermissionDenied
    try:
        new = actions.NewKey(
            owner=chosen[0],
            label=request.POST.get("label", ""),
            scopes=request.POST.getlist("scope"),
            expires=figures.day_of(request.POST.get("expires", "")),
        )
        random = os.urandom(actions.RANDOM_BYTES)
        text = actions.give_key(new, random, actor=actor(request), now=clock())
    except PehraError:
        words = _("Name what it is for, tick what it opens, and let it end within a year.")
        return _page(request, viewer, wrong=words)
    return _page(request, viewer, key=text)


@require_POST
@desk
def revoke(request: HttpRequest, *, viewer: Viewer, name: str) -> HttpResponseBase:
    """Take a key back."""
    given = {line.name: line.owner for line in queries.keys(clock().date(), viewer=viewer)}
    if name not in given or not may_give(posts(request), given[name]):
        raise PermissionDenied
    actions.revoke_key(name, viewer=viewer, actor=actor(request), now=clock())
    return redirect("api-keys")
