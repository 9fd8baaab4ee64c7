"""Periods as they were last counted, for those who see everything; of one organisation, at once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.findings.queries.courses import courses
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices.models import Measure
from pehra.notices.outcomes import Figures, Period, figures, known_by
from pehra.notices.spans import Every
from pehra.registry.queries.contacts import reachable_contacts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pehra.mandate.viewers import Viewer

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
"""Nothing was learnt of before."""


class Counted(msgspec.Struct, frozen=True):
    """A period, and when it was counted."""

    at: datetime
    period: Period


def scope(every: Every, first: date) -> str:
    """Under which a period is kept."""
    return f"{every.value} {first.isoformat()}"


def counted(every: Every, first: date, *, viewer: Viewer) -> Counted | None:
    """A period; None where it was not counted, or is not for this reader."""
    row = Measure.objects.filter(scope=scope(every, first)).first() if viewer.sees_all else None
    return None if row is None else Counted(row.at, msgspec.json.decode(row.body, type=Period))


def of_team(first: date, team: int, *, viewer: Viewer) -> Counted | None:
    """A month of what one team leads on, for the team and the nation; None where there is none."""
    if not viewer.sees_all and team not in viewer.teams:
        return None
    row = Measure.objects.filter(scope=scope(Every.MONTHLY, first)).first()
    if row is None:
        return None
    found = msgspec.json.decode(row.body, type=Period)
    own = found.teams.get(team)
    if own is None:
        return None
    return Counted(row.at, Period(found.first, found.last, own, sectors={}, holders=()))


def months_of_team(*, viewer: Viewer, size: int = 12) -> list[date]:
    """First days of the months that were counted, the newest first, for whoever is of a team."""
    if not viewer.sees_all and not viewer.teams:
        return []
    return _days(Every.MONTHLY)[:size]


def kept(every: Every, *, viewer: Viewer) -> list[date]:
    """First days of the periods that were counted, the newest first."""
    if not viewer.sees_all:
        return []
    return _days(every)


def _days(every: Every) -> list[date]:
    rows = Measure.objects.filter(scope__startswith=f"{every.value} ").order_by("-scope")
    return [date.fromisoformat(one.split(" ")[1]) for one in rows.values_list("scope", flat=True)]


def reached(organisations: Iterable[int], *, now: datetime) -> frozenset[int]:
    """Those of some organisations that have a confirmed and healthy contact."""
    frame = reachable_contacts(organisations, viewer=SYSTEM_VIEWER, now=now)
    good = frame.filter(pl.col("verified") & pl.col("healthy") & (pl.col("address") != ""))
    return frozenset(good["organisation"].drop_nulls().to_list())


def of_organisation(
    organisation: int, span: tuple[datetime, datetime], *, viewer: Viewer, now: datetime
) -> Figures:
    """Numbers of one organisation, as far as the viewer may see it."""
    rows = courses(viewer=viewer, opened=(BEGINNING, span[1]), organisation=organisation)
    return figures(known_by(rows, span[1]), *span, reached([organisation], now=now))
