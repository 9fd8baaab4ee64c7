"""New findings as rows: words for the asset, a clock, a lead team."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import polars as pl
import polars_iptools as ipt
from django.db import connection

from pehra.engines.tables import bulk
from pehra.findings.keys import ADDRESS, HOST
from pehra.findings.rules import State
from pehra.kernel.labels import Severity
from pehra.kernel.time import micros
from pehra.mandate import queries as mandate
from pehra.mandate.rules import hours

if TYPE_CHECKING:
    from datetime import datetime

NEW_SEEN = (
    "id",
    "first_seen",
    "last_seen",
    "count",
    "severity",
    "holder",
)
"""Columns of `findings_findingseen`, in the order of the rows that are added."""

_COLD = {
    "id": pl.col("id"),
    "key": pl.col("key"),
    "lake_key": pl.col("lake_key"),
    "asset_kind": pl.col("asset_kind"),
    "asset": pl.col("asset"),
    "port": pl.col("port"),
    "identifier": pl.col("identifier"),
    "rsit_class": pl.col("rsit_class").fill_null("other"),
    "rsit_type": pl.col("rsit_type").fill_null("undetermined"),
    "what": pl.col("what"),
    # SQLite's driver is slow over True and False.
    "exposed": pl.col("exposed").cast(pl.Int8),
    "asn": pl.col("asn"),
    "country": pl.col("country"),
    "organisation_id": pl.col("organisation"),
    "team_id": pl.col("team"),
    "claim": pl.col("claim"),
    "severity": pl.col("severity"),
    "due_at": pl.col("due_at"),
}
"""Columns of `findings_finding` that a new row sets."""


_LAST_RELAPSE = (
    "SELECT finding_id, max(at) FROM findings_step WHERE state = %s AND finding_id IN ({0})"
    " GROUP BY finding_id"
)


_MANY = 1_000
"""From so many holders on, the sectors of all are asked for: one statement names no more."""


class Opening(msgspec.Struct, frozen=True):
    """How new findings get their clock and their team.

    Attributes:
        opened_at: microseconds since 1970, when their batch came.
        hours: (severity, organisation or None) -> hours to fix, None where no clock binds.
        national: id of the team that leads where nobody nearer does.
        like: organisation -> another that has the same clocks and stands in `hours` for both.
    """

    opened_at: int
    hours: dict[tuple[int, int | None], int | None]
    national: int | None
    like: dict[int, int] = {}

    def due_at(self, severity: int, organisation: int | None, since: int) -> int | None:
        """When the clock that began at `since` (microseconds) runs out."""
        holder = None if organisation is None else self.like.get(organisation, organisation)
        hours = self.hours.get((severity, holder))
        return None if hours is None else since + hours * 3_600_000_000


def opening_for(holders: list[int | None], opened_at: datetime, national: int | None) -> Opening:
    """Deadlines for every severity and each of `holders`, by the clocks in force on that day."""
    known = {holder for holder in holders if holder is not None}
    sectors = mandate.sectors_of(known if len(known) < _MANY else None)
    clocks = mandate.clocks()
    named = {clock.organisation for clock in clocks}
    like: dict[int, int] = {}
    first: dict[int | None, int] = {}
    for one in known - named:
        if (stands := first.setdefault(sectors.get(one), one)) != one:
            like[one] = stands
    found: dict[tuple[int, int | None], int | None] = {}
    for holder in {None if holder is None else like.get(holder, holder) for holder in holders}:
        for severity in Severity:
            clock = hours(
                clocks,
                kind="fix",
                severity=severity,
                sector=None if holder is None else sectors.get(holder),
                organisation=holder,
                on=opened_at.date(),
            )
            found[int(severity), holder] = clock.hours if clock else None
    return Opening(micros(opened_at), found, national, like)


def clocks_began(findings: list[int]) -> dict[int, int]:
    """When the clock of each finding that came back began anew (microseconds).

    The clock of a finding that is not named here runs from its opening.
    """
    marks = ", ".join(["%s"] * len(findings))
    with connection.cursor() as cursor:
        cursor.execute(_LAST_RELAPSE.format(marks), [int(State.RELAPSED), *findings])
        return dict(cursor.fetchall())


def asset_words() -> pl.Expr:
    """The asset as people write it: an address, a name, or `pool N`."""
    kind = pl.col("asset_kind")
    return (
        pl.when(kind == ADDRESS)
        .then(ipt.to_string(pl.col("ip")))
        .when(kind == HOST)
        .then(pl.col("name").str.slice(0, 255))
        .otherwise(pl.format("pool {}", "pool"))
    )


def with_hours(frame: pl.DataFrame, opening: Opening) -> pl.DataFrame:
    """Add `hours` that each sighting's holder has to fix it; the order is kept."""
    hours = pl.DataFrame(
        {
            "severity": [severity for severity, _ in opening.hours],
            "like": [organisation for _, organisation in opening.hours],
            "hours": list(opening.hours.values()),
        },
        schema={"severity": pl.Int8, "like": pl.Int64, "hours": pl.Int64},
    )
    return (
        frame.with_columns(like=_like(frame["organisation"], opening.like))
        .join(hours, on=["severity", "like"], how="left", nulls_equal=True, maintain_order="left")
        .drop("like")
    )


