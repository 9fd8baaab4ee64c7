"""Sign-in by a provider of identities (OpenID Connect): only to accounts that an officer opened.

allauth speaks the protocol over a session of `requests`. Ours has one adapter for both schemes, and
it goes through `engines.http.ask`: so whatever address the provider's discovery document names, it
is resolved once, refused where it is not public, and a redirect's target is guarded like the first.
The environment's proxies and credentials are not used.
"""

from __future__ import annotations

from email.message import Message
from io import BytesIO
from typing import TYPE_CHECKING

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from requests.adapters import BaseAdapter

from pehra.engines.http.ask import Question, ask
from pehra.kernel.errors import PehraError
from pehra.mandate.models import User
from pehra.web.accounts import closed

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialLogin
    from django.http import HttpRequest


class Guarded(BaseAdapter):
    """Carries what allauth asks through the guarded door."""

    def send(
        self,
        request: requests.PreparedRequest,
        *given: object,
        **named: object,
    ) -> requests.Response:
        """Ask, and dress the answer as `requests` wants it."""
        del given, named  # time, size and certificates are the door's
        body = request.body if isinstance(request.body, (str, bytes)) else b""
        question = Question(
            request.method or "GET",
            request.url or "",
            {name: str(text) for name, text in request.headers.items()},
            body.encode() if isinstance(body, str) else body,
        )
        try:
            heard = ask(question, loopback=settings.PEHRA.fetch.loopback)
        except PehraError as error:
            raise requests.ConnectionError(str(error), request=request) from None
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = heard.status, question.url, request
        answer.headers.update(heard.headers)
        answer.encoding = requests.utils.get_encoding_from_headers(answer.headers)
        answer.raw = _Raw(heard.body)
        return answer

    def close(self) -> None:
        """Nothing is kept open."""


class _Raw(BytesIO):
    """A body as `requests` reads one; `_original_response` is where it looks for cookies."""

    _original_response = Message()


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.adapters.clear()
    for scheme in ("https://", "http://"):
        session.mount(scheme, Guarded())
    return session


class Adapter(DefaultSocialAccountAdapter):  # type: ignore[misc] # allauth has no types
    """Lets in whose verified address an account has; opens none, and links none to another."""

    def get_requests_session(self) -> requests.Session:
        """The only session by which allauth asks anybody."""
        return _session()

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Nobody, from any page."""
        del request, sociallogin
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find the account by an address that the provider verified, or close the door.

        Once found, the provider's own number of the person is what counts.
        """
        if sociallogin.is_existing:
            return
        told = [one.email for one in sociallogin.email_addresses if one.verified]
        person = (
            User.objects.filter(email__iexact=told[0], is_active=True).first() if told else None
        )
        if person is None:
            raise ImmediateHttpResponse(closed(request))
        sociallogin.connect(request, person)
