"""What readers of lists share: whose moment a row has, and what the list as a whole speaks of."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

import msgspec

from pehra.intake.columns import Plan, read_parts
from pehra.intake.source import Delivery, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pehra.intake.stretches import Stretch


class Listing(msgspec.Struct, frozen=True):
    """What a list says of itself.

    Attributes:
        kind: which of the source's lists it is; each is a stream of its own.
        identifiers: as in `Reading`.
        date: when it was made, where it says so.
        timed: its rows have times of their own.
    """

    kind: str
    identifiers: tuple[str, ...]
    date: datetime | None = None
    timed: bool = False


def reading(
    delivery: Delivery, stretches: Iterator[Stretch], plan: Plan, listing: Listing
) -> Reading:
    """The list read.

    Rows without a time of their own are of the moment of the list: what it names, it names on its
    date, or, where it has none, when it was received.
    """
    moment = listing.date or delivery.received_at
    if not listing.timed:
        constants = {**plan.constants, "observed_at": moment.isoformat()}
        plan = msgspec.structs.replace(plan, constants=constants)
    return Reading(
        kind=listing.kind,
        day=moment.date(),
        identifiers=listing.identifiers,
        parts=read_parts(stretches, plan, delivery),
        stream=listing.kind,
        at=None if listing.timed else moment,
    )


def stem(file_name: str) -> str:
    """The first word of a file's name, in lower case: `ssh` of `lists/SSH.txt.gz`."""
    return PurePath(file_name).name.partition(".")[0].lower()
