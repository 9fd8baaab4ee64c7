"""The way of one batch: keep, read, attribute, store, fold in, close. Repeating it converges.

Every step leaves a mark, and each mark commits with what it marks: a part is in the lake under
the batch's application transaction; its counts and rejects are in one transaction with
`batch.parts`; each chunk of findings with `batch.applied_through`. One process works on a batch at
a time; another that brings the same file waits, and then finds it done.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.engines.lake.lock import only_one
from pehra.findings import snapshots
from pehra.findings.actions import take_in as folding
from pehra.findings.actions.rows import opening_for
from pehra.findings.kept import given
from pehra.findings.keyfile import KeyFile
from pehra.findings.keys import sightings, together, with_keys
from pehra.findings.reach import Reach, covered
from pehra.intake import actions as intake
from pehra.intake.discover import source as find_source
from pehra.kernel.errors import PehraError, UnreadableFile
from pehra.mandate import queries as mandate
from pehra.observations.attribution import attribute
from pehra.observations.schema import REPORTED, complete
from pehra.observations.store import open_lake, received
from pehra.registry.actions import current_holdings

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from concurrent.futures import Future
    from datetime import date, datetime

    from pehra.engines.lake.delta import Lake
    from pehra.findings.kept import Coming, Given
    from pehra.findings.snapshots import Piece
    from pehra.intake.actions import Received
    from pehra.intake.source import Delivery, Part, Source
    from pehra.kernel.actors import Actor
    from pehra.kernel.settings import Home, Settings
    from pehra.registry.holdings import Holdings
    from pehra.registry.networks import Networks

PARTS_OF_A_FOLD = 6
"""About a million rows: enough to meet a page's findings together, few enough for memory."""


class Result(msgspec.Struct):
    """What one call did; `rows = accepted + rejected + duplicates + unchanged`.

    Attributes:
        removed: things that a list no longer names.
        verdict: of a list: whether what it leaves out is believed (`Batch.Verdict`).
    """

    batch: str
    source: str
    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicates: int = 0
    unchanged: int = 0
    removed: int = 0
    verdict: str = ""
    attributed: int = 0
    findings: dict[str, int] = msgspec.field(
        default_factory=lambda: {"opened": 0, "updated": 0, "relapsed": 0}
    )
    seconds: float = 0.0
    rows_per_second: float = 0.0
    stored_seconds: float = 0.0
    folded_seconds: float = 0.0
    longest_write_ms: float = 0.0
    error: str | None = None


class Desk(msgspec.Struct):
    """What ingest works with: opened once, used for many files.

    Attributes:
        folds: False stores observations only (for measuring).
    """

    home: Home
    settings: Settings
    lake: Lake
    keys: KeyFile
    holdings: Holdings
    networks: Networks | None
    secret: str
    national: int | None
    folds: bool = True


def open_desk(
    home: Home, settings: Settings, networks: Networks | None, secret: str, on: date
) -> Desk:
    """Open what ingest needs; the register is compiled where it, or the day's routing, changed."""
    return Desk(
        home=home,
        settings=settings,
        lake=open_lake(home.lake),
        keys=KeyFile(home.indexes / "finding-keys"),
        holdings=current_holdings(home, on),
        networks=networks,
        secret=secret,
        national=mandate.national_team(on),
    )


def keep(source: Source, came: Coming) -> str:
    """Keep a file that came, as received, and give it a batch; returns the batch's id."""
    told = came.given.delivery
    return intake.receive(
        came.file.keep(),
        source.slug,
        told.file_name,
        options=told.options,
        part_bytes=told.part_bytes,
        now=told.received_at,
    )


def work(desk: Desk, name: str, by: Bringer, came: Coming | None = None) -> Result:
    """Bring a batch to its end, from wherever it stands; `came` is its file where it just came."""
    began = time.perf_counter()
    source = find_source(intake.source_of(name))
    with snapshots.turn(desk.home, source):
        for other in snapshots.left_over(source, name):
            bring(desk, other, by)
        result = bring(desk, name, by, came)
    result.seconds = time.perf_counter() - began
    result.rows_per_second = result.rows / result.seconds if result.seconds else 0.0
    return result


def bring(desk: Desk, name: str, by: Bringer, came: Coming | None = None) -> Result:
    """The same for the one who holds its source's turn."""
    with only_one(desk.home.batch_lock(name)):
        batch = intake.take_up(name)
        result = Result(batch=name, source=batch.source)
        if batch.done:
            result.rows = result.duplicates = batch.rows
        else:
            with given(desk.home, batch, came) as file:
                _work(desk, batch, file, result, by)
    return result


