"""Who took part in the lot, and what was measured: for jobs and for the page of effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.kernel.time import micros
from pehra.mandate.tenancy import as_system
from pehra.notices.effect import Measured
from pehra.notices.models import Drawn, Measure

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.mandate.viewers import Viewer

_DRAWS = {"finding": pl.Int64, "held": pl.Boolean, "at": pl.Int64, "until": pl.Int64}
NATIONAL = "national"


def drawn_of(findings: pl.Series) -> pl.Series:
    """Which of some findings took part already."""
    if not findings.len():
        return findings
    first, last = findings.min(), findings.max()
    with as_system():
        rows = Drawn.objects.filter(finding__gte=first, finding__lte=last).order_by()
        return pl.Series("id", list(rows.values_list("finding_id", flat=True)), dtype=pl.Int64)


def held_now(now: datetime) -> set[int]:
    """Findings whose holder waits to be told."""
    with as_system():
        rows = Drawn.objects.filter(held=True, until__gt=micros(now)).order_by()
        return set(rows.values_list("finding_id", flat=True))


def draws() -> pl.DataFrame:
    """All lots: finding, held, at, until (microseconds)."""
    with as_system():
        rows = Drawn.objects.order_by().values_list("finding_id", "held", "at", "until")
        return pl.DataFrame(list(rows), schema=_DRAWS, orient="row")


def scope_of(viewer: Viewer, team: int | None = None) -> str | None:
    """Whose measurement a viewer reads; None: nobody's, for it is of many tenants.

    Args:
        viewer: who asks.
        team: one of several teams of theirs; null: the first.
    """
    if viewer.sees_all:
        return NATIONAL
    if team in viewer.teams:
        return f"team {team}"
    return f"team {min(viewer.teams)}" if viewer.teams else None


def measured(*, viewer: Viewer) -> Measured | None:
    """The newest measurement that a viewer may read; None where there is none."""
    scope = scope_of(viewer)
    row = Measure.objects.filter(scope=scope).first() if scope else None
    return None if row is None else msgspec.json.decode(row.body, type=Measured)
