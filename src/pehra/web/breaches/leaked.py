"""Leaked passwords, for everybody: five digits of a digest in, the range of it out. Nothing more.

No page takes a password, and what is longer than a prefix is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache

from pehra.cases.breaches.leaked import Kind, ranged
from pehra.kernel.errors import EnvironmentFault, UsageError
from pehra.kernel.settings import home_path

if TYPE_CHECKING:
    from django.http import HttpRequest

    from pehra.cases.breaches.leaked import Line

_DAY = 86_400
_SHOWN = 2_000


def _range(kind: Kind, prefix: str) -> list[Line]:
    return ranged(home_path().root / "leaked", kind, prefix)


@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """How to look without sending the password, and the range of a prefix."""
    prefix, named = request.GET.get("prefix", ""), request.GET.get("kind", "")
    kind = Kind(named) if named in set(Kind) else Kind.SHA1
    problem, lines = "", None
    if prefix:
        try:
            lines = _range(kind, prefix)[:_SHOWN]
        except UsageError:
            problem = _(
                "Send five digits of the digest and no more: then nobody here can know it. If you"
                " typed a password, change it."
            )
        except EnvironmentFault:
            problem = _("There is no such data here yet.")
    context = {
        "prefix": "" if lines is None else prefix.upper(),
        "kind": kind.value,
        "command": "pehra cases leaked-check",
        "kinds": [(one.value, one.value.upper()) for one in Kind],
        "lines": lines,
        "problem": problem,
    }
    return render(request, "breaches/leaked.html", context, status=422 if problem else 200)


@cache_control(public=True, max_age=_DAY)
def suffixes(request: HttpRequest, kind: str, prefix: str) -> HttpResponse:
    """The same for machines, in the form of Pwned Passwords: `SUFFIX:COUNT` a line."""
    del request
    if kind not in set(Kind):
        raise Http404
    try:
        lines = _range(Kind(kind), prefix)
    except UsageError as error:
        return HttpResponse(str(error), status=400, content_type="text/plain; charset=utf-8")
    except EnvironmentFault as error:
        raise Http404(str(error)) from None
    body = "\r\n".join(f"{line.suffix}:{line.count}" for line in lines)
    return HttpResponse(body, content_type="text/plain; charset=utf-8")
