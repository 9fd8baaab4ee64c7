"""Periods as they were last counted, for those who see everything; of one organisation, at once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import islice
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

    from django.db.models import QuerySet

    from pehra.mandate.viewers import Viewer

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
"""Nothing was learnt of before."""


class Counted(msgspec.Struct, frozen=True):
    """A period, when it was counted, and whether the rows behind its numbers were kept."""

    at: datetime
    period: Period
    rows: bool


class _Teams(msgspec.Struct, frozen=True):
    """Of a kept period, the teams alone."""

    teams: dict[int, msgspec.Raw] = {}


def scope(every: Every, first: date) -> str:
    """Under which a period is kept."""
    return f"{every.value} {first.isoformat()}"


def counted(every: Every, first: date, *, viewer: Viewer) -> Counted | None:
    """A period; None where it was not counted, or is not for this reader."""
    return _kept(every, first) if viewer.sees_all else None


def of_team(first: date, team: int, *, viewer: Viewer) -> Counted | None:
    """A month of what one team leads on, for the team and the nation; None where there is none."""
    if not viewer.sees_all and team not in viewer.teams:
        return None
    found = _kept(Every.MONTHLY, first)
    own = found.period.teams.get(team) if found else None
    if found is None or own is None:
        return None
    period = Period(found.period.first, found.period.last, own, sectors={}, holders=())
    return msgspec.structs.replace(found, period=period)


def months_of_team(team: int, *, viewer: Viewer, size: int = 12) -> list[date]:
    """First days of the months that a team's report can be read of, the newest first.

    Those in which it led on something, and of which the rows behind the numbers were kept.
    """
    if not viewer.sees_all and team not in viewer.teams:
        return []
    rows = _of_kind(Every.MONTHLY).filter(behind__isnull=False).values_list("scope", "body")
    own = (
        _first_day(key)
        for key, body in rows.iterator()
        if team in msgspec.json.decode(body, type=_Teams).teams
    )
    return list(islice(own, size))


def kept(every: Every, *, viewer: Viewer) -> list[date]:
    """First days of the periods that were counted, the newest first."""
    if not viewer.sees_all:
        return []
    return [_first_day(key) for key in _of_kind(every).values_list("scope", flat=True)]


def _kept(every: Every, first: date) -> Counted | None:
    found = Measure.objects.filter(scope=scope(every, first))
    row = found.values_list("at", "body", "behind__measure").first()
    if row is None:
        return None
    at, body, rows = row
    return Counted(at, msgspec.json.decode(body, type=Period), rows is not None)


def _of_kind(every: Every) -> QuerySet[Measure]:
    return Measure.objects.filter(scope__startswith=f"{every.value} ").order_by("-scope")


def _first_day(key: str) -> date:
    return date.fromisoformat(key.split(" ")[1])


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