def _like(holders: pl.Series, like: dict[int, int]) -> pl.Series:
    """Who stands in the clocks for each; a chunk names few of the many holders that a file has."""
    named = [None if one is None else like.get(one, one) for one in holders.to_list()]
    return pl.Series("like", named, dtype=pl.Int64)


class Added(NamedTuple):
    """Rows to add, the columns of their values, and what all of them have alike."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    fixed: dict[str, Any]


def open_rows(numbered: pl.DataFrame, opening: Opening) -> Added:
    """Rows of `findings_finding` for numbered sightings.

    Args:
        numbered: sightings with `id` and with the `hours` of `with_hours`; `lake_key` where it is
            not the key, `previous` where there is one.
        opening: see there.
    """
    timed = numbered.with_columns(
        asset=asset_words(),
        team=pl.col("team").fill_null(pl.lit(opening.national, pl.Int64)),
        due_at=pl.lit(opening.opened_at) + pl.col("hours") * 3_600_000_000,
        lake_key=pl.col("lake_key") if "lake_key" in numbered.columns else pl.col("key"),
    )
    values = dict(_COLD)
    if "previous" in numbered.columns:
        values["previous"] = pl.col("previous")
    cold = timed.select(value.alias(name) for name, value in values.items())
    fixed = {
        "state": int(State.OPEN),
        "opened_at": opening.opened_at,
        "covered_clean": 0,
        "relapses": 0,
    }
    return _told_once(cold, fixed)


def _told_once(rows: pl.DataFrame, fixed: dict[str, Any]) -> Added:
    """What all rows have alike is no value of each: most columns of most reports."""
    alike = {
        column.name: column[0]
        for column in rows.get_columns()
        if column.name != "id" and column.n_unique() == 1
    }
    left = rows.drop(alike)
    return Added(tuple(left.columns), tuples(left), fixed | alike)


def seen_rows(numbered: pl.DataFrame, bit: int) -> Added:
    """Rows of `findings_findingseen` for numbered sightings."""
    seen = numbered.select(*NEW_SEEN[:-1], holder="organisation")
    return _told_once(seen, {"sources": bit, "settled": 0})


def added(numbered: pl.DataFrame, bit: int, opening: Opening) -> tuple[Added, Added]:
    """Numbered sightings as rows of `findings_finding` and of `findings_findingseen`."""
    return open_rows(numbered, opening), seen_rows(numbered, bit)


def insert(cursor: Any, findings: Added, seen: Added) -> None:  # noqa: ANN401 a cursor of either driver
    """Add findings, with what is seen of them."""
    bulk.insert(cursor, "findings_finding", *findings)
    bulk.insert(cursor, "findings_findingseen", *seen)


def tuples(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    """Rows as the database's driver wants them; by columns, in half the time of `frame.rows()`."""
    return list(zip(*(column.to_list() for column in frame.get_columns()), strict=True))
