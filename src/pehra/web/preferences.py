"""Theme, language, short cuts: cookies set by plain forms, without scripts and sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from pehra.web.gate import OFFICE, posts
from pehra.web.shell import LANGUAGES, THEMES

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_YEAR = 365 * 24 * 3600


def _back(request: HttpRequest) -> str:
    """Where the reader came from, if it is on this site."""
    target = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if ours else "/"


def _remember(request: HttpRequest, cookie: str, value: str) -> HttpResponse:
    response = HttpResponseRedirect(_back(request))
    response.set_cookie(
        cookie,
        value,
        max_age=_YEAR,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
    return response


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Choose light, dark, or what the system says."""
    asked = request.POST.get("theme", "")
    return _remember(request, "theme", asked if asked in THEMES else "")


@require_POST
def keys(request: HttpRequest) -> HttpResponse:
    """Turn the keyboard's short cuts on or off (WCAG 2.1.4)."""
    return _remember(request, "keys", "off" if request.POST.get("keys") == "off" else "")


@require_POST
@login_required
def office(request: HttpRequest) -> HttpResponse:
    """Choose the office in whose name the person acts, while signed in; only one that is held."""
    asked = request.POST.get("office", "")
    if any(post.office == asked for post in posts(request)):
        request.session[OFFICE] = asked
    return HttpResponseRedirect(_back(request))


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language of the pages."""
    asked = request.POST.get("language", "")
    known = asked if asked in dict(LANGUAGES) else settings.LANGUAGE_CODE
    return _remember(request, settings.LANGUAGE_COOKIE_NAME, known)
