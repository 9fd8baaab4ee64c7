"""Reading the ledger: entries, the verdict over all of it, and proofs for outsiders.

The ledger lies below tenancy, so nothing here takes a viewer: a page shows the entries of a
subject only to who could read that subject through its own room.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import DatabaseError, transaction

from pehra.kernel.errors import Damaged, UsageError
from pehra.kernel.time import iso
from pehra.ledger import body as bodies
from pehra.ledger import checkpoint as checkpoints
from pehra.ledger import proof as proofs
from pehra.ledger.audit import Audit, Row, Signed, Verdict
from pehra.ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    Tree,
    consistency_ranges,
    inclusion_ranges,
)
from pehra.ledger.models import Checkpoint, Entry, Head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pehra.ledger.body import Body
    from pehra.ledger.checkpoint import VerifierKey

_CHUNK = 5_000
_LATE = timedelta(hours=1)
"""An act may be entered so long after its moment: a job's is when it began."""


def head() -> Tree:
    """Size and root of the log as its head says."""
    found = Head.objects.filter(pk=1).first()
    if found is None:
        return Tree(0, EMPTY_ROOT)
    return Frontier.unpack(found.size, bytes(found.frontier)).tree


def root_at(size: int) -> bytes:
    """Root over the first `size` entries, as kept with the last of them; empty where it is not."""
    return _range_root(0, size) if size else EMPTY_ROOT


def show(subject: str, *, limit: int = 100) -> list[Body]:
    """Entries about one subject, the newest first."""
    found = Entry.objects.filter(subject=subject).order_by("-seq")[:limit]
    return [bodies.decode(_bytes(entry.body)) for entry in found]


def recent(*, before: int | None = None, limit: int = 100) -> list[Body]:
    """Entries from the newest down; `before` is the index at which a last page ended."""
    found = Entry.objects.order_by("-seq")
    if before is not None:
        found = found.filter(seq__lt=before)
    return [bodies.decode(_bytes(entry.body)) for entry in found[:limit]]


def since(at: datetime, *, at_once: int = _CHUNK) -> Iterator[Body]:
    """Acts of a moment or later, from the newest entry down, as many as there are."""
    before, size = None, at_once
    while size == at_once:
        page = recent(before=before, limit=at_once)
        for one in page:
            done = datetime.fromisoformat(one.at)
            if done < at - _LATE:
                return
            if done >= at:
                yield one
        size, before = len(page), page[-1].seq if page else None


def exported(size: int) -> Iterator[bytes]:
    """Bodies of the first `size` entries, in order: the leaves of the log, one JSON line each."""
    for row in _rows(size):
        yield row.body


def latest_checkpoint() -> str | None:
    """The newest signed note."""
    return Checkpoint.objects.order_by("-size").values_list("note", flat=True).first()


