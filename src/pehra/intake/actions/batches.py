"""Verbs on batches: receive a file, mark how far it has come, finish it, or give it up."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import connection, transaction
from django.db.models import F

from pehra.engines.sealed.ring import ring
from pehra.engines.sealed.stream import seal_value
from pehra.intake.actions.coverage import Covered, cover
from pehra.intake.discover import sources
from pehra.intake.models import Batch, Reject
from pehra.jobs import actions as jobs
from pehra.kernel.errors import UsageError
from pehra.kernel.ids import batch_id, reject_context
from pehra.kernel.settings import home_path
from pehra.ledger import actions as ledger

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from pehra.engines.blobs.files import Blob
    from pehra.intake.source import Reject as ReadReject
    from pehra.kernel.actors import Actor
    from pehra.kernel.errors import PehraError
    from pehra.ledger.body import JSON

_REJECTS_AT_ONCE = 1_000
COUNT = "findings.count"
"""Job of the room above: pages count by what it keeps."""
_SETTLES = timedelta(seconds=20)
"""Files come several at a time, and are counted once."""
TRUSTED = (Batch.Verdict.GOOD, Batch.Verdict.ACCEPTED)


class Received(msgspec.Struct, frozen=True):
    """A batch as it stands.

    Attributes:
        came_at: when its bytes came; of an accepted snapshot, when they came to be held.
    """

    id: str
    sha256: str
    source: str
    file_name: str
    received_at: datetime
    options: dict[str, str]
    part_bytes: int
    state: str
    rows: int
    accepted: int
    rejected: int
    parts: int
    applied_through: int
    stream: str = ""
    verdict: str = ""
    against: str | None = None
    as_of: datetime | None = None
    came_at: datetime | None = None

    @property
    def judged(self) -> bool:
        """Whether it is a snapshot whose verdict is fixed, and with which other it is compared."""
        return self.against is not None

    @property
    def trusted(self) -> bool:
        """Whether what this snapshot leaves out is gone."""
        return self.verdict in TRUSTED

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return self.state == Batch.State.APPLIED


class PartCounts(msgspec.Struct, frozen=True):
    """What one part held; `removed` are besides its rows, which the other counts add up to."""

    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    attributed: int = 0
    dropped: int = 0
    duplicates: int = 0
    unchanged: int = 0
    removed: int = 0


def receive(  # noqa: PLR0913 what a file comes with
    blob: Blob,
    source: str,
    file_name: str,
    *,
    options: dict[str, str],
    part_bytes: int,
    now: datetime,
) -> str:
    """Give the file its batch; the same bytes from the same source have one already.

    A snapshot that was taken in and comes again says that the list is still, or again, as it was:
    that is a batch of its own. One that has not come to its end is brought there first.
    """
    with transaction.atomic():
        name = _name(blob.sha256, source)
        Batch.objects.get_or_create(
            id=name,
            defaults={
                "sha256": blob.sha256,
                "source": source,
                "file_name": file_name[-255:],
                "size": blob.size,
                "received_at": now,
                "options": options,
                "part_bytes": part_bytes,
            },
        )
        # A file that nobody has begun to read, or that could not be read, may be tried again, told
        # otherwise and under another name, by which a reader may go. One that is being read, or
        # was when its process died, is cut as it was: its first part may lie in the lake already.
        waiting = (Batch.State.RECEIVED, Batch.State.FAILED)
        Batch.objects.filter(id=name, parts=0, state__in=waiting).update(
            file_name=file_name[-255:], options=options, part_bytes=part_bytes
        )
    return name


def _name(sha256: str, source: str) -> str:
    """The id of the batch for these bytes now."""
    told = sources().get(source)
    if told is None or not told.snapshot:
        return batch_id(sha256, source)
    before = Batch.objects.filter(source=source, sha256=sha256)
    waiting = before.exclude(state=Batch.State.APPLIED).values_list("id", flat=True).first()
    number = before.count()
    return waiting or batch_id(sha256, f"{source} {number}" if number else source)


def source_of(name: str) -> str:
    """Slug of the source of a batch."""
    found = Batch.objects.filter(id=name).values_list("source", flat=True).first()
    if found is None:
        raise _no_batch(name)
    return found


def _no_batch(name: str) -> UsageError:
    message = f"There is no batch `{name}`."
    return UsageError(message, mend="`pehra batches` lists them.")


def take_up(name: str) -> Received:
    """The batch as it stands, for the one who holds its lock; it counts as begun from now on."""
    with transaction.atomic():
        waiting = (Batch.State.RECEIVED, Batch.State.FAILED)
        Batch.objects.filter(id=name, state__in=waiting).update(state=Batch.State.READING)
    return received(name)


def received(name: str) -> Received:
    """The batch as it stands."""
    row = Batch.objects.filter(id=name).first()
    if row is None:
        raise _no_batch(name)
    return as_received(row)


def as_received(row: Batch) -> Received:
    """A row of the table as what ingest works with."""
    came_at = row.received_at
    if row.verdict == Batch.Verdict.ACCEPTED:
        came_at = Batch.objects.values_list("received_at", flat=True).get(id=row.against)
    return Received(
        id=row.id,
        sha256=row.sha256,
        source=row.source,
        file_name=row.file_name,
        received_at=row.received_at,
        options=row.options,
        part_bytes=row.part_bytes,
        state=row.state,
        rows=row.rows,
        accepted=row.accepted,
        rejected=row.rejected,
        parts=row.parts,
        applied_through=row.applied_through,
        stream=row.stream,
        verdict=row.verdict,
        against=row.against,
        as_of=row.as_of,
        came_at=came_at,
    )


def part_stored(name: str, part: int, counts: PartCounts, rejects: list[ReadReject]) -> None:
    """Mark a part whose observations are in the lake, and keep its rejects; once."""
    with transaction.atomic():
        moved = Batch.objects.filter(id=name, parts=part - 1).update(
            parts=part,
            rows=F("rows") + counts.rows,
            accepted=F("accepted") + counts.accepted,
            rejected=F("rejected") + counts.rejected,
            attributed=F("attributed") + counts.attributed,
            dropped=F("dropped") + counts.dropped,
            duplicates=F("duplicates") + counts.duplicates,
            unchanged=F("unchanged") + counts.unchanged,
            removed=F("removed") + counts.removed,
        )
        if moved and rejects:
            keep_rejects(name, rejects)


def keep_rejects(name: str, rejects: Iterable[ReadReject]) -> None:
    """Keep rows that could not be read; those that are kept already stay as they are."""
    key = ring(home_path()).current
    rows = (
        (
            *(name, one.row, one.line, one.offset, one.reason, _storable(one.detail)[:240]),
            seal_value(one.raw, key, reject_context(name, one.row)),
        )
        for one in rejects
    )
    with connection.cursor() as cursor:
        while some := list(islice(rows, _REJECTS_AT_ONCE)):
            cursor.executemany(_KEEP, some)


_KEEP = (
    'INSERT INTO intake_reject (batch_id, "row", line, "offset", reason, detail, raw)'
    " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
)
"""In SQL that both databases know: a file may have a million rejects, and the ORM is slow."""


def _storable(text: str) -> str:
    """Words that quote a file, without the one character that PostgreSQL keeps in no text."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


