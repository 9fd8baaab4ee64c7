"""The verdict over a log that somebody altered, and the proofs that outsiders get."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection, transaction

from pehra.kernel.errors import Damaged, UsageError
from pehra.ledger import actions, body, checkpoint, merkle, proof, queries
from pehra.ledger.audit import Verdict
from pehra.ledger.checkpoint import SigningKey
from pehra.ledger.merkle import Frontier, Tree
from pehra.ledger.models import Checkpoint, Entry, Head

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pehra.kernel.actors import Actor

    Write = Callable[[int], None]

pytestmark = pytest.mark.django_db


def rebuild(upto: int | None = None) -> None:
    """What one who can write the tables would do: make leaves, roots and head fit again."""
    frontier = Frontier()
    for entry in Entry.objects.order_by("seq"):
        leaf = merkle.leaf_hash(bytes(entry.body))
        frontier = frontier.appended(leaf)
        if upto is None or entry.seq <= upto:
            Entry.objects.filter(pk=entry.pk).update(leaf=leaf, root=frontier.root)
    if upto is None:
        Head.objects.update(size=frontier.size, frontier=frontier.packed)


def other_body(seq: int) -> bytes:
    return bytes(Entry.objects.get(seq=seq).body).replace(b"finding:", b"finDing:")


def test_an_untouched_log_holds(write: Write, key: SigningKey, now: datetime) -> None:
    write(3)
    actions.checkpoint(key, now=now)
    write(4)
    actions.checkpoint(key, now=now)
    write(1)
    root = queries.head().root.hex()
    assert queries.verify(key.verifier) == Verdict(ok=True, size=8, root=root, checkpoints=2)


def test_an_empty_log_holds(key: SigningKey, now: datetime) -> None:
    root = merkle.EMPTY_ROOT.hex()
    assert queries.verify(None) == Verdict(ok=True, size=0, root=root, checkpoints=0)
    actions.checkpoint(key, now=now)
    assert queries.verify(key.verifier) == Verdict(ok=True, size=0, root=root, checkpoints=1)


def test_a_changed_body_is_named(write: Write) -> None:
    write(10)
    Entry.objects.filter(seq=6).update(body=other_body(6))
    verdict = queries.verify(None)
    assert (verdict.ok, verdict.bad, verdict.size) == (False, 6, 6)
    assert verdict.what == "The body of entry 6 is not the one that was hashed."


def test_a_changed_body_with_its_leaf_is_named(write: Write) -> None:
    write(10)
    data = other_body(6)
    Entry.objects.filter(seq=6).update(body=data, leaf=merkle.leaf_hash(data), subject="finDing:0")
    verdict = queries.verify(None)
    assert (verdict.ok, verdict.bad) == (False, 6)
    assert verdict.what.startswith("The root at entry 6 does not follow")


def test_a_changed_entry_with_its_root_is_named_as_the_one_before(write: Write) -> None:
    write(10)
    Entry.objects.filter(seq=6).update(body=other_body(6), subject="finDing:0")
    rebuild(upto=6)
    verdict = queries.verify(None)
    assert (verdict.ok, verdict.bad) == (False, 7)
    assert verdict.what == (
        "The root at entry 7 does not follow: it was rewritten, "
        "or entry 6 was together with its root."
    )


@pytest.mark.parametrize("column", ["act", "subject", "at"])
def test_a_changed_column_is_named(write: Write, now: datetime, column: str) -> None:
    write(5)
    other = now + timedelta(microseconds=1) if column == "at" else "other"
    Entry.objects.filter(seq=2).update(**{column: other})
    verdict = queries.verify(None)
    assert (verdict.ok, verdict.bad) == (False, 2)
    assert verdict.what == f"{column} of entry 2 differs from its body."


@pytest.mark.parametrize("seq", [0, 2, 4])
def test_a_removed_entry_is_named(write: Write, seq: int) -> None:
    write(5)
    Entry.objects.filter(seq=seq).delete()
    verdict = queries.verify(None)
    assert (verdict.ok, verdict.bad) == (False, seq)


def test_entries_that_changed_places_are_named(write: Write) -> None:
    write(5)
    first, second = Entry.objects.get(seq=1), Entry.objects.get(seq=3)
    Entry.objects.filter(seq__in=(1, 3)).delete()
    first.seq, second.seq = 3, 1
    Entry.objects.bulk_create([first, second])
    rebuild()
    verdict = queries.verify(None)
    assert (verdict.ok, verdict.bad) == (False, 1)
    assert verdict.what == "seq of entry 1 differs from its body."


def test_an_entry_slipped_in_at_the_end_is_named(write: Write, now: datetime) -> None:
    write(3)
    Entry.objects.create(
        seq=3, body=b"{}", act="a.b", subject="s", at=now, leaf=merkle.leaf_hash(b"{}"), root=b"r"
    )
    verdict = queries.verify(None)
    assert (verdict.ok, verdict.bad) == (False, 3)


def test_a_head_set_back_is_noticed(write: Write) -> None:
    write(3)
    kept = Head.objects.get()
    write(1)
    Head.objects.update(size=kept.size, frontier=kept.frontier)
    verdict = queries.verify(None)
    assert (verdict.ok, verdict.bad) == (False, 3)
    assert verdict.what == "The head says 3 entries, 4 stand."


def test_a_head_of_another_log_is_noticed(write: Write) -> None:
    write(2)
    Head.objects.update(frontier=b"x" * 32)
    verdict = queries.verify(None)
    assert (verdict.ok, verdict.what) == (
        False,
        "The head's hashes are not those of the entries.",
    )


def test_entries_cut_from_the_end_are_missed_by_a_checkpoint(
    write: Write, key: SigningKey, now: datetime
) -> None:
    write(5)
    actions.checkpoint(key, now=now)
    Entry.objects.filter(seq__gte=3).delete()
    rebuild()
    verdict = queries.verify(key.verifier)
    assert (verdict.ok, verdict.bad) == (False, 3)
    assert verdict.what == "Entries are missing: a checkpoint was signed at 5."


def test_a_log_rewritten_throughout_contradicts_its_checkpoint(
    write: Write, key: SigningKey, now: datetime
) -> None:
    write(3)
    actions.checkpoint(key, now=now)
    write(4)
    actions.checkpoint(key, now=now)
    Entry.objects.filter(seq=5).update(body=other_body(5), subject="finDing:2")
    rebuild()
    assert queries.verify(None).what == ("The checkpoints cannot be verified: there is no key.")
    verdict = queries.verify(key.verifier)
    assert (verdict.ok, verdict.bad, verdict.checkpoints) == (False, 3, 1)
    assert verdict.what == "Of the entries 3 to 6 one was rewritten: the checkpoint says so."


def test_a_kept_note_catches_what_no_stored_one_can(
    write: Write, key: SigningKey, now: datetime
) -> None:
    write(4)
    kept = actions.checkpoint(key, now=now)
    assert queries.verify(key.verifier, kept=[kept]).checkpoints == 2
    Entry.objects.all().delete()
    Head.objects.all().delete()
    Checkpoint.objects.all().delete()
    assert queries.verify(key.verifier).ok
    verdict = queries.verify(key.verifier, kept=[kept])
    assert verdict.what == "Entries are missing: a checkpoint was signed at 4."


def test_an_altered_checkpoint_is_noticed(write: Write, key: SigningKey, now: datetime) -> None:
    write(2)
    note = actions.checkpoint(key, now=now)
    forged = checkpoint.sign(Tree(2, b"x" * 32), SigningKey(key.name, bytes(32)))
    for change, what in (
        ({"note": note.replace("\n2\n", "\n1\n")}, "The signature of the checkpoint at 1"),
        ({"note": forged}, "The checkpoint at 2 is not signed by"),
        ({"size": 1}, "The checkpoint at 2 differs from its columns."),
    ):
        Checkpoint.objects.update(**{"size": 2, "note": note, **change})
        verdict = queries.verify(key.verifier)
        assert (verdict.ok, verdict.what[: len(what)]) == (False, what)


def test_values_of_another_kind_are_a_fault_and_no_traceback(
    write: Write, key: SigningKey, now: datetime
) -> None:
    if connection.vendor == "postgresql":
        return  # it keeps kinds apart by itself
    write(4)
    actions.checkpoint(key, now=now)
    for change in (
        "ledger_entry SET body = CAST(body AS TEXT) || 'x' WHERE seq = 2",
        "ledger_entry SET body = 12 WHERE seq = 2",
        "ledger_entry SET leaf = 999999999999 WHERE seq = 2",
        "ledger_entry SET root = 'text' WHERE seq = 2",
        "ledger_entry SET \"at\" = '2026-13-45' WHERE seq = 2",
        "ledger_entry SET \"at\" = x'00' WHERE seq = 2",
        "ledger_entry SET act = 7 WHERE seq = 2",
        "ledger_entry SET seq = 'two' WHERE seq = 2",
        "ledger_head SET size = 'four'",
        "ledger_head SET frontier = 7",
        "ledger_checkpoint SET size = 'four'",
        "ledger_checkpoint SET note = 7",
    ):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {change}")
            verdict = queries.verify(key.verifier)
            assert not verdict.ok, change
            assert verdict.bad in ((2,) if "seq = 2" in change else (None, 0)), change
            transaction.set_rollback(True)
    assert queries.verify(key.verifier).ok


def test_bytes_that_are_no_text_are_damage_and_no_traceback(write: Write) -> None:
    if connection.vendor == "postgresql":
        return  # it takes none
    write(4)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_entry SET act = CAST(x'ff' AS TEXT) WHERE seq = 2")
    with pytest.raises(Damaged, match="cannot be read"):
        queries.verify(None)


def test_progress_is_told(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "_CHUNK", 2)
    write(5)
    told: list[tuple[int, int]] = []
    assert queries.verify(None, progress=lambda done, total: told.append((done, total))).ok
    assert told == [(2, 5), (4, 5)]


def test_entries_of_a_subject(write: Write) -> None:
    write(7)
    assert [found.seq for found in queries.show("finding:0")] == [6, 3, 0]
    assert [found.seq for found in queries.show("finding:0", limit=1)] == [6]
    assert [found.seq for found in queries.recent(before=3, limit=2)] == [2, 1]
    assert queries.recent(limit=1)[0].facts == {"number": 6, "text": "جواب"}


def test_exported_bodies_are_the_leaves(write: Write) -> None:
    write(4)
    lines = list(queries.exported(3))
    assert [body.decode(line).seq for line in lines] == [0, 1, 2]
    assert merkle.root_of(merkle.leaf_hash(line) for line in lines) == bytes(
        Entry.objects.get(seq=2).root
    )


def test_every_entry_can_be_proven(write: Write, key: SigningKey, now: datetime) -> None:
    write(13)
    actions.checkpoint(key, now=now)
    write(2)
    sizes = [
        proof.check(queries.prove_inclusion(seq, key.verifier), key.verifier) for seq in range(13)
    ]
    assert sizes == [13] * 13
    with pytest.raises(UsageError, match="No checkpoint covers entry 13"):
        queries.prove_inclusion(13, key.verifier)
    with pytest.raises(UsageError, match="There is no entry 15"):
        queries.prove_inclusion(15, key.verifier)


def test_every_checkpoint_continues_the_ones_before(
    write: Write, key: SigningKey, now: datetime
) -> None:
    notes = [actions.checkpoint(key, now=now)]
    for size in (1, 2, 5, 7):
        write(size)
        notes.append(actions.checkpoint(key, now=now))
    for note in notes:
        made = queries.prove_consistency(note, key.verifier)
        assert proof.check(made, key.verifier) == 15


def test_no_proof_for_another_log(write: Write, key: SigningKey, now: datetime) -> None:
    write(3)
    with pytest.raises(UsageError, match="newest checkpoint is at 0"):
        queries.prove_consistency(checkpoint.sign(Tree(1, b"x" * 32), key), key.verifier)
    actions.checkpoint(key, now=now)
    with pytest.raises(Damaged, match="does not hold"):
        queries.prove_consistency(checkpoint.sign(Tree(2, b"x" * 32), key), key.verifier)
    with pytest.raises(UsageError, match="newest checkpoint is at 3, before 9"):
        queries.prove_consistency(checkpoint.sign(Tree(9, b"x" * 32), key), key.verifier)


@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_acts_since_a_moment_are_all_there(
    write: Write, actor: Actor, now: datetime, at_once: int
) -> None:
    write(6)
    late = now + timedelta(seconds=1)
    actions.append("jobs.end", actor=actor, subject="x", facts={}, now=late)
    since = queries.since(now + timedelta(seconds=2), at_once=at_once)
    assert [one.seq for one in since] == [5, 4, 3, 2]
    tomorrow = now + timedelta(days=1)
    assert list(queries.since(tomorrow, at_once=at_once)) == []
    everything = queries.since(now - timedelta(days=1), at_once=at_once)
    assert [one.seq for one in everything] == [6, 5, 4, 3, 2, 1, 0]