def verify(
    key: VerifierKey | None,
    *,
    kept: Sequence[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Verdict:
    """Audit the whole log without stopping the writers.

    Args:
        key: the ledger's verifier key; None where there is none, which fails only if something
            was signed.
        kept: notes that were kept elsewhere and that the log must still agree with.
        progress: told (entries read, entries) now and then.
    """
    try:
        return _verify(key, kept, progress)
    except DatabaseError as error:
        message = f"The ledger's tables cannot be read: {error}."
        raise Damaged(message, mend="Check the database, or restore a backup.") from None


def _verify(
    key: VerifierKey | None,
    kept: Sequence[str],
    progress: Callable[[int, int], None] | None,
) -> Verdict:
    # What is signed is read before the end, and the end before the head: a writer in between
    # only makes the head larger.
    audit = Audit([*_signed(), *(Signed(note) for note in kept)], key)
    last = Entry.objects.order_by("-seq").values_list("seq", flat=True).first()
    stored = Head.objects.values_list("size", "frontier").filter(pk=1).first()
    size, packed = (0, b"") if stored is None else (_number(stored[0]), _bytes(stored[1]))
    # A head that was set back must not hide the entries behind it.
    for row in _rows(max(size, 0 if last is None else _number(last) + 1)):
        if audit.failed or not audit.take(row):
            break
        if progress is not None and audit.size % _CHUNK == 0:
            progress(audit.size, size)
    return audit.close((size, packed))


def prove_inclusion(seq: int, key: VerifierKey) -> proofs.Inclusion:
    """Proof that an entry stands under the newest checkpoint, checked before it is handed out.

    Raises:
        UsageError: there is no such entry, or no checkpoint covers it yet.
        Damaged: the proof does not hold.
    """
    entry = Entry.objects.filter(seq=seq).first()
    if entry is None:
        message = f"There is no entry {seq}."
        raise UsageError(message, mend=f"The log has {head().size}, counted from 0.")
    note = latest_checkpoint()
    tree = checkpoints.parse(note).tree if note else None
    if note is None or tree is None or tree.size <= seq:
        message = f"No checkpoint covers entry {seq} yet."
        raise UsageError(message, mend="Run `pehra ledger checkpoint` first.")
    hashes = tuple(_range_root(start, stop) for start, stop in inclusion_ranges(seq, tree.size))
    body = _bytes(entry.body).decode(errors="replace")
    made = proofs.Inclusion(
        seq=seq, size=tree.size, body=body, hashes=hashes, checkpoint=note, key=str(key)
    )
    proofs.check(made, key)
    return made


def prove_consistency(old: str, key: VerifierKey) -> proofs.Consistency:
    """Proof that the newest checkpoint continues an `old` note, checked before it is handed out.

    Raises:
        UsageError: nothing was signed, or only less than `old`.
        Damaged: `old` is no checkpoint of this log, or the log was rewritten.
    """
    was, note = checkpoints.verify(old, key), latest_checkpoint()
    tree = checkpoints.parse(note).tree if note else Tree(0, EMPTY_ROOT)
    if note is None or tree.size < was.size:
        message = f"The newest checkpoint is at {tree.size}, before {was.size}."
        raise UsageError(message, mend="Run `pehra ledger checkpoint` first.")
    hashes = tuple(_range_root(*span) for span in consistency_ranges(was.size, tree.size))
    made = proofs.Consistency(hashes=hashes, old=old, new=note, key=str(key))
    proofs.check(made, key)
    return made


def _signed() -> list[Signed]:
    found = Checkpoint.objects.order_by("size").values_list("size", "root", "note")
    return [Signed(str(note), Tree(size, _bytes(root))) for size, root, note in found]


def _rows(size: int, start: int = 0) -> Iterator[Row]:
    """Entries from `start` below `size`, by chunks of the primary key, whatever stands in them.

    In SQL, since the ORM fails on what a hand other than ours may have written into a column.
    """
    place = start
    while place < size:
        with transaction.get_connection().cursor() as cursor:
            cursor.execute(
                'SELECT seq, body, act, subject, CAST("at" AS TEXT), leaf, root FROM ledger_entry'
                " WHERE seq >= %s AND seq < %s ORDER BY seq LIMIT %s",
                (place, size, _CHUNK),
            )
            chunk = cursor.fetchall()
        if not chunk:
            return
        for seq, body, act, subject, at, leaf, root in chunk:
            yield Row(seq, _bytes(body), act, subject, _moment(at), _bytes(leaf), _bytes(root))
        place = chunk[-1][0] + 1


def _number(value: object) -> int:
    """An integer column; SQLite would keep a word in it, which then counts as none."""
    return value if isinstance(value, int) else -1


def _bytes(value: object) -> bytes:
    """A binary column; a text that was put there is not lost, anything else is nothing."""
    if isinstance(value, str):
        return value.encode(errors="surrogateescape")
    return bytes(value) if isinstance(value, bytes | memoryview) else b""


def _moment(value: object) -> str:
    """A time column, read as text in UTC, as RFC 3339; empty where it is none."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return ""
    return iso(found if found.tzinfo else found.replace(tzinfo=UTC))


def _range_root(start: int, stop: int) -> bytes:
    """Root over the leaves of a range; from 0 on it stands in the last entry of the range."""
    if start == 0:
        found = Entry.objects.filter(seq=stop - 1).values_list("root", flat=True).first()
        return _bytes(found)
    frontier = Frontier()
    for row in _rows(stop, start):
        frontier = frontier.appended(row.leaf)
    return frontier.root
