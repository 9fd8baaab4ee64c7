"""Findings counted by day (`findings.actions.counting`), as far as the viewer may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec
from django.db.models import Count, Q, Sum

from pehra.findings.models import CountedDay, DayCount
from pehra.mandate.tenancy import seen_by

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from django.db.models import QuerySet

    from pehra.mandate.viewers import Viewer


class Counts(msgspec.Struct, frozen=True):
    """How many findings; fields as in `findings.models.DayCount`."""

    critical: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0
    overdue: int = 0
    due_soon: int = 0
    untaken: int = 0
    disputed: int = 0
    opened: int = 0
    gone: int = 0

    @property
    def standing(self) -> int:
        """All that need somebody."""
        return self.critical + self.high + self.medium + self.low


class Present(msgspec.Struct, frozen=True):
    """The newest counts.

    Attributes:
        at: when they were counted.
        unheld: among `counts`, those whose holder is not known.
    """

    day: date
    at: datetime
    counts: Counts
    unheld: Counts


class InTerritory(msgspec.Struct, frozen=True):
    """What stands in a territory; `holders` organisations have at least one finding."""

    code: str
    standing: int
    holders: int


_SUMS = {name: Sum(name, default=0) for name in Counts.__struct_fields__}
_STANDING = ("critical", "high", "medium", "low")


def _rows(viewer: Viewer, organisation: int | None) -> QuerySet[DayCount]:
    with seen_by(viewer):
        rows = DayCount.objects.order_by()
    return rows if organisation is None else rows.filter(organisation=organisation)


def present(*, viewer: Viewer, organisation: int | None = None) -> Present | None:
    """The newest counts, of one holder or of all; None where nothing was counted yet."""
    last = CountedDay.objects.order_by("-day").first()
    if last is None:
        return None
    rows = _rows(viewer, organisation).filter(day=last.day)
    everything = Counts(**rows.aggregate(**_SUMS))
    unheld = Counts(**rows.filter(organisation__isnull=True).aggregate(**_SUMS))
    return Present(last.day, last.at, everything, unheld)


def by_day(
    first: date, last: date, *, viewer: Viewer, organisation: int | None = None
) -> dict[date, Counts]:
    """Counts of the days from `first` to `last`; a day that was not counted is absent."""
    days = CountedDay.objects.filter(day__gte=first, day__lte=last).values_list("day", flat=True)
    rows = _rows(viewer, organisation).filter(day__gte=first, day__lte=last)
    summed: Iterable[dict[str, Any]] = cast("Any", rows.values("day").annotate(**_SUMS))
    found = {row.pop("day"): Counts(**row) for row in summed}
    return {day: found.get(day, Counts()) for day in days}


def by_territory(*, viewer: Viewer) -> list[InTerritory]:
    """What stands now in each territory that has anything, by its code."""
    last = CountedDay.objects.order_by("-day").values_list("day", flat=True).first()
    if last is None:
        return []
    rows = _rows(viewer, None).filter(day=last, organisation__territory__isnull=False)
    some = Q()
    for name in _STANDING:
        some |= Q(**{f"{name}__gt": 0})
    grouped = rows.filter(some).order_by("organisation__territory__code")
    summed: Iterable[dict[str, Any]] = cast(
        "Any",
        grouped.values("organisation__territory__code").annotate(
            holders=Count("organisation", distinct=True),
            **{name: Sum(name) for name in _STANDING},
        ),
    )
    return [
        InTerritory(
            row["organisation__territory__code"],
            sum(row[name] for name in _STANDING),
            row["holders"],
        )
        for row in summed
    ]
