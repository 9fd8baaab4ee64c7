"""Pages for what went wrong, in the frame where the frame can be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from requests import RequestException

from pehra.kernel.errors import EnvironmentFault, PehraError, Refused, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase


def _page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    context = {"status": status, "title": title, "text": text}
    return render(request, "error.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    del exception
    text = _("The address or the form has a part that this page cannot read.")
    return _page(request, 400, _("That request cannot be read"), text)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    del exception
    text = _("None of the offices you hold today opens this page.")
    return _page(request, 403, _("Not yours to see"), text)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that was open too long, or that another site sent."""
    del reason
    text = _("The form was open for too long, or cookies are off. Go back, reload, send again.")
    return _page(request, 403, _("This form is no longer valid"), text)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, also for what exists and belongs to somebody else."""
    del exception
    text = _("There is nothing here under this address, or nothing that you may see.")
    return _page(request, 404, _("Nothing here"), text)


def broken(request: HttpRequest) -> HttpResponse:
    """500: touches neither database nor session, since they may be what is broken."""
    del request
    return HttpResponse(render_to_string("broken.html"), status=500)


LARGEST_BODY = 35 << 20
"""Bytes of a form: three files of the largest size that a report takes, and its words."""
_UNBOUND = frozenset({"evidence-add"})
"""Routes that ask who sends before they read, and seal what comes piece by piece."""


class Measured:
    """Turns away a form that is too large by what it says of itself, before its body is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Hand the request on."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, given: object, named: object
    ) -> HttpResponse | None:
        """413 for a form of more than 35 MiB. The API bounds its own."""
        del view, given, named
        size, found = request.META.get("CONTENT_LENGTH") or "0", request.resolver_match
        large = size.isascii() and size.isdigit() and int(size[:20]) > LARGEST_BODY
        route = "" if found is None else found.view_name
        if not large or route in _UNBOUND or request.path.startswith("/api/"):
            return None
        text = _("Send at most three files of 10 MB each, or tell us without them.")
        return _page(request, 413, _("That is too large to send here"), text)


_STATUS: tuple[tuple[type[PehraError], int], ...] = (
    (UsageError, 400),
    (Refused, 403),
    (EnvironmentFault, 503),
    (PehraError, 500),
)


class Doorkeeper:
    """Turns an error that a room raised on purpose into a page that says what to do next."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Hand the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a `PehraError`, or a provider of identities that is away; else let it be."""
        if isinstance(exception, RequestException):
            return render(request, "socialaccount/authentication_error.html", status=502)
        if not isinstance(exception, PehraError):
            return None
        status = next(number for kind, number in _STATUS if isinstance(exception, kind))
        return _page(request, status, _("This cannot be done"), str(exception))
