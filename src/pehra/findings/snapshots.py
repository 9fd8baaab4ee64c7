"""A list on its way in: compared with what stood before it, before any of it is stored.

It is read twice. The first time says what it is: it is judged (`intake.health`), and what it is
compared with is fixed, in one transaction. The second time its parts are stored, each without the
rows that say what was known. What a believed list no longer names follows, as parts of its own. All
of this is a function of the kept files, so a retry after a crash comes to the same parts.

One list of a source is worked on at a time, in the order in which they were judged.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.engines.lake.lock import only_one
from pehra.findings.kept import delivery
from pehra.findings.reach import stream_of
from pehra.intake import actions as intake
from pehra.intake.canaries import canaries, named
from pehra.intake.snapshots import DIGESTS, difference, digests, ended, succeeded, with_tag
from pehra.intake.source import Part
from pehra.kernel.errors import UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from pehra.intake.actions import Received
    from pehra.intake.canaries import Canaries
    from pehra.intake.snapshots import Difference
    from pehra.intake.source import Delivery, Reading, Source
    from pehra.kernel.actors import Actor
    from pehra.kernel.settings import Home

CANARY = "canary"
"""The tag of a row that names what no list rightly names; it makes no finding."""


class Piece(msgspec.Struct, frozen=True):
    """A part of a file as it is stored.

    Attributes:
        part: its table holds what is stored.
        again: rows that are listed at the list's moment and are not stored for it: they say what
            was known, or have a moment of their own. They count nowhere.
        unchanged: rows that say what was known.
        repeated: rows that say what a row before them says.
        ending: the rows are no rows of the file: they end what it no longer names.
    """

    part: Part
    again: pl.DataFrame | None = None
    unchanged: int = 0
    repeated: int = 0
    ending: bool = False


def plain(parts: Iterator[Part]) -> Iterator[Piece]:
    """Parts of what is no list: stored as they are."""
    return (Piece(part) for part in parts)


def turn(home: Home, source: Source) -> AbstractContextManager[None]:
    """Wait until nobody else works on a list of the source; others need not wait."""
    return only_one(home.locks / f"lists-{source.slug}") if source.snapshot else nullcontext()


def left_over(source: Source, name: str) -> list[str]:
    """Lists whose worker was killed; to be brought to their end before another is judged."""
    return [one for one in intake.under_way(source.slug) if one != name] if source.snapshot else []


class By(msgspec.Struct, frozen=True):
    """Whose act it is to believe a list or not, when, and for which nation."""

    actor: Actor
    now: datetime
    countries: frozenset[str]


class _Look(msgspec.Struct, frozen=True):
    """What a list is, read once through.

    Attributes:
        told: `digests` of its rows.
        rows, rejected: records, and how many could not be read.
        canaries: that it names.
    """

    told: pl.DataFrame
    rows: int
    rejected: int
    canaries: frozenset[str]


class Compared(msgspec.Struct, frozen=True):
    """A list and what stood before it.

    Attributes:
        batch: as it was judged.
        as_of: moment of the list.
        found: what it says against what stood.
        timed: its rows have moments of their own.
        canaries: that none of its rows may name.
        before: what stood, as digests, and in which of the files `standing`.
        rows: records of its file.
    """

    batch: Received
    as_of: datetime
    found: Difference
    home: Home
    source: Source
    timed: bool
    canaries: Canaries
    before: pl.DataFrame
    standing: list[Received]
    rows: int

    def pieces(self, parts: Iterator[Part]) -> Iterator[Piece]:
        """The parts as they are stored, then what ends."""
        new, same = self.found.new.implode(), self.found.same.implode()
        for part in parts:
            table = _marked(part.table, self.canaries)
            stored = table.filter(pl.col("row").is_in(new))
            known = table.filter(pl.col("row").is_in(same))
            yield Piece(
                msgspec.structs.replace(part, table=stored),
                again=self._listed(table if self.timed else known),
                unchanged=known.height,
                repeated=table.height - stored.height - known.height,
            )
        if self.batch.trusted:
            yield from self._ended()

    def _listed(self, rows: pl.DataFrame) -> pl.DataFrame:
        moment = pl.lit(self.as_of).cast(pl.Datetime("us", "UTC"))
        return rows.with_columns(observed_at=moment, count=pl.lit(0, pl.Int64))

    def _ended(self) -> Iterator[Piece]:
        gone = self.before.filter(pl.col("of").is_in(self.found.gone.implode()))
        number = self.rows + 1
        for place, old in enumerate(self.standing):
            rows = gone.filter(pl.col("file") == place).unique("of", keep="first")["row"]
            if not len(rows):
                continue
            with delivery(self.home, old) as given:
                for part in self.source.read(given).parts:
                    table = part.table.filter(pl.col("row").is_in(rows.implode()))
                    if table.height:
                        told = ended(table, number, self.as_of)
                        yield Piece(Part(told, [], told.height), ending=True)
                        number += table.height


def compare(home: Home, source: Source, batch: Received, given: Delivery, by: By) -> Compared:
    """Judge a list, once, and find what it says against what stood before it.

    Whoever calls holds the source's `turn`.

    Raises:
        UnreadableFile: it is none.
    """
    reading = source.read(given)
    stream, as_of = stream_of(reading), _as_of(reading, given.received_at)
    known = canaries(by.countries).without(intake.accepted_canaries(source.slug, stream))
    look = _looked(reading, known)
    listed = look.told["says"].n_unique()
    found = intake.Found(stream, as_of, listed, look.rejected, sorted(look.canaries))
    against = intake.newest(source.slug, stream)
    judged = intake.judge(batch.id, found, against=against, actor=by.actor, now=by.now)
    standing = intake.standing(judged.against or "")
    before = _stood(home, source, standing)
    return Compared(
        batch=judged,
        as_of=judged.as_of or as_of,
        found=difference(look.told, before),
        home=home,
        source=source,
        timed=reading.at is None,
        canaries=known,
        before=before,
        standing=standing,
        rows=look.rows,
    )


def _as_of(reading: Reading, came: datetime) -> datetime:
    """The moment of a list: its own, else the end of its day as far as that has come."""
    if reading.at is not None:
        return reading.at
    if reading.day is None:
        return came
    return min(came, datetime.combine(reading.day, time.max, UTC))


def _looked(reading: Reading, known: Canaries) -> _Look:
    tables = [pl.DataFrame(schema=DIGESTS)]
    rows = rejected = 0
    names: set[str] = set()
    for part in reading.parts:
        tables.append(digests(part.table, [reading.at] if reading.at else []))
        names |= set(named(part.table, known).drop_nulls())
        rows += part.rows
        rejected += len(part.rejects)
    return _Look(pl.concat(tables), rows, rejected, frozenset(names))


def _stood(home: Home, source: Source, standing: list[Received]) -> pl.DataFrame:
    """What stood before: `digests`, and of which of the files (`file`) each is."""
    none = pl.DataFrame(schema={**DIGESTS, "file": pl.Int32})
    stood = none
    for place in reversed(range(len(standing))):
        told = _digests_of(home, source, standing[place])
        after = told.with_columns(file=pl.lit(place, pl.Int32))
        stood = succeeded(stood, after)
    return stood


def _digests_of(home: Home, source: Source, batch: Received) -> pl.DataFrame:
    """Digests of a kept list; none where its reader has become stricter and refuses it."""
    none = pl.DataFrame(schema=DIGESTS)
    try:
        with delivery(home, batch) as given:
            return _looked(source.read(given), canaries(frozenset()).without(())).told
    except UnreadableFile:
        return none


def _marked(table: pl.DataFrame, known: Canaries) -> pl.DataFrame:
    """Rows that name a canary say so, and no more than that."""
    told = named(table, known)
    if told.null_count() == len(told):
        return table
    columns = table.columns
    severity = pl.col("severity") if "severity" in columns else pl.lit(None, pl.String)
    tagged = table if "tags" in columns else table.with_columns(tags=pl.lit([], pl.List(pl.String)))
    is_named = pl.Series(told.is_not_null())
    return tagged.with_columns(
        severity=pl.when(is_named).then(pl.lit("info")).otherwise(severity),
        tags=pl.when(is_named).then(with_tag(CANARY)).otherwise(pl.col("tags")),
    )


@contextmanager
def noted(batch: Received, by: By) -> Iterator[None]:
    """Raise an alarm where a list cannot be read at all; the error goes on."""
    try:
        yield
    except UnreadableFile:
        intake.refuse(batch.id, actor=by.actor, now=by.now)
        raise
