"""Parquet files of a lake: in order, without what says nothing, whole or not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pehra.engines.durable import flush

if TYPE_CHECKING:
    from pathlib import Path

UNFINISHED = ".unfinished"
_ROW_GROUP = 16_384
"""Small, since a day of many files is asked for one address before they are joined."""


def write(frame: pl.DataFrame, path: Path) -> None:
    """Write a Parquet file that is whole or not there, and survives a power cut.

    LZ4 takes half the time of Zstandard and a third more room; files that are joined get the
    latter.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(UNFINISHED)
    frame.write_parquet(unfinished, compression="lz4", row_group_size=_ROW_GROUP)
    flush(unfinished)
    unfinished.rename(path)
    flush(path.parent)


def lean(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """The frame without the columns that say nothing: to readers of a table they are null."""
    return frame.select(
        column for column in frame if column.name == key or column.null_count() < frame.height
    )


def by_key(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """Rows by `key`, nulls last; columns that are the same in every row are not moved."""
    order = frame.get_column(key).arg_sort(nulls_last=True)
    moved = [column.name for column in frame if not _is_even(column)]
    return frame.with_columns(pl.col(moved).gather(order))


def _is_even(column: pl.Series) -> bool:
    """Whether all values are known to be the same."""
    if column.null_count():
        return column.null_count() == len(column)
    if column.dtype.is_nested() or not len(column) or column[0] != column[-1]:
        return False
    return bool((column == column.head(1)).all())