_MARK = (
    "UPDATE intake_batch SET applied_through = %s, opened = opened + %s, updated = updated + %s,"
    " relapsed = relapsed + %s WHERE id = %s AND applied_through < %s"
)


def mark_applied(name: str, mark: int, opened: int, updated: int, relapsed: int) -> bool:
    """Inside the caller's transaction: mark a chunk of findings as folded in; False if it was."""
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [mark, opened, updated, relapsed, name, mark])
        return bool(cursor.rowcount)


def finish(
    name: str, *, kind: str, covered: Covered | None, actor: Actor, now: datetime
) -> dict[str, Any]:
    """Close a batch: coverage, state, and the one entry in the ledger. Returns its counts."""
    with transaction.atomic():
        # A killed worker's last commit may still be under way in the database's server.
        row = Batch.objects.select_for_update().get(id=name)
        if row.state != Batch.State.APPLIED:
            row.kind, row.day = kind[:64], covered.day if covered else row.day
            row.state, row.finished_at, row.error = Batch.State.APPLIED, now, ""
            row.save(update_fields=["kind", "day", "state", "finished_at", "error"])
            if covered is not None:
                cover(row, covered)
            counts = _counts(row)
            facts: dict[str, JSON] = {
                "source": row.source,
                "sha256": row.sha256,
                **counts,
                "digest": _digest(row),
            }
            ledger.append(
                "intake.take-in", actor=actor, subject=f"batch:{name}", facts=facts, now=now
            )
            jobs.enqueue(COUNT, {}, now=now, unique_key=COUNT, run_after=now + _SETTLES)
    return _counts(row)


