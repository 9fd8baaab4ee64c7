"""What the gates must know of a set of letters, in a few statements however many they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pehra.dispatch.gates import COMPULSORY, Entry, Known
from pehra.dispatch.rules import Channel
from pehra.mandate.queries import lead_teams, national_team
from pehra.mandate.queries.standing import (
    grounds_in_force,
    standing_organisations,
    standing_teams,
)
from pehra.registry.queries.addressed import contacts_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from pehra.dispatch.rules import Outgoing
    from pehra.mandate.viewers import Viewer


_NAMED = 500


def known_of(items: Sequence[Outgoing], *, on: date, viewer: Viewer) -> Known:
    """The facts by which `rules.judge` decides on all of `items`.

    Args:
        items: what is to leave.
        on: the day whose structure and law count.
        viewer: who looks the recipients up.
    """
    mail = {item.recipient.address for item in items if item.channel == Channel.MAIL}
    found = contacts_at(mail, viewer=viewer)
    named = {item.recipient.organisation for item in items} - {None}
    lawful = any(item.ground or item.kind in COMPULSORY for item in items)
    return Known(
        entries={
            address: tuple(
                Entry(one.contact, one.organisation, one.team, one.verified) for one in entries
            )
            for address, entries in found.items()
        },
        organisations=standing_organisations(one for one in named if one is not None),
        teams=standing_teams(on),
        leads=_leads(items, on),
        own=national_team(on),
        grounds=grounds_in_force(on) if lawful else frozenset(),
    )


def _leads(items: Sequence[Outgoing], on: date) -> dict[int, int]:
    """Who leads on the organisations inside; of many, all are read, for naming them costs more."""
    about = {one for item in items for one in item.about}
    if not about:
        return {}
    return lead_teams(on, about if len(about) <= _NAMED else None)
