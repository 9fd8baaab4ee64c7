"""A look-up of one victim's address over more than a week: for a purpose, on a ground, counted.

Whoever asks, by a page, a command or the API, asks here first (rules, section 1, decision 11).
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.errors import Refused
from pehra.ledger import actions as ledger
from pehra.mandate.powers import Purpose, check_ground
from pehra.mandate.queries.powers import grounds
from pehra.observations import queries

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor
    from pehra.kernel.settings import Home
    from pehra.mandate.viewers import Viewer
    from pehra.observations.queries import Asked

ACT = "address-look-up"
FREE = timedelta(days=7)
"""What came lately is asked for freely."""
_REFERENCE = re.compile(r"[\w .,/()§-]{0,80}")


class Reason(msgspec.Struct, frozen=True):
    """What for, by which law, and in which case.

    Attributes:
        purpose: null: none was given.
        ground: slug of a ground of the structure.
        reference: number of a case, an order or a letter.
    """

    purpose: Purpose | None = None
    ground: str = ""
    reference: str = ""


def look_up(  # noqa: PLR0913 what is asked, why, who asks and when
    home: Home, asked: Asked, reason: Reason, *, viewer: Viewer, actor: Actor, now: datetime
) -> int:
    """Let a look-up through, and write it down without its address; gives how many rows are old.

    Raises:
        Refused: purpose or ground is missing, or the ground does not carry it today.
    """
    older = queries.of_one_victim(home, asked, now - FREE, viewer=viewer)
    if not older:
        return 0
    if reason.purpose is None or not reason.ground:
        message = f"{older:,} observations of this address came more than {FREE.days} days ago."
        since = f"{now - FREE:%Y-%m-%d}"
        mend = f"Say `--purpose` and `--ground`, or ask `--since {since}`."
        raise Refused(message, mend=mend)
    ground = check_ground(ACT, reason.ground, grounds(), now.date())
    if not _REFERENCE.fullmatch(reason.reference):
        message = "The reference has signs that no case number has, or over 80 of them."
        raise Refused(message, mend="Write letters, digits, and `.,/()§-`.")
    ledger.record(
        "observations.look-up",
        actor=actor,
        subject="address",
        facts={
            "purpose": reason.purpose.value,
            "ground": ground.slug,
            "law": ground.words,
            "reference": reason.reference,
            "rows": older,
        },
        now=now,
    )
    return older
