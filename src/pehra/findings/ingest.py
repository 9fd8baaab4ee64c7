"""The way of one batch: keep, read, attribute, store, fold in, close. Repeating it converges.

Every step leaves a mark, and each mark commits with what it marks: a part is in the lake under
the batch's application transaction; its counts and rejects are in one transaction with
`batch.parts`; each chunk of findings with `batch.applied_through`. One process works on a batch at
a time; another that brings the same file waits, and then finds it done.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.engines.blobs import files as blobs
from pehra.engines.lake.lock import only_one
from pehra.findings.actions import take_in as folding
from pehra.findings.actions.rows import opening_for
from pehra.findings.keyfile import KeyFile
from pehra.findings.keys import sightings, together, with_keys
from pehra.intake import actions as intake
from pehra.intake.discover import source as find_source
from pehra.intake.source import Covers, Delivery
from pehra.kernel.errors import PehraError, UnreadableFile
from pehra.mandate import queries as mandate
from pehra.observations.attribution import attribute
from pehra.observations.schema import REPORTED, complete
from pehra.observations.store import mapped, open_lake, received
from pehra.registry.actions import current_holdings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from pathlib import Path

    from pehra.engines.lake.delta import Lake
    from pehra.intake.actions import Received
    from pehra.intake.source import Part, Reading, Reject, Source
    from pehra.kernel.actors import Actor
    from pehra.kernel.settings import Home, Settings
    from pehra.registry.holdings import Holdings
    from pehra.registry.networks import Networks

_GOOD_SHARE = 0.95
"""A report of which less could be read covers nothing: what is absent may be among the rejects."""


PARTS_OF_A_FOLD = 6
"""About a million rows: enough to meet a page's findings together, few enough for memory."""


class Result(msgspec.Struct):
    """What one call did; `rows = accepted + rejected + duplicates + unchanged`."""

    batch: str
    source: str
    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicates: int = 0
    unchanged: int = 0
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


def keep(  # noqa: PLR0913 what a file comes with
    desk: Desk,
    source: Source,
    path: Path,
    *,
    options: dict[str, str],
    now: datetime,
    file_name: str = "",
) -> str:
    """Keep a file as received and give it a batch; returns the batch's id."""
    with path.open("rb") as stream:
        blob = blobs.keep(desk.home, stream, largest=desk.settings.intake.largest_file)
    return intake.receive(
        blob,
        source.slug,
        (file_name or path.name).encode(errors="backslashreplace").decode(),
        options=options,
        part_bytes=desk.settings.intake.part_bytes,
        now=now,
    )


def work(
    desk: Desk,
    name: str,
    *,
    actor: Actor,
    now: datetime,
    progress: Callable[[int, int], None],
) -> Result:
    """Bring a batch to its end, from wherever it stands."""
    began = time.perf_counter()
    with only_one(desk.home.locks / f"batch-{name}"):
        batch = intake.take_up(name)
        result = Result(batch=name, source=batch.source)
        if batch.done:
            result.rows = result.duplicates = batch.rows
        else:
            with delivery(desk.home, batch) as given:
                _work(desk, batch, given, result, (actor, now, progress))
    result.seconds = time.perf_counter() - began
    result.rows_per_second = result.rows / result.seconds if result.seconds else 0.0
    return result


@contextmanager
def delivery(home: Home, batch: Received) -> Iterator[Delivery]:
    """The kept file of a batch, as its reader wants it, for the length of a `with`."""
    with blobs.opened(home, batch.sha256) as path:
        yield Delivery(
            path=path,
            file_name=batch.file_name,
            received_at=batch.received_at,
            options=batch.options,
            part_bytes=batch.part_bytes,
        )


class _Seen:
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


def _covered(
    source: Source, reading: Reading, seen: _Seen, result: Result
) -> intake.Covered | None:
    """What the batch's silence means; nothing where the source or the reading is not fit for it."""
    day = reading.day or (seen.newest.date() if seen.newest else None)
    read_well = result.rows and result.rejected <= result.rows * (1 - _GOOD_SHARE)
    if source.covers == Covers.NOTHING or day is None or not read_well:
        return None
    identifiers = tuple(sorted({*reading.identifiers, *seen.identifiers}))
    scope = "networks" if source.covers == Covers.ROWS else "constituency"
    stream = reading.stream or reading.kind
    return intake.Covered(identifiers, day, scope, tuple(sorted(seen.networks)), stream)


_By = tuple["Actor", datetime, "Callable[[int, int], None]"]


def _work(desk: Desk, batch: Received, given: Delivery, result: Result, by: _By) -> None:
    actor, now, _ = by
    source = find_source(batch.source)
    seen, folds = _Seen(), _Folds(desk, batch, result, by)
    try:
        reading = source.read(given)
        for number, part in enumerate(_ahead(reading.parts), start=1):
            frame = _part(desk, batch, (number, part), result)
            seen.take(frame)
            folds.take(number, frame)
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
    covered = _covered(source, reading, seen, result)
    intake.finish(batch.id, kind=reading.kind, covered=covered, actor=actor, now=now)


