"""Each request's number, on every line that is logged meanwhile, and one line when it is over.

A line names the route, never the address as asked, since that may hold whose asset was looked at;
who looked is the account's number.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pehra.kernel import ids, log

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

_log = log.logger(__name__)
HEADER = "X-Request-ID"
_QUIET = frozenset({"metrics"})
"""Routes that machines ask every few seconds."""


class Journal:
    """Numbers requests, tells the reader the number, and logs what became of them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Hand the request on; whatever a thread still had bound is forgotten."""
        log.forget_bound()
        number, began = ids.new_secret().hex()[:16], time.monotonic()
        with log.bound(request=number):
            response = self.get_response(request)
            route = _route(request)
            if route not in _QUIET or response.status_code >= 500:  # noqa: PLR2004 server's faults
                _log.info(
                    "answered",
                    method=request.method,
                    route=route,
                    status=response.status_code,
                    ms=round((time.monotonic() - began) * 1000),
                    account=_account(request),
                )
        response[HEADER] = number
        return response


def _route(request: HttpRequest) -> str:
    found = request.resolver_match
    return "" if found is None else found.view_name or found.route


def _account(request: HttpRequest) -> int | None:
    """Number of the signed-in account, where something has asked for it already."""
    user = request.__dict__.get("_cached_user")
    number = getattr(user, "pk", None)
    return number if isinstance(number, int) else None
