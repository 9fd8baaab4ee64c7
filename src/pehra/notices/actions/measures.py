"""Measure what messages do, once a day for everybody who may read it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import polars as pl
from django.db import transaction

from pehra.findings.queries.courses import courses
from pehra.kernel.time import micros
from pehra.mandate.queries.groups import grouped
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices.effect import Measured, compared, groups, organisations
from pehra.notices.models import Measure
from pehra.notices.queries.drawn import NATIONAL, draws

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

BACK = timedelta(days=180)
"""Findings that we learnt of in so many days are measured."""


class Asked(msgspec.Struct, frozen=True):
    """Which findings are measured: those that we learnt of from one moment on, before another."""

    opened_from: datetime
    opened_to: datetime

    @classmethod
    def of_late(cls, now: datetime) -> Asked:
        """What is measured by itself."""
        return cls(now - BACK, now)


def read(asked: Asked, progress: Callable[[int, int], None]) -> pl.DataFrame:
    """Courses of findings with the sector of their holder: everybody's, for jobs and commands."""
    rows = courses(
        viewer=SYSTEM_VIEWER, opened=(asked.opened_from, asked.opened_to), progress=progress
    )
    sectors = pl.DataFrame(
        [(one.organisation, one.sector) for one in grouped()],
        schema={"organisation": pl.Int64, "sector": pl.String},
        orient="row",
    )
    return rows.join(sectors, on="organisation", how="left", maintain_order="left")


def measure(rows: pl.DataFrame, asked: Asked, now: datetime, *, national: bool) -> Measured:
    """What courses say."""
    at = micros(now)
    return Measured(
        at=now,
        opened_from=asked.opened_from,
        opened_to=asked.opened_to,
        findings=rows.height,
        organisations=organisations(rows),
        groups=groups(rows, at, national=national),
        effect=compared(rows, draws(), at, national=national),
    )


def keep_measures(*, now: datetime, progress: Callable[[int, int], None]) -> int:
    """Measure for the nation and for each team, in place of what was kept; returns how many."""
    asked = Asked.of_late(now)
    rows = read(asked, progress)
    made = {NATIONAL: measure(rows, asked, now, national=True)}
    for team in rows["team"].drop_nulls().unique().sort().to_list():
        own = rows.filter(pl.col("team") == team)
        made[f"team {team}"] = measure(own, asked, now, national=False)
    with transaction.atomic():
        Measure.objects.filter(scope__startswith="team ").exclude(scope__in=made).delete()
        for scope, found in made.items():
            body = msgspec.json.encode(found).decode()
            Measure.objects.update_or_create(scope=scope, defaults={"at": now, "body": body})
    return len(made)
