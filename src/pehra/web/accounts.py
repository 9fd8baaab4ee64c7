"""How accounts come to be, and how their second factor rests: opened by an officer, encrypted."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.shortcuts import render
from django.utils.translation import gettext as _

from pehra.mandate.models import User

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class Adapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no types
    """Closes the sign-up page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody, from any page."""
        del request
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address by which failed sign-ins are counted.

        Where fewer proxies wrote down an address than stand in front, the request came past them or
        `web.proxies` is too high, and allauth would answer with an error of the server. What stands
        in the header then is anybody's word, so the peer itself counts.
        """
        told = request.headers.get("x-forwarded-for", "").split(",")
        if len(told) < settings.ALLAUTH_TRUSTED_PROXY_COUNT:
            return str(request.META["REMOTE_ADDR"])
        return str(super().get_client_ip(request))


FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What counts as a second factor; recovery codes only stand in for one."""


class Backend(AuthenticationBackend):  # type: ignore[misc] # allauth has no types
    """Finds a session's account together with whether it has a second factor."""

    def get_user(self, user_id: int) -> User | None:
        """The account, if it is open; `has_factor` is read in the same query."""
        own = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
        return (
            User.objects.filter(pk=user_id, is_active=True).annotate(has_factor=Exists(own)).first()
        )


def has_factor(request: HttpRequest) -> bool:
    """Whether the signed-in account has a second factor, which signing in then asked for."""
    return bool(getattr(request.user, "has_factor", False))


def _cipher() -> Fernet:
    """A cipher whose key (HKDF, RFC 5869) is made from the home's secret key for this use only."""
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"pehra second factor v1")
    return Fernet(base64.urlsafe_b64encode(kdf.derive(settings.SECRET_KEY.encode())))


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth has no types
    """Keeps the secrets of second factors encrypted, so a copied database opens no account."""

    def encrypt(self, text: str) -> str:
        """What goes into the database."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What came out of it."""
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def generate_authenticator_name(self, user: User, kind: Authenticator.Type) -> str:
        """A name for a new key, which its owner may change."""
        count = Authenticator.objects.filter(user_id=user.pk, type=kind).count()
        return _("Key %(number)s") % {"number": count + 1}


def closed(request: HttpRequest) -> HttpResponse:
    """Stands in for allauth's pages of sign-up and mail, which this site does not offer."""
    return render(request, "account/closed.html", status=403)
