"""A finished batch read again by a reader that has learnt something: rejects may be rows now."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import polars as pl

from pehra.engines.lake.lock import only_one
from pehra.findings import ingest as way
from pehra.findings import snapshots
from pehra.findings.kept import delivery
from pehra.findings.keys import sightings, together
from pehra.intake import actions as intake
from pehra.intake.discover import source as find_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pehra.intake.actions import Received
    from pehra.intake.source import Delivery, Reject, Source
    from pehra.kernel.actors import Actor


def _silent(done: int, total: int) -> None:
    del done, total


def replay(
    desk: way.Desk,
    name: str,
    *,
    actor: Actor,
    now: datetime,
    progress: Callable[[int, int], None] = _silent,
) -> way.Result:
    """Read a finished batch again: rows that are not in the lake yet are added, as new parts.

    Rows that are there stay as they were stored, with the attribution of that time, and count as
    duplicates. A batch that had not come to its end is brought there instead. A part that is added
    is marked last, and its rows are rejects until then: so a replay that was killed is continued.

    Raises:
        UsageError: no such batch.
    """
    began = time.perf_counter()
    source, by = find_source(intake.source_of(name)), (actor, now, progress)
    with snapshots.turn(desk.home, source):
        result = _finished(desk, name, by) or way.bring(desk, name, by)
    result.seconds = time.perf_counter() - began
    result.rows_per_second = result.rows / result.seconds if result.seconds else 0.0
    return result


def _finished(desk: way.Desk, name: str, by: way.Bringer) -> way.Result | None:
    """What reading a finished batch again came to; None where it is not at its end yet."""
    with only_one(desk.home.batch_lock(name)):
        batch = intake.take_up(name)
        if not batch.done:
            return None
        result = way.Result(batch=name, source=batch.source)
        with delivery(desk.home, batch) as given:
            _replay(desk, batch, given, result, by)
    return result


def _replay(
    desk: way.Desk, batch: Received, given: Delivery, result: way.Result, by: way.Bringer
) -> None:
    actor, now, _ = by
    there = way.batch_rows(desk.lake, batch)
    rejects: list[Reject] = []
    number = batch.parts
    if desk.lake.appended(batch.id) > number:
        number += 1
        unfinished = there.filter(pl.col("row").is_in(intake.rejected_rows(batch.id)))
        _fold_replayed(desk, batch, (number, unfinished.collect().sort("row")), result, by)
    source = find_source(batch.source)
    is_known = _known(source, batch, there)
    for part in source.read(given).parts:
        new = part.table.filter(~is_known(part.table["row"]))
        result.rows += part.rows
        # A row that is stored stays accepted, also where the reader would refuse it by now.
        refused = is_known(pl.Series([one.row for one in part.rejects], dtype=pl.Int64))
        rejects += [one for one, was in zip(part.rejects, refused, strict=True) if not was]
        if new.height:
            number += 1
            frame = way.attributed(desk, new, batch)
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


def _known(
    source: Source, batch: Received, there: pl.LazyFrame
) -> Callable[[pl.Series], pl.Series]:
    """Tells rows that were taken in; of a list also those that are stored with one before it."""
    if source.snapshot:
        rejected = pl.Series(intake.rejected_rows(batch.id), dtype=pl.Int64).implode()
        return lambda rows: ~rows.is_in(rejected)
    stored = there.select("row").collect().to_series().implode()
    return lambda rows: rows.is_in(stored)


def _fold_replayed(
    desk: way.Desk,
    batch: Received,
    numbered: tuple[int, pl.DataFrame],
    result: way.Result,
    by: way.Bringer,
) -> None:
    number, frame = numbered
    way.fold(desk, batch, (number, together([sightings(frame)])), result, by)
    desk.keys.save()
    intake.part_replayed(batch.id, number, frame["row"].to_list(), way.held(frame))
    result.accepted += frame.height
    result.attributed += way.held(frame)
