"""What the silence of a batch means: for which day, networks and identifiers it spoke."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from pehra.intake import actions as intake
from pehra.intake.health import READABLE
from pehra.intake.source import Covers
from pehra.observations.store import mapped

if TYPE_CHECKING:
    from pehra.intake.actions import Received
    from pehra.intake.source import Reading, Source


class Reach:
    """Of which networks and identifiers the rows of a batch spoke, and when."""

    def __init__(self) -> None:
        self.identifiers: set[str] = set()
        self.networks: set[int] = set()
        self.newest: datetime | None = None

    def take(self, told: pl.DataFrame) -> None:
        """Note what the observations of a part say."""
        self.identifiers |= set(told["identifier"].drop_nulls().unique())
        six = pl.col("ip").is_not_null() & ~mapped(pl.col("ip"))
        named = told.select(pl.col("asn").fill_null(0) * 2 + six.cast(pl.Int64))
        self.networks |= set(named.to_series().unique())
        newest = told["observed_at"].max()
        if isinstance(newest, datetime) and (self.newest is None or newest > self.newest):
            self.newest = newest


def covered(
    source: Source, reading: Reading, reach: Reach, batch: Received, counts: tuple[int, int]
) -> intake.Covered | None:
    """What the batch's silence means; nothing where the source or the reading is not fit for it.

    A list is the whole of what its source names, where it is believed; a report of which too little
    could be read covers nothing, since what is absent may be among the rejects.

    Args:
        source: of the batch.
        reading: of its file.
        reach: of its rows.
        batch: as it was judged.
        counts: its rows, and how many of them could not be read.
    """
    rows, rejected = counts
    day = reading.day or (reach.newest.date() if reach.newest else None)
    told = batch.trusted if source.snapshot else rows and rejected <= rows * (1 - READABLE)
    if source.covers == Covers.NOTHING or day is None or not told:
        return None
    identifiers = tuple(sorted({*reading.identifiers, *reach.identifiers}))
    scope = "networks" if source.covers == Covers.ROWS else "constituency"
    return intake.Covered(
        identifiers,
        day,
        scope,
        tuple(sorted(reach.networks)),
        stream_of(reading),
        whole=source.snapshot,
    )


def stream_of(reading: Reading) -> str:
    """Which of the source's reports or lists this is."""
    return reading.stream or reading.kind
