"""Fold what some parts of a batch say into the findings: open, update, relapse, hand over.

A plan fixes the order and the chunks before the first row is written and is kept beside the
indexes, so that a retry after a crash continues with the very chunk that is missing. Each chunk
and the batch's mark of it commit together (house design, section 3).
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np
import polars as pl
from django.db import connection, transaction

from pehra.engines.tables import bulk, wal
from pehra.findings.actions import settled
from pehra.findings.actions.ready import NEW, Maker
from pehra.findings.actions.rows import Opening, insert
from pehra.intake import actions as intake
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from pehra.findings.actions.ready import Ready
    from pehra.findings.keyfile import KeyFile

CHUNK = 5_000
"""Most findings in one transaction: short enough for other writers to wait for."""
_CHUNK_BEFORE = 2_500
"""In plans of version 26.1."""
CHUNKS_OF_A_FOLD = 1_000_000
_MANY_CHUNKS, _ASK_EVERY = 8, 2

_COUNT = {
    "sqlite": (
        # `min` and `max` of SQLite are calls: a sixth of the time that a row takes.
        "UPDATE findings_findingseen SET"
        " first_seen = CASE WHEN first_seen < {0} THEN first_seen ELSE {0} END,"
        " last_seen = CASE WHEN last_seen > {1} THEN last_seen ELSE {1} END,"
        " count = count + {2}, sources = sources | BIT"
        " FROM given WHERE id = {3} AND severity >= {4} AND holder IS {5} AND NOT settled"
    ),
    "postgresql": (
        "UPDATE findings_findingseen AS s SET first_seen = least(s.first_seen, {0}),"
        " last_seen = greatest(s.last_seen, {1}), count = s.count + {2}, sources = s.sources | BIT"
        " FROM given WHERE s.id = {3} AND s.severity >= {4}"
        " AND s.holder IS NOT DISTINCT FROM {5} AND NOT s.settled"
    ),
}
_NUMBERS = ("first_seen", "last_seen", "count", "severity")
_COUNT_KINDS = ("bigint", "bigint", "bigint", "bigint", "smallint", "bigint")
_PLANNED = ("key", "organisation", "id", "former", "chunk")


class Counts(msgspec.Struct):
    """What a fold did.

    Attributes:
        opened, updated, relapsed: findings.
        longest_ms: the longest write transaction, milliseconds.
    """

    opened: int = 0
    updated: int = 0
    relapsed: int = 0
    longest_ms: float = 0.0

    def add(self, other: Counts) -> None:
        """Add another fold's figures to these."""
        self.opened += other.opened
        self.updated += other.updated
        self.relapsed += other.relapsed
        self.longest_ms = max(self.longest_ms, other.longest_ms)


class Task(msgspec.Struct, frozen=True):
    """Which fold of which batch is to be done, and with what.

    Attributes:
        batch: id of the batch.
        fold: number of the fold, from 1; it takes several parts in.
        applied: the batch's `applied_through` when the fold begins.
        source: slug, for the bit set.
        opening: how new findings get their clock and their team.
        plans: folder of plans.
        progress: called with the findings done and in all.
    """

    batch: str
    fold: int
    applied: int
    source: str
    opening: Opening
    plans: Path
    progress: Callable[[int, int], None]

    @property
    def plan(self) -> Path:
        """The file that keeps the order of this fold."""
        return self.plans / f"{self.batch}.{self.fold}.arrow"


class _Work:
    """A fold under way.

    Attributes:
        maker: makes chunks of the plan ready.
        through: up to which finding the plan's ids hold; None where others have opened findings
            since, so that each chunk has to look again.
    """

    def __init__(self, keys: KeyFile, task: Task, maker: Maker) -> None:
        self.keys = keys
        self.task = task
        self.maker = maker
        self.through: int | None = None

    def look_again(self, chunk: pl.DataFrame) -> pl.DataFrame:
        """The chunk with the ids that its keys have by now."""
        catch_up(self.keys)
        if self.through != self.keys.through:
            self.through = None
        if self.through is not None and not chunk["former"].any():
            return chunk
        ids = self.keys.resolve(chunk["key"].to_numpy())
        return chunk.with_columns(pl.Series("id", ids)).sort("id")

    def opened(self, pairs: NDArray[np.int64]) -> None:
        """Note what this fold has opened itself: key and id, a row each."""
        if len(pairs):
            self.keys.learn(pairs, int(pairs[-1, 1]))
            if self.through is not None:
                self.through = self.keys.through

    def begin(self, chunk: pl.DataFrame | None, first: int) -> None:
        """Begin to make the next chunk ready, where the plan alone says what is in it."""
        if chunk is not None and self.through is not None and not chunk["former"].any():
            self.maker.begin(chunk, first)


