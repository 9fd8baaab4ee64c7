"""The rows behind a number of a report, for those who may read the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pehra.findings.queries.courses import courses
from pehra.notices import behind
from pehra.notices.models import Behind
from pehra.notices.outcomes import known_by, told_of
from pehra.notices.queries.periods import BEGINNING, reached, scope
from pehra.notices.spans import Every

if TYPE_CHECKING:
    from datetime import date, datetime

    import polars as pl

    from pehra.mandate.viewers import Viewer


def kept_behind(every: Every, first: date, *, viewer: Viewer) -> pl.DataFrame | None:
    """`behind.marks` of a period; None where it was not counted, or is not for this reader."""
    if not viewer.sees_all:
        return None
    row = Behind.objects.filter(measure=scope(every, first)).first()
    return None if row is None else behind.unpacked(bytes(row.rows))


def behind_team(first: date, team: int, *, viewer: Viewer) -> pl.DataFrame | None:
    """`behind.marks` of a month of what one team leads on, for the team and the nation."""
    if not viewer.sees_all and team not in viewer.teams:
        return None
    row = Behind.objects.filter(measure=scope(Every.MONTHLY, first)).first()
    if row is None:
        return None
    found = behind.unpacked(bytes(row.rows))
    return found.filter(found["team"] == team)


def behind_organisation(
    organisation: int, span: tuple[datetime, datetime], *, viewer: Viewer, now: datetime
) -> pl.DataFrame:
    """`behind.marks` of the report of one organisation, as far as the viewer may see it."""
    rows = courses(viewer=viewer, opened=(BEGINNING, span[1]), organisation=organisation)
    able = reached([organisation], now=now)
    return behind.marks(known_by(rows, span[1]), told_of(*span, able))
