"""What time does to what was received, and what stops it: `prune`, and legal holds.

Nobody reads an address for longer than the rules allow because a job was forgotten: the job runs
daily, repeats safely, and writes down what it did. Files of the lake that hold deleted rows are
gone from the disk when it ends.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import msgspec
import polars as pl
from django.db import transaction

from pehra.engines.blobs import files as blobs
from pehra.engines.lake.lock import only_one
from pehra.intake.actions.snapshots import needed_blobs
from pehra.intake.models import Batch, Hold, Reject
from pehra.kernel.addresses import bounds
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger import actions as ledger
from pehra.observations.retention import Held, Terms, aged, due, harmful, held
from pehra.observations.store import open_lake
from pehra.registry.queries import letter_digests

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from pehra.kernel.actors import Actor
    from pehra.kernel.settings import Home, Retention
    from pehra.ledger.body import JSON

_SETTLED = "aged"
"""Files of a day whose rows are all as short as they get begin with this word."""
_HOLDING = "held"
"""Those of which a hold keeps rows longer; they are looked at again."""


class Pruned(msgspec.Struct):
    """What was, or would be, taken away.

    Attributes:
        cut: observations whose address was cut.
        deleted: observations.
        held: observations that would be cut or deleted, were they not under a hold.
        files: as received.
        bytes: of those.
        rejects: rows that could not be read.
        backups: in the home's own folder.
    """

    cut: int = 0
    deleted: int = 0
    held: int = 0
    files: int = 0
    bytes: int = 0
    rejects: int = 0
    backups: int = 0


def prune(
    home: Home, kept: Retention, *, actor: Actor, now: datetime, dry_run: bool = False
) -> Pruned:
    """Take away what is older than the terms allow; `dry_run` only counts."""
    holds = [Held(row.kind, row.value) for row in Hold.objects.filter(lifted_at__isnull=True)]
    done = Pruned()
    with only_one(home.locks / "upkeep"):
        _observations(home, _terms(kept, now), holds, done, dry_run=dry_run)
        before = now - timedelta(days=kept.file_days)
        _files(home, before, holds, done, dry_run=dry_run)
        _rejects(before, holds, done, dry_run=dry_run)
        _backups(home, now - timedelta(days=kept.backup_days), done, dry_run=dry_run)
    facts: dict[str, JSON] = {**msgspec.to_builtins(done), "holds": len(holds)}
    if not dry_run and any(msgspec.structs.astuple(done)):
        ledger.record("retention.prune", actor=actor, subject="home", facts=facts, now=now)
    return done


def _terms(kept: Retention, now: datetime) -> Terms:
    full, networks, harmful = (
        now.date() - timedelta(days=days)
        for days in (kept.full_days, kept.network_days, kept.harmful_days)
    )
    return Terms(full, networks, harmful)


def _observations(
    home: Home, terms: Terms, holds: list[Held], done: Pruned, *, dry_run: bool
) -> None:
    lake = open_lake(home.lake)
    if not dry_run:
        lake.gather()
    for day, stems in sorted(lake.days().items()):
        mark = f"{_SETTLED}{_stage(day, terms)}"
        if not due(day, terms) or all(stem.startswith(f"{mark}-") for stem in stems):
            continue
        rows = _of_day(lake.scan(), day)
        free = rows.filter(~held(holds))
        cut, deleted = _to_cut(free, day, terms), _to_delete(free, day, terms)
        stays = _to_cut(rows, day, terms) + _to_delete(rows, day, terms) - cut - deleted
        done.cut, done.deleted, done.held = (
            done.cut + cut,
            done.deleted + deleted,
            done.held + stays,
        )
        if not dry_run and (cut or deleted or not stays):
            stem = f"{_HOLDING}{_stage(day, terms)}" if stays else mark
            change = partial(aged, day=day, terms=terms, holds=holds)
            lake.rewrite_day(day, change, stem)


def _stage(day: date, terms: Terms) -> int:
    """How many of the terms a day has passed: each asks for its rows once more."""
    return sum(day < term for term in (terms.full, terms.networks, terms.harmful))


def _of_day(rows: pl.LazyFrame, day: date) -> pl.DataFrame:
    """What must be known of a day's rows to say what becomes of them."""
    columns = ["received_day", "role", "ip", "organisation", "source", "batch", "host", "extra"]
    return rows.select(columns).filter(pl.col("received_day") == day).collect()


def _to_delete(rows: pl.DataFrame, day: date, terms: Terms) -> int:
    bad = rows.filter(harmful()).height
    good = rows.height - bad
    return (bad if day < terms.harmful else 0) + (good if day < terms.networks else 0)


