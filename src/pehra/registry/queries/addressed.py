"""Whose mailbox an address is: what must be known before anything is sent there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db.models.functions import Lower

from pehra.mandate.tenancy import seen_by
from pehra.registry.models.contacts import Contact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pehra.mandate.viewers import Viewer

_AT_ONCE = 5000


class Addressed(msgspec.Struct, frozen=True):
    """A contact that has an address."""

    contact: int
    organisation: int | None
    team: int | None
    verified: bool


def contacts_at(addresses: Iterable[str], *, viewer: Viewer) -> dict[str, tuple[Addressed, ...]]:
    """Active contacts of each address, whatever its case; an address that nobody has is not there.

    Args:
        addresses: of mail.
        viewer: who looks.

    Returns:
        The address in lower case, and its contacts.
    """
    wanted = sorted({address.lower() for address in addresses if address})
    found: dict[str, list[Addressed]] = {}
    with seen_by(viewer):
        for start in range(0, len(wanted), _AT_ONCE):
            rows = (
                Contact.objects.filter(active=True)
                .annotate(lower=Lower("email"))
                .filter(lower__in=wanted[start : start + _AT_ONCE])
                .order_by("pk")
                .values_list("lower", "pk", "organisation_id", "team_id", "verified_at")
            )
            for address, contact, organisation, team, verified in rows:
                entry = Addressed(contact, organisation, team, verified is not None)
                found.setdefault(address, []).append(entry)
    return {address: tuple(entries) for address, entries in found.items()}
