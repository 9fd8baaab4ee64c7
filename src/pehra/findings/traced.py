"""Events of another system's file: what would become of each here, by the register as it stands.

Nothing is kept or stored. The columns of the file are given along, since what stands in them beside
the event, such as whom that system would tell, is no part of an observation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pehra.findings.keys import with_keys
from pehra.findings.queries import told
from pehra.intake.columns import FUTURE, read_columns
from pehra.intake.eventtable import open_events
from pehra.intake.sources.intelmq import plan_of
from pehra.observations.attribution import RESERVED, attribute
from pehra.observations.schema import REPORTED, complete

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from pehra.findings.ingest import Desk
    from pehra.intake.source import Part
    from pehra.intake.stretches import Stretch

UNREADABLE, SPECIAL, NOBODY, NO_FINDING = "unreadable", "reserved", "unheld", "no-finding"
"""Why no holder can be told of an event: no row, an address that nobody can hold, one that nobody
holds here, nothing to act on (`findings.keys.with_keys`)."""
NOT_TAKEN_IN = "not-taken-in"
"""There is no such finding: the event was never ingested."""

_SHOWN = ("source.fqdn", "source.ip", "source.network", "source.url")
_FEED = ("feed.name", "feed.code", "feed.provider")
EVENT: dict[str, type[pl.DataType]] = {
    "row": pl.Int64,
    "asset": pl.String,
    "identifier": pl.String,
    "feed": pl.String,
    "organisation": pl.Int64,
    "finding_key": pl.Int64,
    "fate": pl.String,
}
"""`fate`: one of the reasons above; empty where there is a key."""


def traced(desk: Desk, path: Path, now: datetime) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Each stretch of an export of IntelMQ: its columns as text with `row`, and its `EVENT`s.

    The latter also have those rows that cannot be cut into columns.

    Raises:
        UnreadableFile: it is no such export.
    """
    plan = plan_of({})
    for stretch in open_events(path, desk.settings.intake.part_bytes).stretches:
        part = read_columns(stretch, plan, now + FUTURE)
        text = stretch.frame.with_columns(stretch.numbers.alias("row"))
        yield text, _events(desk, stretch, part)


def _events(desk: Desk, stretch: Stretch, part: Part) -> pl.DataFrame:
    shown = stretch.frame.select(
        stretch.numbers.alias("row"),
        _first(stretch.frame, _SHOWN).alias("asset"),
        _first(stretch.frame, _FEED).alias("feed"),
    )
    held = attribute(complete(part.table, REPORTED), desk.holdings, desk.networks)
    keyed = with_keys(held, desk.secret, desk.settings.nation.countries)
    good = keyed.select(
        "row",
        "identifier",
        "organisation",
        "finding_key",
        fate=pl.when((pl.col("why") == RESERVED).fill_null(value=False))
        .then(pl.lit(SPECIAL))
        .when(pl.col("finding_key").is_null())
        .then(pl.lit(NO_FINDING))
        .when(pl.col("organisation").is_null())
        .then(pl.lit(NOBODY))
        .otherwise(pl.lit("")),
    )
    bad = pl.DataFrame(
        {"row": [one.row for one in part.rejects], "fate": UNREADABLE},
        schema={"row": pl.Int64, "fate": pl.String},
    )
    whole = pl.concat([good, bad], how="diagonal").join(shown, on="row", how="left")
    return whole.select(pl.col(name).cast(kind) for name, kind in EVENT.items()).sort("row")


def _first(frame: pl.DataFrame, names: tuple[str, ...]) -> pl.Expr:
    filled = [
        pl.when(pl.col(name) != "").then(pl.col(name)) for name in names if name in frame.columns
    ]
    return pl.coalesce(filled) if filled else pl.lit(None, pl.String)


def with_findings(events: pl.DataFrame) -> pl.DataFrame:
    """`EVENT`s with the finding that each is about: finding, holder, state, what, rsit_class.

    `fate` says where there is none although there should be, and where nobody holds it by now.
    """
    keys = events["finding_key"].drop_nulls().unique().to_list()
    whole = events.join(told.of_keys(keys), on="finding_key", how="left", maintain_order="left")
    missing = pl.col("finding_key").is_not_null() & pl.col("finding").is_null()
    return whole.with_columns(
        fate=pl.when(missing & (pl.col("fate") == ""))
        .then(pl.lit(NOT_TAKEN_IN))
        .when((pl.col("fate") == "") & pl.col("holder").is_null())
        .then(pl.lit(NOBODY))
        .otherwise(pl.col("fate"))
    )
