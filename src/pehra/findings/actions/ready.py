"""Chunks of a fold as the statements want them, the next one made while this one is written.

SQLite leaves the interpreter to other threads for as long as a statement or a commit takes. That is
enough to make the next chunk's rows, which asks nothing of the database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl

from pehra.findings.actions.rows import added, tuples, with_hours

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from numpy.typing import NDArray

    from pehra.findings.actions.rows import Added, Opening

NEW = -1
"""Where there is no id yet."""
COUNTED = ("first_seen", "last_seen", "count", "id", "severity", "organisation")
"""The values that a known finding's update takes, in their order."""


class Ready(msgspec.Struct, frozen=True):
    """A chunk that is ready.

    Attributes:
        chunk: of the plan.
        first: id of the first finding that it opens.
        known: the sightings of known findings.
        counted: the values of their update.
        opened: key and id of each new finding, a row each.
        added: the rows of both tables; None where no finding is new.
    """

    chunk: pl.DataFrame
    first: int
    known: pl.DataFrame
    counted: list[tuple[Any, ...]]
    opened: NDArray[np.int64]
    added: tuple[Added, Added] | None


class Maker:
    """Makes chunks ready.

    Attributes:
        bit: of the source.

    Args:
        told: the sightings; a chunk says at which of its rows they stand (`at`).
        bit: of the source.
        opening: how new findings get their clock and their team.
        beside: what makes the next one.
    """

    def __init__(
        self, told: pl.DataFrame, bit: int, opening: Opening, beside: ThreadPoolExecutor
    ) -> None:
        self._told = told
        self.bit = bit
        self._opening = opening
        self._beside = beside
        self._coming: Future[Ready] | None = None

    def begin(self, chunk: pl.DataFrame, first: int) -> None:
        """Begin to make the next chunk ready, unless that has begun."""
        if self._coming is None:
            self._coming = self._beside.submit(self._made, chunk, first)

    def ready(self, chunk: pl.DataFrame, first: int) -> Ready:
        """The chunk as it was made; made now where another, or another first id, was begun."""
        coming, self._coming = self._coming, None
        made = coming.result() if coming else None
        if made and made.chunk is chunk and (made.first == first or not made.added):
            return made
        return self._made(chunk, first)

    def words(self, chunk: pl.DataFrame) -> pl.DataFrame:
        """All that is told of a chunk's findings."""
        rows = self._told[chunk["at"]].drop("former").with_columns(chunk["id"])
        return with_hours(rows, self._opening)

    def _made(self, chunk: pl.DataFrame, first: int) -> Ready:
        known = chunk.filter(pl.col("id") != NEW) if chunk["id"].min() == NEW else chunk
        counted = tuples(known.select(COUNTED))
        if known.height == chunk.height:
            return Ready(chunk, first, known, counted, np.empty((0, 2), dtype=np.int64), None)
        new = self.words(chunk.filter(id=NEW).sort("key"))
        numbered = new.with_columns(id=pl.int_range(first, first + new.height, dtype=pl.Int64))
        opened = numbered.select("key", "id").to_numpy()
        rows = added(numbered, self.bit, self._opening)
        return Ready(chunk, first, known, counted, opened, rows)