Bringer = tuple["Actor", "datetime", "Callable[[int, int], None]"]
"""Who brings a batch, when, and whom to tell how far it is."""


def _work(desk: Desk, batch: Received, file: Given, result: Result, by: Bringer) -> None:
    actor, now, _ = by
    source = find_source(batch.source)
    reach, folds = Reach(), _Folds(desk, batch, result, by)
    try:
        batch, pieces = _pieces(desk, source, batch, file.delivery, by)
        reading = file.read(source)
        ahead = _ahead(pieces(reading.parts))
        # Closed here, whatever happens: the collector would do it in any thread, the reader's too.
        with closing(ahead), closing(_stored(desk, batch, ahead, result)) as stored:
            for number, piece, told in stored:
                if not piece.ending:
                    reach.take(told)
                folds.take(number, told)
                # A part's rows are let go of before the memory of a fold is wanted.
                del piece, told
                folds.finish(number)
        folds.finish()
    except UnreadableFile as error:
        folds.finish()
        intake.fail(batch.id, error, actor=actor, now=now)
        result.error = str(error)
        return
    except PehraError as error:
        # The reader refused what it was told. Nothing is stored, so it may be told otherwise.
        if not (batch.parts or result.rows):
            intake.fail(batch.id, error, actor=actor, now=now)
        raise
    result.verdict = batch.verdict
    silence = covered(source, reading, reach, batch, (result.rows, result.rejected))
    intake.finish(batch.id, kind=reading.kind, covered=silence, actor=actor, now=now)


def _pieces(
    desk: Desk, source: Source, batch: Received, given: Delivery, by: Bringer
) -> tuple[Received, Callable[[Iterator[Part]], Iterator[Piece]]]:
    """The batch as it is judged, and what makes of its parts what is stored of them."""
    if not source.snapshot:
        return batch, snapshots.plain
    judge = snapshots.By(by[0], by[1], frozenset(desk.settings.nation.countries))
    with snapshots.noted(batch, judge):
        found = snapshots.compare(desk.home, source, batch, given, judge)
    return found.batch, found.pieces


def _ahead(parts: Iterator[Piece]) -> Generator[Piece, None, None]:
    """The same parts, the next one being read while the present one is worked on."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="read") as reader:
        coming = reader.submit(next, parts, None)
        while (part := coming.result()) is not None:
            coming = reader.submit(next, parts, None)
            yield part


def _stored(
    desk: Desk, batch: Received, pieces: Iterator[Piece], result: Result
) -> Generator[tuple[int, Piece, pl.DataFrame], None, None]:
    """Each part once it is stored, with its number and its observations.

    While one is written the next is attributed; each is marked before the next is begun to be
    written, so at most one lies in the lake that is not marked yet.
    """
    waiting: list[_Part] = []
    fault: UnreadableFile | None = None
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="store") as writer:
        for number in count(1):
            try:
                piece = next(pieces, None)
            except UnreadableFile as error:
                fault, piece = error, None
            coming = None if piece is None else _Part(desk, batch, number, piece)
            if waiting:
                yield waiting.pop().given(result)
            if coming is None:
                break
            coming.store(writer)
            waiting.append(coming)
    if fault is not None:
        raise fault


class _Part:
    """A part on its way into the lake, where it is not there yet."""

    def __init__(self, desk: Desk, batch: Received, number: int, piece: Piece) -> None:
        began = time.perf_counter()
        self.number, self.piece = number, piece
        self._with = desk, batch
        self._stored: Future[bool] | None = None
        self._there = number <= batch.parts
        if self._there:
            self._frame = _stored_rows(desk.lake, batch, piece.part)
        else:
            self._frame = attributed(desk, piece.part.table, batch)
        self._seconds = time.perf_counter() - began

    def store(self, writer: ThreadPoolExecutor) -> None:
        """Begin to write it."""
        desk, batch = self._with
        if not self._there:
            self._stored = writer.submit(
                desk.lake.append, self._frame, name=batch.id, number=self.number
            )

    def given(self, result: Result) -> tuple[int, Piece, pl.DataFrame]:
        """It once stored and marked, with its observations and those of rows listed again."""
        desk, batch = self._with
        part, frame = self.piece.part, self._frame
        _count(self.piece, result)
        began = time.perf_counter()
        if self._stored is None:
            if not self.piece.ending:
                result.duplicates += part.table.height
        else:
            if not self._stored.result():
                # It came there before a crash; what it was attributed to then is what counts.
                frame = _stored_rows(desk.lake, batch, part)
            counts = _counts(self.piece, frame)
            intake.part_stored(batch.id, self.number, counts, part.rejects)
            result.accepted += counts.accepted
            result.attributed += counts.attributed
        result.stored_seconds += self._seconds + time.perf_counter() - began
        if self.piece.again is not None and self.piece.again.height:
            frame = pl.concat([frame, attributed(desk, self.piece.again, batch)])
        return self.number, self.piece, frame


def _count(piece: Piece, result: Result) -> None:
    if piece.ending:
        result.removed += piece.part.rows
        return
    result.rows += piece.part.rows
    result.rejected += len(piece.part.rejects)
    result.unchanged += piece.unchanged
    result.duplicates += piece.repeated


def _counts(piece: Piece, frame: pl.DataFrame) -> intake.PartCounts:
    if piece.ending:
        return intake.PartCounts(removed=frame.height)
    part = piece.part
    return intake.PartCounts(
        rows=part.rows,
        accepted=frame.height,
        rejected=len(part.rejects),
        attributed=held(frame),
        dropped=part.dropped,
        duplicates=piece.repeated,
        unchanged=piece.unchanged,
    )


def held(frame: pl.DataFrame) -> int:
    """How many observations are attributed to somebody."""
    return frame.height - frame["organisation"].null_count()


def _stored_rows(lake: Lake, batch: Received, part: Part) -> pl.DataFrame:
    """The part as it was stored, with the attribution of that time, in the reader's order."""
    if not part.table.height:
        return complete(pl.DataFrame(), lake.schema)
    first, last = part.table["row"].min(), part.table["row"].max()
    rows = batch_rows(lake, batch).filter(pl.col("row").is_between(first, last))
    return rows.collect().sort("row")


