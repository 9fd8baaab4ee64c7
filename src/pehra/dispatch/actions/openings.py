"""Who reads what lies in an envelope: said in the ledger before it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pehra.dispatch.inside import opened
from pehra.dispatch.queries import sealed_content
from pehra.engines.sealed.ring import ring
from pehra.ledger.actions import record

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.dispatch.inside import Inside
    from pehra.kernel.actors import Actor
    from pehra.kernel.settings import Home
    from pehra.mandate.viewers import Viewer


def open_letter(
    number: int, *, home: Home, viewer: Viewer, actor: Actor, now: datetime
) -> Inside | None:
    """What lies in an envelope; None where it is gone, or is not for the viewer.

    Raises: as `inside.opened`.
    """
    found = sealed_content(number, viewer=viewer)
    if found is None:
        return None
    record("dispatch.open", actor=actor, subject=f"envelope:{number}", facts={}, now=now)
    return opened(found[1], ring(home), found[0])
