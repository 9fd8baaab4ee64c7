"""Take a person's second factors away, so that new ones can be set up: the device is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.db import transaction

from pehra.ledger.actions import append
from pehra.mandate.actions import person

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor


def forget_factors(email: str, *, actor: Actor, now: datetime) -> int:
    """Forget passkeys, authenticator app and recovery codes of an account; gives how many.

    Whoever then signs in by the password sets new ones up, so a new password belongs to it.

    Raises:
        UsageError: no such account.
    """
    with transaction.atomic():
        user = person(email)
        _, gone = apps.get_model("mfa", "Authenticator")._default_manager.filter(user=user).delete()
        count: int = gone.get("mfa.Authenticator", 0)
        append(
            "mandate.forget-factors",
            actor=actor,
            subject=f"person:{user.pk}",
            facts={"person": user.pk, "factors": count},
            now=now,
        )
    return count