def attributed(desk: Desk, table: pl.DataFrame, batch: Received) -> pl.DataFrame:
    """Rows of a reader as whole observations: owner, reason, finding and origin filled in."""
    told = complete(table, REPORTED)
    held = attribute(told, desk.holdings, desk.networks).with_columns(
        pl.col("team").fill_null(pl.lit(desk.national, pl.Int64))
    )
    keyed = with_keys(held, desk.secret, desk.settings.nation.countries)
    return received(keyed, batch=batch.id, source=batch.source, received_at=batch.received_at)


class _Folds:
    """Folds some parts at a time: a page of the hot table is then touched once for them all."""

    def __init__(self, desk: Desk, batch: Received, result: Result, by: Bringer) -> None:
        self._with = desk, batch, result, by
        self._told: list[pl.DataFrame] = []
        self._number = 1

    def take(self, part: int, frame: pl.DataFrame) -> None:
        """Gather what a part says."""
        desk, batch, _, _ = self._with
        self._number = (part - 1) // PARTS_OF_A_FOLD + 1
        if desk.folds and batch.applied_through < (self._number + 1) * folding.CHUNKS_OF_A_FOLD:
            self._told.append(sightings(frame))

    def finish(self, part: int = 0) -> None:
        """Fold what is gathered; after a part, only where that is enough."""
        if self._told and part % PARTS_OF_A_FOLD == 0:
            desk, batch, result, by = self._with
            whole = together(self._told)
            fold(desk, batch, (self._number, whole), result, by)
            # What was told is let go of before the index of keys is written anew.
            del whole
            desk.keys.save()


def fold(
    desk: Desk, batch: Received, numbered: tuple[int, pl.DataFrame], result: Result, by: Bringer
) -> None:
    """Fold what some parts say into the findings; `numbered` by the fold."""
    number, told = numbered
    began = time.perf_counter()
    holders = told["organisation"].unique().to_list()
    task = folding.Task(
        batch=batch.id,
        fold=number,
        applied=batch.applied_through,
        source=batch.source,
        opening=opening_for(holders, batch.received_at, desk.national),
        plans=desk.home.indexes / "plans",
        progress=by[2],
    )
    done = folding.take_in(told, desk.keys, task)
    result.folded_seconds += time.perf_counter() - began
    for word in ("opened", "updated", "relapsed"):
        result.findings[word] += getattr(done, word)
    result.longest_write_ms = max(result.longest_write_ms, done.longest_ms)


def batch_rows(lake: Lake, batch: Received) -> pl.LazyFrame:
    """What is stored of a batch."""
    # Not by the day of receipt: where the database lost the batch, the lake has an earlier one.
    return lake.scan().filter(pl.col("batch") == batch.id)