@as_system()
def take_in(told: pl.DataFrame, keys: KeyFile, task: Task) -> Counts:
    """Fold parts in, from the chunk that is missing on.

    Args:
        told: `findings.keys.together` of the parts.
        keys: from keys to ids.
        task: see there.
    """
    total = Counts()
    seen = 0
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ready") as beside:
        bit = settled.source_bit(task.source)
        work = _Work(keys, task, Maker(told, bit, task.opening, beside))
        plan = _plan(told, work)
        with _moving(plan.height > CHUNK * _MANY_CHUNKS) as mover:
            chunks = list(_chunks(plan))
            for number, (chunk, following) in enumerate(zip_longest(chunks, chunks[1:]), start=1):
                seen += chunk.height
                mark = task.fold * CHUNKS_OF_A_FOLD + number
                if mark <= task.applied:
                    continue
                began = time.perf_counter()
                done = _apply(chunk, following, work, mark)
                done.longest_ms = (time.perf_counter() - began) * 1000
                total.add(done)
                if mover and mover.pages > wal.LONG:
                    mover.move()
                elif mover and number % _ASK_EVERY == 0:
                    mover.ask()
                task.progress(seen, plan.height)
            if mover:
                mover.ask()
    task.plan.unlink(missing_ok=True)
    return total


def _moving(many: bool) -> AbstractContextManager[wal.Mover | None]:  # noqa: FBT001 one word, private
    """What moves SQLite's log into its file meanwhile, where much will be written."""
    path = Path(connection.settings_dict["NAME"])
    if many and connection.vendor == "sqlite" and path.is_file():
        return wal.beside(path)
    return nullcontext()


