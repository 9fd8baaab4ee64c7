"""What lies inside envelopes, sealed anew when the home has a new data key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from pehra.dispatch.inside import resealed
from pehra.dispatch.models import Content
from pehra.engines.sealed.ring import ring
from pehra.engines.sealed.stream import key_of_value
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from pehra.kernel.settings import Home

_AT_ONCE = 500


def reseal_letters(home: Home) -> int:
    """Seal anew what lies under an older key; gives how many. Killed, it goes on where it was.

    Raises: as `inside.opened`.
    """
    held, last, moved = ring(home), 0, 0
    with as_system():
        while True:
            found = Content.objects.filter(pk__gt=last).select_related("envelope")
            rows = list(found.only("inside", "envelope__key").order_by("pk")[:_AT_ONCE])
            if not rows:
                return moved
            last = rows[-1].pk
            old = [row for row in rows if key_of_value(bytes(row.inside)) != held.current.id]
            for row in old:
                row.inside = resealed(bytes(row.inside), held, row.envelope.key)
            with transaction.atomic():
                Content.objects.bulk_update(old, ["inside"])
            moved += len(old)
