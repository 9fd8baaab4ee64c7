"""What a holder mends first, and how its sector does: for the organisation's own page."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

import msgspec
from django.db.models import F, Sum

from pehra.findings.models import CountedDay, DayCount
from pehra.findings.queries.lists import ROW, Row
from pehra.findings.queries.wanted import UNRESOLVED, Filter, matching
from pehra.mandate.queries.places import peers_of
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer

FEWEST = 5
"""Of fewer organisations than these no figure is told: it could be traced to one of them."""


class ToFix(msgspec.Struct, frozen=True):
    """A finding that needs its holder, with what advice goes by."""

    row: Row
    rsit_class: str
    rsit_type: str


def fix_first(organisation: str, *, viewer: Viewer, size: int = 20) -> list[ToFix]:
    """Findings of one holder that need somebody: the worst first, then the soonest deadline."""
    wanted = Filter(states=UNRESOLVED, organisation=organisation)
    rows = matching(wanted, viewer).order_by("-severity", F("due_at").asc(nulls_last=True), "id")
    values = rows.values_list(*ROW, "rsit_class", "rsit_type")[:size]
    return [ToFix(Row(*row[:-2]), *row[-2:]) for row in values]


class InSector(msgspec.Struct, frozen=True):
    """How the organisations of a sector do; `middle` is the median of their open findings."""

    organisations: int
    middle: float


def in_sector(organisation: int) -> InSector | None:
    """How the sector of an organisation does, by the newest count of days.

    Counts are of all confirmed organisations of the sector, those without a finding too. None where
    the sector is not known, has fewer than `FEWEST`, or where nothing was counted yet.
    """
    peers = peers_of(organisation)
    last = CountedDay.objects.order_by("-day").values_list("day", flat=True).first()
    if len(peers) < FEWEST or last is None:
        return None
    with as_system():
        rows = DayCount.objects.filter(day=last, organisation__in=peers).order_by()
        standing = F("critical") + F("high") + F("medium") + F("low")
        found = dict(rows.values_list("organisation").annotate(open=Sum(standing)))
    return InSector(len(peers), median(found.get(peer, 0) for peer in peers))
