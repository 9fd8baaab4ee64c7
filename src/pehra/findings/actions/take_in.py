"""Fold what some parts of a batch say into the findings: open, update, relapse, hand over.

A plan fixes the order and the chunks before the first row is written and is kept beside the
indexes, so that a retry after a crash continues with the very chunk that is missing. Each chunk
and the batch's mark of it commit together (house design, section 3).
"""

from __future__ import annotations

import os
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import polars as pl
from django.db import connection, transaction

from pehra.engines.tables import bulk, wal
from pehra.findings.actions import settled
from pehra.findings.actions.rows import (
    NEW_SEEN,
    Opening,
    open_rows,
    seen_rows,
    tuples,
    with_hours,
)
from pehra.intake import actions as intake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from pehra.findings.keyfile import KeyFile

CHUNK = 2_500
"""Most findings in one transaction: short enough for other writers to wait for."""
CHUNKS_OF_A_FOLD = 1_000_000
_MOVE_EVERY, _ASK_EVERY = 16, 2

_COUNT = {
    "sqlite": (
        "UPDATE findings_findingseen SET first_seen = min(first_seen, {0}),"
        " last_seen = max(last_seen, {1}), count = count + {2}, sources = sources | {3}"
        " FROM given WHERE id = {4} AND severity >= {5} AND holder IS {6} AND NOT settled"
    ),
    "postgresql": (
        "UPDATE findings_findingseen AS s SET first_seen = least(s.first_seen, {0}),"
        " last_seen = greatest(s.last_seen, {1}), count = s.count + {2}, sources = s.sources | {3}"
        " FROM given WHERE s.id = {4} AND s.severity >= {5}"
        " AND s.holder IS NOT DISTINCT FROM {6} AND NOT s.settled"
    ),
}
_COUNT_KINDS = ("bigint", "bigint", "bigint", "bigint", "bigint", "smallint", "bigint")


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


def take_in(told: Callable[[], pl.DataFrame], keys: KeyFile, task: Task) -> Counts:
    """Fold parts in, from the chunk that is missing on.

    Args:
        told: gives `findings.keys.together` of the parts; asked only where no plan is kept.
        keys: from keys to ids.
        task: see there.
    """
    plan = with_hours(_plan(told, keys, task), task.opening)
    total = Counts()
    bit = settled.source_bit(task.source)
    with _moving(plan.height > CHUNK * _MOVE_EVERY) as mover:
        for number, chunk in enumerate(_chunks(plan), start=1):
            mark = task.fold * CHUNKS_OF_A_FOLD + number
            if mark <= task.applied:
                continue
            began = time.perf_counter()
            done = _apply(chunk, keys, task, (mark, bit))
            done.longest_ms = (time.perf_counter() - began) * 1000
            total.add(done)
            if mover and number % _MOVE_EVERY == 0:
                mover.move()
            elif mover and number % _ASK_EVERY == 0:
                mover.ask()
            task.progress(min(number * CHUNK, plan.height), plan.height)
    task.plan.unlink(missing_ok=True)
    return total


def _moving(many: bool) -> AbstractContextManager[wal.Mover | None]:  # noqa: FBT001 one word, private
    """What moves SQLite's log into its file meanwhile, where much will be written."""
    path = Path(connection.settings_dict["NAME"])
    if many and connection.vendor == "sqlite" and path.is_file():
        return wal.beside(path)
    return nullcontext()


def _chunks(plan: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The plan's chunks; what former holders saw comes after all findings are there."""
    former = pl.col("former")
    yield from plan.filter(~former).iter_slices(CHUNK)
    yield from plan.filter(former).iter_slices(CHUNK)


def _plan(told: Callable[[], pl.DataFrame], keys: KeyFile, task: Task) -> pl.DataFrame:
    """Known findings by id, then new ones by key; the same again after a crash."""
    if task.plan.is_file():
        return pl.read_ipc(task.plan)
    sightings = told()
    catch_up(keys)
    ids = keys.resolve(sightings["key"].to_numpy())
    by_id = pl.when(pl.col("id") < 0).then(None).otherwise(pl.col("id"))
    plan = sightings.with_columns(pl.Series("id", ids)).sort(
        "former", by_id, "key", nulls_last=True
    )
    if plan.height > CHUNK:
        # One chunk alone needs no order to be kept: it is there whole or not at all.
        task.plans.mkdir(parents=True, exist_ok=True)
        unfinished = task.plan.with_suffix(".unfinished")
        plan.write_ipc(unfinished)
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.rename(task.plan)
    return plan


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


def _apply(chunk: pl.DataFrame, keys: KeyFile, task: Task, marked: tuple[int, int]) -> Counts:
    """One chunk, one transaction. Nothing happens where another worker has done it."""
    mark, bit = marked
    with transaction.atomic():
        settled.take_turn()
        catch_up(keys)
        ids = keys.resolve(chunk["key"].to_numpy())
        known, new = _split(chunk, ids)
        opened = _open(new, task, bit)
        done = _count(known, task, bit) if known.height else settled.Done()
        updated = known.height - done.relapsed - done.opened
        moved = (new.height + done.opened, updated, done.relapsed)
        if not intake.mark_applied(task.batch, mark, *moved):
            transaction.set_rollback(True)
            return Counts()
    if len(opened):
        keys.learn(opened, int(opened[-1, 1]))
    return Counts(*moved)


def _split(chunk: pl.DataFrame, ids: NDArray[np.int64]) -> tuple[pl.DataFrame, pl.DataFrame]:
    placed = chunk.with_columns(pl.Series("id", ids))
    return placed.filter(pl.col("id") >= 0).sort("id"), placed.filter(pl.col("id") < 0)


def _open(new: pl.DataFrame, task: Task, bit: int) -> NDArray[np.int64]:
    """Add new findings; returns their keys and ids, a row each."""
    if not new.height:
        return np.empty((0, 2), dtype=np.int64)
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM findings_finding")
        first = (cursor.fetchone()[0] or 0) + 1
        numbered = new.sort("key").with_columns(
            id=pl.int_range(first, first + new.height, dtype=pl.Int64)
        )
        cold, columns = open_rows(numbered, task.opening)
        raw = cursor.cursor
        bulk.insert(raw, "findings_finding", columns, cold)
        bulk.insert(raw, "findings_findingseen", NEW_SEEN, seen_rows(numbered, bit))
    return numbered.select("key", "id").to_numpy()


def _count(known: pl.DataFrame, task: Task, bit: int) -> settled.Done:
    """Count sightings; those that change more than counts are decided one by one."""
    rows = tuples(
        known.select(
            "first_seen",
            "last_seen",
            "count",
            pl.lit(bit).alias("bit"),
            "id",
            "severity",
            "organisation",
        )
    )
    with connection.cursor() as cursor:
        changed = bulk.update(cursor.cursor, _COUNT[connection.vendor], _COUNT_KINDS, rows)
    if changed == known.height:
        return settled.Done()
    return settled.apply(known, bit, task.batch, task.opening)
