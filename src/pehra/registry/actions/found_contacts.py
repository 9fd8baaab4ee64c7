"""Take contacts that registries name: automatic, unverified, and gone when no longer named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra.ledger.actions import append
from pehra.mandate.tenancy import as_system
from pehra.registry.actions.controls import record_mailboxes
from pehra.registry.models import Contact

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor
    from pehra.registry.asking import Named


class Taken(msgspec.Struct, frozen=True):
    """How many contacts were new, and how many are no longer named."""

    added: int = 0
    removed: int = 0


def take_named(
    organisation: int, asset: tuple[str, str], named: Named, *, actor: Actor, now: datetime
) -> Taken:
    """Bring an organisation's automatic contacts to what one place says of one of its assets.

    What a person gave is never touched. A place that could not be read says nothing. Mailboxes that
    RDAP names may then prove control of the asset.
    """
    if named.fault:
        return Taken()
    source = named.place.url[:240]
    with transaction.atomic(), as_system():
        mine = Contact.objects.filter(organisation=organisation)
        known = set(mine.values_list("purpose", "email", "phone"))
        addresses = {(one.purpose, one.email) for one in named.contacts}
        new = [
            Contact(
                organisation_id=organisation,
                source=source,
                automatic=True,
                **msgspec.structs.asdict(one),
            )
            for one in named.contacts
            if (one.purpose, one.email, one.phone) not in known
        ]
        Contact.objects.bulk_create(new)
        gone = [
            row.pk
            for row in mine.filter(automatic=True, source=source, verified_at__isnull=True)
            if (row.purpose, row.email) not in addresses
        ]
        mine.filter(pk__in=gone).delete()
        if named.place.reads == "rdap":
            boxes = [one.email for one in named.contacts if one.email]
            record_mailboxes(asset, boxes, source, actor=actor, now=now)
        if new or gone:
            append(
                "registry.take-contacts",
                actor=actor,
                subject=f"organisation:{organisation}",
                facts={
                    "organisation": organisation,
                    "reader": named.place.reads,
                    "added": len(new),
                    "removed": len(gone),
                },
                now=now,
            )
    return Taken(len(new), len(gone))
