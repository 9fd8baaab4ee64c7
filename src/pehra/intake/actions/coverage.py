"""What a batch's silence means, as rows: which stream spoke of what, for which day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.intake.models import Batch, Coverage
from pehra.intake.source import ANY_OF_KIND

if TYPE_CHECKING:
    from datetime import date


class Covered(msgspec.Struct, frozen=True):
    """What a batch's silence means: for which identifiers, day and networks it spoke.

    Attributes:
        networks: that the batch names, as `Coverage.networks` writes them.
        stream: type and subscription of the report.
        whole: it is the source's whole list, which speaks of all that it ever named.
    """

    identifiers: tuple[str, ...]
    day: date
    scope: str
    networks: tuple[int, ...] = ()
    stream: str = ""
    whole: bool = False


def cover(row: Batch, covered: Covered) -> None:
    """Keep what a batch covers, inside the caller's transaction."""
    if covered.whole:
        _cover_whole(row, covered)
        return
    identifiers = set(covered.identifiers)
    networks = set(covered.networks)
    if covered.scope == Coverage.Scope.CONSTITUENCY:
        before = Coverage.objects.filter(source=row.source, stream=covered.stream[:160])
        latest = before.order_by("-id").values_list("networks", flat=True).first()
        networks |= set(latest or ())
    if ANY_OF_KIND in identifiers:
        # Reports of this kind speak of whatever they ever named.
        identifiers |= set(
            Coverage.objects.filter(source=row.source, batch__kind=row.kind)
            .values_list("identifier", flat=True)
            .distinct()
        )
    _add(row, covered, identifiers - {ANY_OF_KIND}, networks)


def _cover_whole(row: Batch, covered: Covered) -> None:
    """A list covers whatever it ever named; many lists of one day leave one row an identifier."""
    before = Coverage.objects.filter(source=row.source, stream=covered.stream[:160])
    newest = before.order_by("-id").values_list("day", "networks").first()
    identifiers = set(covered.identifiers) - {ANY_OF_KIND}
    networks = set(covered.networks)
    if newest is not None:
        latest, named = newest
        networks |= set(named)
        identifiers |= set(before.filter(day=latest).values_list("identifier", flat=True))
    day = before.filter(day=covered.day)
    told = sorted(networks)
    day.exclude(networks=told).update(networks=told)
    _add(row, covered, identifiers - set(day.values_list("identifier", flat=True)), networks)


def _add(row: Batch, covered: Covered, identifiers: set[str], networks: set[int]) -> None:
    Coverage.objects.bulk_create(
        [
            Coverage(
                source=row.source,
                identifier=identifier,
                day=covered.day,
                stream=covered.stream[:160],
                scope=covered.scope,
                networks=sorted(networks),
                batch=row,
            )
            for identifier in sorted(identifiers)
        ],
        ignore_conflicts=True,
    )
