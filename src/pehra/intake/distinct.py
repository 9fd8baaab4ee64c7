"""Text columns in which the same few texts come again and again: read once for each text.

Most columns of a report name a country, a port or a device from a short list. What is done to such
a column is done to its texts, and the rows then pick theirs by number. A sample decides; a column
whose sample misleads is still read right, only slower.
"""

from __future__ import annotations

import msgspec
import polars as pl

_SAMPLE = 512
_FEW = _SAMPLE // 4
_SHORT = 8 * _SAMPLE
"""A column of fewer rows is read as it stands."""


class Distinct(msgspec.Struct, frozen=True):
    """The different texts of a column.

    Attributes:
        texts: one column under its name, each text once.
        codes: UInt32, the place in `texts` of each row's text.
    """

    texts: pl.DataFrame
    codes: pl.Series

    def spread(self, found: pl.Series) -> pl.Series:
        """What was found for each text, row by row."""
        return spread(found, self.codes)


def spread(found: pl.Series, codes: pl.Series) -> pl.Series:
    """The value that each code names."""
    if len(found) == 1:
        return found.new_from_index(0, len(codes))
    return found.gather(codes)


class Texts:
    """String columns of equal length, without nulls, and those of them with few different texts."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        self._known: dict[str, Distinct | None] = {}

    def distinct(self, column: str) -> Distinct | None:
        """The different texts of a column; None where they are many."""
        if column not in self._known:
            self._known[column] = _distinct(self.frame.get_column(column))
        return self._known[column]

    def add(self, column: pl.Series) -> None:
        """Take one more column in."""
        self.frame = self.frame.with_columns(column)


def _distinct(column: pl.Series) -> Distinct | None:
    if len(column) < _SHORT or column.null_count():
        return None
    found = column.gather_every(len(column) // _SAMPLE).n_unique()
    if found > _FEW:
        return None
    if found == 1 and (column == column[0]).all():
        codes = pl.repeat(0, len(column), dtype=pl.UInt32, eager=True)
        return Distinct(column.head(1).to_frame(), codes)
    categories = pl.Categories.random()
    coded = column.cast(pl.Categorical(categories))
    # The categories are gone with the last column of them, so they are asked for before.
    texts = categories.to_series().alias(column.name).to_frame()
    return Distinct(texts, coded.to_physical())