def _chunks(plan: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The plan's chunks, as it numbers them."""
    start = 0
    for length in plan["chunk"].rle().struct.field("len"):
        yield plan.slice(start, length)
        start += length


def _cut(former: pl.Series, size: int) -> pl.Series:
    """The chunk of each row, from 0: what former holders saw comes after all findings are there."""
    last = int(former.sum())
    first = np.arange(len(former) - last, dtype=np.int32) // size
    after = first[-1] + 1 if first.size else 0
    chunks = np.concatenate([first, np.arange(last, dtype=np.int32) // size + after])
    return pl.Series("chunk", chunks)


def _plan(told: pl.DataFrame, work: _Work) -> pl.DataFrame:
    """Known findings by id, then new ones by key; the same again after a crash.

    The file keeps the order alone. What was told is told again by the lake, whose rows do not
    change; a row that is there no more, since its day was deleted, leaves its place empty.
    """
    keys, task = work.keys, work.task
    catch_up(keys)
    if task.plan.is_file():
        planned = _kept(task.plan)
        plan = _placed(planned, told.select("key", "organisation").with_row_index("at"))
    else:
        order, ids = _ordered(told["key"].to_numpy(), told["former"].to_numpy(), keys)
        at = pl.Series("at", order, dtype=pl.UInt32)
        plan = told.select("key", "organisation", "former")[at].with_columns(at, id=ids)
        plan = plan.with_columns(_cut(plan["former"], CHUNK))
        work.through = keys.through
        _keep(plan.select(_PLANNED), task)
    counted = told.select(*_NUMBERS, "organisation")
    numbers = counted.select(pl.all().gather(plan["at"]))
    kept = plan.select("key", "id", "former", "at", "chunk")
    return pl.concat([kept, numbers], how="horizontal")


def _kept(path: Path) -> pl.DataFrame:
    """A plan that was begun; one of version 26.1 has chunks of 2,500 and does not say so."""
    planned = pl.read_ipc(path)
    if "chunk" not in planned.columns:
        planned = planned.with_columns(_cut(planned["former"], _CHUNK_BEFORE))
    return planned.select(_PLANNED)


def _placed(planned: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """A kept plan with the places of its rows in what is told now.

    A row is known by its key and its holder. Where the register has given another holder to rows
    that are attributed anew at each try, the key alone tells it.
    """
    on = ["key", "organisation"]
    exact = planned.join(told, on=on, how="left", nulls_equal=True, maintain_order="left")
    if not exact["at"].has_nulls():
        return exact
    left = told.join(exact, on="at", how="anti").unique("key", maintain_order=True)
    first = exact.with_columns(alone=pl.when(pl.col("at").is_null()).then("key"))
    first = first.with_columns(alone=pl.when(pl.col("alone").is_first_distinct()).then("alone"))
    by_key = left.select(alone="key", other="at")
    again = first.join(by_key, on="alone", how="left", maintain_order="left")
    return again.with_columns(at=pl.coalesce("at", "other")).drop("alone", "other")


def _ordered(
    keys: NDArray[np.int64], former: NDArray[np.bool_], file: KeyFile
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows in the order of a plan, and their ids in that order."""
    # Where each key stands once there is one order only, which the faster sort finds as well.
    kind: Literal["stable", "quicksort"] = "stable" if former.any() else "quicksort"
    by_key = np.argsort(keys, kind=kind)
    # Sorted keys are found several times as fast as others.
    ids = file.resolve(keys[by_key])
    known = np.flatnonzero(ids != NEW)
    by_id = np.concatenate([known[np.argsort(ids[known], kind=kind)], np.flatnonzero(ids == NEW)])
    order = by_key[by_id]
    if former.any():
        last = np.argsort(former[order], kind="stable")
        return order[last], ids[by_id][last]
    return order, ids[by_id]


def _keep(planned: pl.DataFrame, task: Task) -> None:
    """Make the order durable, where there is more than one chunk: one is there whole or not."""
    if planned["chunk"].max() == 0:
        return
    task.plans.mkdir(parents=True, exist_ok=True)
    unfinished = task.plan.with_suffix(".unfinished")
    planned.write_ipc(unfinished)
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    unfinished.rename(task.plan)


@as_system()
def catch_up(keys: KeyFile) -> None:
    """Let the key file know the findings that others have opened since.

    A key file that knows a finding which is not there, or is another, was made from another table,
    as where a database came back from a backup: it begins anew.
    """
    with connection.cursor() as cursor:
        if keys.through:
            cursor.execute("SELECT key FROM findings_finding WHERE id = %s", [keys.through])
            last = cursor.fetchone()
            if last is None or (last[0] is not None and last[0] != keys.witness):
                keys.forget()
        cursor.execute(
            "SELECT key, id FROM findings_finding WHERE id > %s AND key IS NOT NULL ORDER BY id",
            [keys.through],
        )
        rows = cursor.fetchall()
    if rows:
        keys.learn(np.array(rows, dtype=np.int64), rows[-1][1])


def _apply(chunk: pl.DataFrame, following: pl.DataFrame | None, work: _Work, mark: int) -> Counts:
    """One chunk, one transaction. Nothing happens where another worker has done it."""
    with transaction.atomic():
        settled.take_turn()
        placed = work.look_again(chunk.drop_nulls("at") if chunk["at"].has_nulls() else chunk)
        first = settled.highest() + 1
        ready = work.maker.ready(placed, first)
        after = first + len(ready.opened)
        if ready.added:
            # A few long statements leave time to the other thread; many short ones wait for it.
            work.begin(following, after)
            with connection.cursor() as cursor:
                insert(cursor.cursor, *ready.added)
        done = _count(ready, work) if ready.counted else settled.Done()
        updated = ready.known.height - done.relapsed - done.opened
        moved = (len(ready.opened) + done.opened, updated, done.relapsed)
        if not intake.mark_applied(work.task.batch, mark, *moved):
            transaction.set_rollback(True)
            return Counts()
        work.begin(following, after + done.opened)
    work.opened(ready.opened)
    return Counts(*moved)


def _count(ready: Ready, work: _Work) -> settled.Done:
    """Count sightings; those that change more than counts are decided one by one."""
    bit = work.maker.bit
    statement = _COUNT[connection.vendor].replace("BIT", str(bit))
    with connection.cursor() as cursor:
        changed = bulk.update(cursor.cursor, statement, _COUNT_KINDS, ready.counted)
    if changed == ready.known.height:
        return settled.Done()
    words = work.maker.words(ready.known)
    return settled.apply(words, bit, work.task.batch, work.task.opening)
