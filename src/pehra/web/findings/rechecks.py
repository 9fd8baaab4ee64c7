"""Re-checks on a finding's page: what was heard, and the button of those who may ask for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from pehra.findings.actions.rechecks import ask
from pehra.findings.queries.rechecks import (
    consents_of,
    last_knock,
    rechecks_of,
    service_of,
)
from pehra.findings.rechecks import why_not, with_holder
from pehra.kernel.errors import PehraError
from pehra.kernel.time import clock
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.web import figures
from pehra.web.gate import actor, desk, posts
from pehra.web.keeping import lead_of, may_keep
from pehra.web.paging import LARGEST

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse
    from django_stubs_ext import StrPromise

    from pehra.findings.rechecks import Service
    from pehra.mandate.viewers import Viewer

HEARD: dict[str, StrPromise] = {
    "open": _("The port is open."),
    "closed": _("The port is closed."),
    "unreachable": _("Nothing answers there."),
    "": _("It was begun and did not come back to say."),
}
WHY: dict[str, StrPromise] = {
    "no-consent": _("Its holder has not consented to re-checks."),
    "too-soon": _("Its host was looked at within the hour."),
    "offline": _("This home is offline: no host is looked at from here."),
}
"""Reasons that are told; where a kind is never looked at, nothing is."""


def _may_ask(request: HttpRequest, service: Service, now: datetime) -> bool:
    """Whether the reader answers for the finding's holder, or is of its team or the national."""
    if service.organisation is None:
        return False
    held = posts(request)
    return may_keep(held, service.organisation, lead_of(held, service.organisation, now.date()))


def _code(service: Service, now: datetime) -> str:
    """Why it is not looked at, as `WHY` and `why_not` say it; empty: it may be."""
    fetch = settings.PEHRA.fetch
    code = why_not(
        with_holder(service, service.organisation),
        consents_of(service.organisation or 0, viewer=SYSTEM_VIEWER),
        last_knock(service.asset),
        now=now,
        loopback=fetch.loopback,
    )
    return code or ("offline" if fetch.offline else "")


def panel(
    request: HttpRequest, number: int, *, viewer: Viewer, now: datetime
) -> dict[str, Any] | None:
    """What the page shows of re-checks; null: a kind that is never looked at, and never was."""
    service = service_of(number, viewer=viewer)
    if service is None or not service.exposed:
        return None
    heard = rechecks_of(number, viewer=viewer)
    code = _code(service, now)
    if not heard and code and code not in WHY:
        return None
    may = _may_ask(request, service, now)
    return {
        "heard": [
            {
                "word": HEARD[one.heard],
                "status": f"HTTP {one.status}" if one.status else "",
                "at": figures.moment(one.at, now=now),
            }
            for one in heard
        ],
        "ask": reverse("finding-recheck", args=[number]) if may and not code else "",
        "why": WHY.get(code, "") if may else "",
    }


@require_POST
@desk
def recheck(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """Ask for a re-check; the worker carries it out."""
    service = service_of(number, viewer=viewer) if number <= LARGEST else None
    if service is None:
        raise Http404
    now = clock()
    if not _may_ask(request, service, now):
        raise PermissionDenied
    code = _code(service, now)
    loopback = settings.PEHRA.fetch.loopback
    try:
        if not code:
            ask(number, viewer=viewer, actor=actor(request), now=now, loopback=loopback)
    except PehraError:
        code = "refused"
    if code:
        told = WHY.get(code) or _("This is not looked at by ourselves.")
        messages.warning(request, str(told))
    else:
        messages.success(
            request, str(_("The re-check is under way: reload this page in a minute."))
        )
    return HttpResponseRedirect(reverse("finding", args=[number]))