def _counts(row: Batch) -> dict[str, int]:
    names = (
        "rows",
        "accepted",
        "rejected",
        "duplicates",
        "unchanged",
        "removed",
        "attributed",
        "opened",
        "updated",
        "relapsed",
    )
    return {name: getattr(row, name) for name in names}


def _digest(row: Batch) -> str:
    """SHA-256 over what the batch came to, so that the row cannot be changed unseen."""
    words = [row.id, row.sha256, *(f"{k}={v}" for k, v in sorted(_counts(row).items()))]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def fail(name: str, error: PehraError, *, actor: Actor, now: datetime) -> None:
    """Give a whole file up: it stays kept, and its batch says why.

    The ledger, from which nothing is ever taken out, gets no word of it, since an error may quote
    the file: only its code, and the SHA-256 of what the batch says.
    """
    text = _storable(str(error))[:2_000]
    with transaction.atomic():
        changed = (
            Batch.objects.filter(id=name)
            .exclude(state=Batch.State.APPLIED)
            .update(state=Batch.State.FAILED, error=text, finished_at=now)
        )
        if changed:
            ledger.append(
                "intake.give-up",
                actor=actor,
                subject=f"batch:{name}",
                facts={"error": error.code, "sha256": hashlib.sha256(text.encode()).hexdigest()},
                now=now,
            )


def rejected_rows(name: str) -> list[int]:
    """Numbers of the rows that could not be read, in order."""
    rows = Reject.objects.filter(batch_id=name).order_by("row")
    return list(rows.values_list("row", flat=True))


def part_replayed(name: str, part: int, rows: Collection[int], attributed: int) -> None:
    """Mark a part of rows that a replay could read and that are folded in: no rejects any more."""
    with transaction.atomic():
        moved = Batch.objects.filter(id=name, parts=part - 1).update(
            parts=part,
            accepted=F("accepted") + len(rows),
            attributed=F("attributed") + attributed,
        )
        if moved:
            _forgive(name, sorted(rows))


def _forgive(name: str, rows: list[int]) -> None:
    for start in range(0, len(rows), _REJECTS_AT_ONCE):
        some = rows[start : start + _REJECTS_AT_ONCE]
        Reject.objects.filter(batch_id=name, row__in=some).delete()


def replayed(
    name: str,
    *,
    added: int,
    rejects: list[ReadReject],
    actor: Actor,
    now: datetime,
) -> None:
    """After a replay: rows that can be read now are accepted, the rest stays rejected."""
    with transaction.atomic():
        Reject.objects.filter(batch_id=name).delete()
        keep_rejects(name, rejects)
        Batch.objects.filter(id=name).update(
            rejected=len(rejects),
            rows=F("accepted") + F("duplicates") + F("unchanged") + len(rejects),
        )
        accepted = Batch.objects.values_list("accepted", flat=True).get(id=name)
        ledger.append(
            "intake.replay",
            actor=actor,
            subject=f"batch:{name}",
            facts={"added": added, "accepted": accepted, "rejected": len(rejects)},
            now=now,
        )
