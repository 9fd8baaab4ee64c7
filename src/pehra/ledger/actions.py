"""Acts on the ledger: append an entry, sign a checkpoint. Nothing else ever writes its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from pehra.kernel.errors import Damaged
from pehra.ledger import body as bodies
from pehra.ledger import checkpoint as checkpoints
from pehra.ledger.merkle import EMPTY_ROOT, Frontier, Tree, leaf_hash
from pehra.ledger.models import Checkpoint, Entry, Head

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pehra.kernel.actors import Actor
    from pehra.ledger.body import JSON
    from pehra.ledger.checkpoint import SigningKey


def append(
    act: str, *, actor: Actor, subject: str, facts: Mapping[str, JSON], now: datetime
) -> int:
    """Append one entry in the caller's transaction; gives its index.

    The head stays locked until that transaction ends, so append last: it is what orders acts.

    Args:
        act: room and verb, such as `findings.answer`.
        actor: who acts, in which office.
        subject: what it is done to, at most 128 characters, such as `finding:12`.
        facts: ids, counts and digests, never personal data.
        now: when it is done.

    Raises:
        UsageError: the act, the subject or the facts cannot be written.
        Damaged: the head does not fit the entries.
    """
    _check_transaction()
    frontier = _locked_frontier()
    seq = frontier.size
    body = bodies.encode(seq, act, actor, subject, (facts, now))
    leaf = leaf_hash(body)
    frontier = frontier.appended(leaf)
    _insert(Entry(seq, body, act, subject, now, leaf, frontier.root))
    _advance(frontier)
    return seq


def record(
    act: str, *, actor: Actor, subject: str, facts: Mapping[str, JSON], now: datetime
) -> int:
    """Append one entry for an act that changes no row: a backup, a key, a file that was opened."""
    with transaction.atomic():
        return append(act, actor=actor, subject=subject, facts=facts, now=now)


@transaction.atomic
def checkpoint(key: SigningKey, *, now: datetime) -> str:
    """Sign the log as it stands and keep the note; a size that is signed already is not again.

    Raises:
        Damaged: the log does not continue what was signed before, so nothing is signed.
    """
    tree = _locked_frontier().tree
    latest = Checkpoint.objects.order_by("-size").first()
    if latest is not None:
        _check_continues(latest, tree, key)
    if latest is not None and latest.size == tree.size:
        return latest.note
    note = checkpoints.sign(tree, key)
    Checkpoint.objects.create(size=tree.size, root=tree.root, note=note, at=now)
    return note


def _check_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        message = "An entry is appended in the transaction of its act: open `transaction.atomic()`."
        raise RuntimeError(message)


# Every act waits for these three statements, so they are spoken in SQL that both databases know:
# 0.1 ms, where the same three built by the ORM take 1 ms.


def _insert(entry: Entry) -> None:
    connection = transaction.get_connection()
    at = connection.ops.adapt_datetimefield_value(entry.at)
    values = (entry.seq, entry.body, entry.act, entry.subject, at, entry.leaf, entry.root)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                'INSERT INTO ledger_entry (seq, body, act, subject, "at", leaf, root)'
                " VALUES (%s, %s, %s, %s, %s, %s, %s)",
                values,
            )
    except IntegrityError:
        message = f"The ledger's head is damaged: entry {entry.seq} stands already."
        raise Damaged(message, mend="Run `pehra ledger verify`.") from None


def _advance(frontier: Frontier) -> None:
    with transaction.get_connection().cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_head SET size = %s, frontier = %s WHERE id = 1",
            (frontier.size, frontier.packed),
        )


def _locked_frontier() -> Frontier:
    """The head, locked until the transaction ends (SQLite: by BEGIN IMMEDIATE already)."""
    stored = _locked_head()
    if stored is None:
        Head.objects.bulk_create([Head(pk=1)], ignore_conflicts=True)
        stored = _locked_head() or (0, b"")
    try:
        return Frontier.unpack(stored[0], bytes(stored[1]))
    except (TypeError, ValueError) as error:
        message = f"The ledger's head is damaged: {error}."
        raise Damaged(message, mend="Run `pehra ledger verify`.") from None


def _locked_head() -> tuple[int, bytes] | None:
    connection = transaction.get_connection()
    words = "SELECT size, frontier FROM ledger_head WHERE id = 1"
    if connection.features.has_select_for_update:
        words += " FOR UPDATE"
    with connection.cursor() as cursor:
        cursor.execute(words)
        found: tuple[int, bytes] | None = cursor.fetchone()
    return found


def _check_continues(latest: Checkpoint, tree: Tree, key: SigningKey) -> None:
    """A log never signs what is inconsistent with what it signed before (tlog-checkpoint)."""
    signed = checkpoints.verify(latest.note, key.verifier)
    if signed.root != _stored_root(signed.size) or tree.root != _stored_root(tree.size):
        message = f"The log is not the one that was signed at {signed.size}."
        raise Damaged(message, mend="Run `pehra ledger verify`; restore a backup.")


def _stored_root(size: int) -> bytes | None:
    if size == 0:
        return EMPTY_ROOT
    entry = Entry.objects.filter(seq=size - 1).values_list("root", flat=True).first()
    return None if entry is None else bytes(entry)
