"""Who asks the API, what for, how often, and how it is told that it may not.

A machine brings a key (`Authorization: Bearer ...`), a page of ours the session, with Django's
token where it changes anything. Either way there is a viewer, and rooms see nothing else of it.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, cast

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from ninja.security import HttpBearer
from ninja.security.apikey import APIKeyCookie
from ninja.throttling import SimpleRateThrottle

from pehra.kernel.actors import Actor
from pehra.kernel.errors import EnvironmentFault, IllegalStep, PehraError, Refused, UsageError
from pehra.kernel.time import clock
from pehra.mandate.apikeys.actions import used
from pehra.mandate.apikeys.queries import opened
from pehra.mandate.apikeys.rules import Scope
from pehra.mandate.viewers import Viewer
from pehra.web import gate

if TYPE_CHECKING:
    from collections.abc import Callable

    from ninja import NinjaAPI

PROBLEM = "application/problem+json"


class Asker(msgspec.Struct, frozen=True):
    """Who asks.

    Attributes:
        name: of the account or the key.
        kind: `person` or `key`.
        viewer: whose rows exist.
        actor: in whose name it acts.
        scopes: what the key is for; null: a person, whom the offices bound.
        account: number of the account; null: a key has none.
    """

    name: str
    kind: str
    viewer: Viewer
    actor: Actor
    scopes: frozenset[str] | None
    account: int | None


class Forbidden(Refused):
    """The key has no such scope, or no office held today opens this."""

    code = "forbidden"


class Absent(UsageError):
    """There is nothing here, or nothing that the asker may see."""

    code = "absent"


class Key(HttpBearer):
    """A key of `pehra accounts key`, in the header."""

    def __init__(self, scope: Scope | None) -> None:
        self.scope = scope
        super().__init__()

    def authenticate(self, request: HttpRequest, token: str) -> Asker | None:
        """The key's owner, if the key is live and opens this."""
        del request
        today: date = clock().date()
        found = opened(token, today)
        if found is None:
            return None
        if self.scope is not None and self.scope not in found.scopes:
            message = f"The key {found.name} lacks the scope `{self.scope}`."
            raise Forbidden(message, mend="Ask for a key with it.")
        if found.last_used != today:
            used(found.name, today)
        return Asker(found.name, "key", found.viewer, found.actor, found.scopes, None)


class Session(APIKeyCookie):
    """The session of somebody who is signed in."""

    param_name = "sessionid"

    def _get_key(self, request: HttpRequest) -> str | None:
        # Who brings no session needs no form's token to be told that nobody is signed in.
        if self.param_name not in request.COOKIES or "authorization" in request.headers:
            return None
        return super()._get_key(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Asker | None:
        """The person by the offices held today."""
        viewer = gate.viewer_of(request) if key else None
        if viewer is None:
            return None
        if not gate.holds_office(viewer):
            message = "You hold no office today."
            raise Forbidden(message, mend="Ask your team's officer for one.")
        if gate.must_enrol(request, viewer):
            message = "Your office needs a second factor."
            raise Forbidden(message, mend="Set one up under /accounts/2fa/.")
        actor, number = gate.actor(request), gate.account(request)
        return Asker(viewer.name, "person", viewer, actor, None, number)


def by(scope: Scope | None = None) -> list[Callable[[HttpRequest], Any]]:
    """The two ways in; a key needs the scope."""
    return [Key(scope), Session()]


def asker(request: HttpRequest) -> Asker:
    """Who asks; set before any handler runs."""
    return cast("Asker", request.auth)  # type: ignore[attr-defined] # ninja sets it


def national(request: HttpRequest) -> Asker:
    """Who asks, if that is somebody who sees everything.

    Raises:
        Forbidden: it is not.
    """
    found = asker(request)
    if not found.viewer.sees_all:
        message = "Reports, jobs and the ledger concern many tenants."
        raise Forbidden(message, mend="The national team sees them.")
    return found


class PerAsker(SimpleRateThrottle):
    """So many questions a minute by one key or account."""

    scope = "api"

    def get_cache_key(self, request: HttpRequest) -> str | None:
        """Counts by who asks, wherever from."""
        return f"api-{asker(request).kind}-{asker(request).name}"


_STATUS: tuple[tuple[type[PehraError], int], ...] = (
    (Absent, 404),
    (UsageError, 400),
    (IllegalStep, 409),
    (Refused, 403),
    (EnvironmentFault, 503),
    (PehraError, 500),
)
_TITLES = {
    400: "That cannot be read",
    401: "Nobody is signed in",
    403: "Not allowed",
    404: "Nothing here",
    405: "No such method here",
    409: "Not from this state",
    422: "That does not fit",
    429: "Too many questions",
    500: "Something is broken",
    503: "Not now",
}


def problem(status: int, detail: str, *, code: str, mend: str = "", **more: object) -> HttpResponse:
    """What went wrong, as RFC 9457 writes it; `code` is stable, `mend` the next step."""
    told = {
        "type": f"urn:pehra:problem:{code}",
        "title": _TITLES.get(status, "Not done"),
        "status": status,
        "detail": detail,
        "code": code,
        "mend": mend,
        **more,
    }
    body = msgspec.json.encode(told)
    answer = HttpResponse(body, status=status, content_type=PROBLEM)
    answer["Cache-Control"] = "no-store"
    if status == 401:  # noqa: PLR2004 RFC 9110, section 15.5.2
        answer["WWW-Authenticate"] = 'Bearer realm="pehra"'
    return answer


def _raised(_: HttpRequest, error: PehraError) -> HttpResponse:
    status = next(number for kind, number in _STATUS if isinstance(error, kind))
    return problem(status, error.message, code=error.code, mend=error.mend)


def _unfit(_: HttpRequest, error: ValidationError) -> HttpResponse:
    wrong = [{"at": [str(part) for part in one["loc"]], "says": one["msg"]} for one in error.errors]
    mend = "The description at /api/v1/openapi.json says what fits."
    return problem(422, "Part of the question does not fit.", code="unfit", mend=mend, errors=wrong)


def _unknown(_: HttpRequest, error: AuthenticationError) -> HttpResponse:
    del error
    mend = "Send `Authorization: Bearer` with a live key."
    return problem(401, "No live key and no session came with this.", code="unknown", mend=mend)


def _throttled(_: HttpRequest, error: Throttled) -> HttpResponse:
    del error
    mend = "Wait as Retry-After says."
    return problem(429, "So many questions a minute are not answered.", code="often", mend=mend)


def _http(_: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, str(error), code="http")


def _absent(_: HttpRequest, error: Http404) -> HttpResponse:
    del error
    return problem(404, "There is nothing here, or nothing that you may see.", code="absent")


def answer_errors(api: NinjaAPI) -> None:
    """Let every error that is raised on purpose leave as a problem."""
    handlers: tuple[tuple[type[Exception], Any], ...] = (
        (PehraError, _raised),
        (ValidationError, _unfit),
        (AuthenticationError, _unknown),
        (Throttled, _throttled),
        (HttpError, _http),
        (Http404, _absent),
    )
    for kind, handler in handlers:
        api.add_exception_handler(kind, handler)
