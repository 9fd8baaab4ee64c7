"""The form by which a passkey is added: signing in with it alone is what it is for."""

from __future__ import annotations

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django.utils.translation import gettext_lazy as _


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc] # allauth has no types
    """allauth's form in our words, with the better choice made."""

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named)
        self.fields["name"].label = _("Name")
        alone = self.fields["passwordless"]
        alone.initial = True
        alone.label = _("Sign in with it alone, without a password")
        alone.help_text = _("The device then asks for your finger, face or PIN each time.")