def _to_cut(rows: pl.DataFrame, day: date, terms: Terms) -> int:
    if day >= terms.full or day < terms.networks:
        return 0
    victims = rows.filter(~harmful())
    whole = pl.col("ip").bin.ends_with(b"\0").not_().fill_null(value=False)
    return victims.filter(
        whole | pl.col("host").is_not_null() | pl.col("extra").is_not_null()
    ).height


def _files(home: Home, before: datetime, holds: list[Held], done: Pruned, *, dry_run: bool) -> None:
    there = blobs.kept(home)
    young = Batch.objects.filter(received_at__gte=before).values_list("sha256", flat=True)
    waiting = Batch.objects.exclude(state__in=(Batch.State.APPLIED, Batch.State.FAILED))
    needed = {*young, *waiting.values_list("sha256", flat=True), *needed_blobs()}
    needed |= {sha256 for sha256, _ in _held_batches(holds)} | letter_digests()
    for sha256, path in there.items():
        if sha256 not in needed and path.stat().st_mtime < before.timestamp():
            done.files += 1
            done.bytes += path.stat().st_size if dry_run else blobs.remove(home, sha256)


def _held_batches(holds: list[Held]) -> list[tuple[str, str]]:
    """SHA-256 and id of batches whose file and rejects are held.

    A hold on a network or an organisation keeps observations; which file names it is not known
    without opening it, so such a hold keeps all files.
    """
    rows = Batch.objects.values_list("sha256", "id")
    if any(one.kind in ("network", "organisation") for one in holds):
        return list(rows)
    sources = [one.value for one in holds if one.kind == "source"]
    names = [one.value for one in holds if one.kind == "batch"]
    return [*rows.filter(source__in=sources), *rows.filter(id__in=names)]


def _rejects(before: datetime, holds: list[Held], done: Pruned, *, dry_run: bool) -> None:
    old = Reject.objects.filter(batch__received_at__lt=before)
    if holds:
        old = old.exclude(batch_id__in=[name for _, name in _held_batches(holds)])
    done.rejects = old.count()
    if done.rejects and not dry_run:
        old.delete()


def _backups(home: Home, before: datetime, done: Pruned, *, dry_run: bool) -> None:
    made: list[Path] = sorted((home.root / "backups").glob("*.tar"), key=_made)
    for path in made[:-1]:
        if _made(path) < before.timestamp():
            done.backups += 1
            if not dry_run:
                path.unlink()


def _made(path: Path) -> float:
    return path.stat().st_mtime


def hold(kind: str, value: str, ground: str, *, actor: Actor, now: datetime) -> int:
    """Keep something whatever its age, from now until it is lifted; gives the hold's number.

    Raises:
        UsageError: no such kind, or the value cannot be read, or no ground.
        Refused: it is held already.
    """
    _check(kind, value, ground)
    with transaction.atomic():
        if Hold.objects.filter(kind=kind, value=value, lifted_at__isnull=True).exists():
            message = f"The {kind} {value} is held already."
            raise Refused(message, mend="`pehra holds list` shows it.")
        by = f"{actor.name}, {actor.office}"[:160]
        row = Hold.objects.create(kind=kind, value=value, ground=ground, by=by, since=now)
        # Which network or organisation is no matter of the ledger, from which nothing is deleted.
        ledger.append(
            "retention.hold", actor=actor, subject=f"hold:{row.id}", facts={"kind": kind}, now=now
        )
    return row.id


def _check(kind: str, value: str, ground: str) -> None:
    try:
        known = kind in Hold.Kind.values
        if kind == Hold.Kind.NETWORK:
            bounds(value)
        if kind == Hold.Kind.ORGANISATION:
            int(value)
    except ValueError:
        known = False
    if not known or not value.strip():
        message = f"`{kind} {value}` cannot be held."
        raise UsageError(message, mend="Name a network, an organisation, a source or a batch.")
    if not ground.strip():
        message = "A hold needs its ground."
        raise UsageError(message, mend="Say by what order, law or case: `--ground`.")


def lift(number: int, *, actor: Actor, now: datetime) -> None:
    """End a hold: what it kept goes with the next pruning.

    Raises:
        UsageError: no such hold is in force.
    """
    with transaction.atomic():
        if not Hold.objects.filter(id=number, lifted_at__isnull=True).update(lifted_at=now):
            message = f"No hold {number} is in force."
            raise UsageError(message, mend="`pehra holds list` shows those that are.")
        ledger.append("retention.lift", actor=actor, subject=f"hold:{number}", facts={}, now=now)
