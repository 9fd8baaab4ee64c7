"""The lake's only reader: every question carries its viewer, and the holder's rule goes first."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import polars as pl

from pehra.engines.lake.delta import Lake
from pehra.kernel.addresses import sort_key
from pehra.observations.schema import OBSERVATION

if TYPE_CHECKING:
    from pehra.kernel.settings import Home
    from pehra.mandate.viewers import Viewer


def lake(home: Home) -> Lake:
    """The table of observations in a home."""
    return Lake(home.lake, OBSERVATION, day="received_day", key="ip_key")


def _visible(rows: pl.LazyFrame, viewer: Viewer) -> pl.LazyFrame:
    """The holder's rule: rows of one's own organisations, and those that one's teams lead on."""
    if viewer.sees_all:
        return rows
    rules = [
        pl.col("organisation").is_in(sorted(viewer.organisations)),
        pl.col("team").is_in(sorted(viewer.teams)),
    ]
    return rows.filter(reduce(or_, rules).fill_null(value=False))


def of_finding(  # noqa: PLR0913 where, which, whose, and which page
    home: Home,
    key: int,
    ip_range: tuple[bytes, bytes] | None,
    *,
    viewer: Viewer,
    limit: int = 50,
    offset: int = 0,
) -> pl.DataFrame:
    """Observations that belong to a finding, newest first.

    Args:
        home: whose lake.
        key: `finding.key`.
        ip_range: first and last address, packed, where the asset is one; it prunes files.
        viewer: who reads.
        limit: at most so many rows.
        offset: after so many.
    """
    rows = _visible(lake(home).scan(), viewer)
    if ip_range is not None:
        first, last = (sort_key(packed) for packed in ip_range)
        rows = rows.filter(pl.col("ip_key").is_between(first, last))
    rows = rows.filter(pl.col("finding_key") == key)
    newest = rows.sort("observed_at", "id", descending=True)
    return newest.slice(offset, limit).collect()
