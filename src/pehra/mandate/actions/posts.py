"""Open a post in an organisation, as part of another room's act."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from pehra.kernel.errors import Refused
from pehra.ledger.actions import append
from pehra.mandate.models import Office

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor


def open_post(slug: str, organisation: int, *, actor: Actor, now: datetime) -> str:
    """Open the post of an organisation's security officer; nobody holds it yet.

    Args:
        slug: of the office.
        organisation: id.
        actor: who opens it.
        now: aware, UTC.

    Raises:
        Refused: there is such an office.
    """
    with transaction.atomic():
        if Office.objects.filter(slug=slug).exists():
            message = f"There is an office `{slug}` already."
            raise Refused(message, mend="Name the organisation otherwise.")
        Office.objects.create(
            slug=slug, name="Security officer", role="ENT", organisation_id=organisation
        )
        facts = {"organisation": organisation}
        append("mandate.open-post", actor=actor, subject=f"office:{slug}", facts=facts, now=now)
    return slug