def _ahead(parts: Iterator[Part]) -> Iterator[Part]:
    """The same parts, the next one being read while the present one is worked on."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="read") as reader:
        coming = reader.submit(next, parts, None)
        while (part := coming.result()) is not None:
            coming = reader.submit(next, parts, None)
            yield part


def _part(desk: Desk, batch: Received, numbered: tuple[int, Part], result: Result) -> pl.DataFrame:
    """Store a part, where that is missing; its observations."""
    number, part = numbered
    result.rows += part.rows
    result.rejected += len(part.rejects)
    began = time.perf_counter()
    if number <= batch.parts:
        result.duplicates += part.table.height
        frame = _stored_rows(desk.lake, batch, part)
    else:
        frame = attributed(desk, part.table, batch)
        if not desk.lake.append(frame, name=batch.id, number=number):
            # It came there before a crash; what it was attributed to then is what counts.
            frame = _stored_rows(desk.lake, batch, part)
        held = _held(frame)
        counts = intake.PartCounts(part.rows, frame.height, len(part.rejects), held, part.dropped)
        intake.part_stored(batch.id, number, counts, part.rejects)
        result.accepted += frame.height
        result.attributed += held
    result.stored_seconds += time.perf_counter() - began
    return frame


def _held(frame: pl.DataFrame) -> int:
    return frame.height - frame["organisation"].null_count()


def _stored_rows(lake: Lake, batch: Received, part: Part) -> pl.DataFrame:
    """The part as it was stored, with the attribution of that time, in the reader's order."""
    if not part.table.height:
        return complete(pl.DataFrame(), lake.schema)
    first, last = part.table["row"].min(), part.table["row"].max()
    rows = _batch_rows(lake, batch).filter(pl.col("row").is_between(first, last))
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

    def __init__(self, desk: Desk, batch: Received, result: Result, by: _By) -> None:
        self._with = desk, batch, result, by
        self._told: list[pl.DataFrame] = []
        self._number = 1

    def take(self, part: int, frame: pl.DataFrame) -> None:
        """Gather what a part says, and fold when enough parts are gathered."""
        desk, batch, _, _ = self._with
        self._number = (part - 1) // PARTS_OF_A_FOLD + 1
        if desk.folds and batch.applied_through < (self._number + 1) * folding.CHUNKS_OF_A_FOLD:
            self._told.append(sightings(frame))
        if part % PARTS_OF_A_FOLD == 0:
            self.finish()

    def finish(self) -> None:
        """Fold what is gathered."""
        if self._told:
            desk, batch, result, by = self._with
            _fold(desk, batch, (self._number, together(self._told)), result, by)
        self._told = []


def _fold(
    desk: Desk, batch: Received, numbered: tuple[int, pl.DataFrame], result: Result, by: _By
) -> None:
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
    done = folding.take_in(lambda: told, desk.keys, task)
    desk.keys.save()
    result.folded_seconds += time.perf_counter() - began
    for word in ("opened", "updated", "relapsed"):
        result.findings[word] += getattr(done, word)
    result.longest_write_ms = max(result.longest_write_ms, done.longest_ms)


def replay(desk: Desk, name: str, *, actor: Actor, now: datetime) -> Result:
    """Read a finished batch again: rows that are not in the lake yet are added, as new parts.

    Rows that are there stay as they were stored, with the attribution of that time, and count as
    duplicates. A batch that had not come to its end is brought there instead. A part that is added
    is marked last, and its rows are rejects until then: so a replay that was killed is continued.

    Raises:
        UsageError: no such batch.
    """
    began = time.perf_counter()
    with only_one(desk.home.locks / f"batch-{name}"):
        batch = intake.take_up(name)
        result = Result(batch=name, source=batch.source)
        again = _replay if batch.done else _work
        with delivery(desk.home, batch) as given:
            again(desk, batch, given, result, (actor, now, _silent))
    result.seconds = time.perf_counter() - began
    result.rows_per_second = result.rows / result.seconds if result.seconds else 0.0
    return result


def _silent(done: int, total: int) -> None:
    del done, total


def _replay(desk: Desk, batch: Received, given: Delivery, result: Result, by: _By) -> None:
    actor, now, _ = by
    there = _batch_rows(desk.lake, batch)
    rejects: list[Reject] = []
    number = batch.parts
    if desk.lake.appended(batch.id) > number:
        number += 1
        unfinished = there.filter(pl.col("row").is_in(intake.rejected_rows(batch.id)))
        _fold_replayed(desk, batch, (number, unfinished.collect().sort("row")), result, by)
    known = there.select("row").collect().to_series()
    reading = find_source(batch.source).read(given)
    for part in reading.parts:
        new = part.table.filter(~pl.col("row").is_in(known.implode()))
        result.rows += part.rows
        # A row that is stored stays accepted, also where the reader would refuse it by now.
        refused = pl.Series([one.row for one in part.rejects], dtype=pl.Int64)
        stored = refused.is_in(known.implode())
        rejects += [one for one, was in zip(part.rejects, stored, strict=True) if not was]
        if new.height:
            number += 1
            frame = attributed(desk, new, batch)
            desk.lake.append(frame, name=batch.id, number=number)
            _fold_replayed(desk, batch, (number, frame), result, by)
    result.duplicates = result.rows - len(rejects) - result.accepted
    result.rejected = len(rejects)
    intake.replayed(
        batch.id,
        added=result.accepted,
        rejects=rejects,
        actor=actor,
        now=now,
    )


def _fold_replayed(
    desk: Desk, batch: Received, numbered: tuple[int, pl.DataFrame], result: Result, by: _By
) -> None:
    number, frame = numbered
    _fold(desk, batch, (number, together([sightings(frame)])), result, by)
    intake.part_replayed(batch.id, number, frame["row"].to_list(), _held(frame))
    result.accepted += frame.height
    result.attributed += _held(frame)


def _batch_rows(lake: Lake, batch: Received) -> pl.LazyFrame:
    # Not by the day of receipt: where the database lost the batch, the lake has an earlier one.
    return lake.scan().filter(pl.col("batch") == batch.id)
