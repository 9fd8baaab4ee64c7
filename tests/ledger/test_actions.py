"""Appending and signing: what is stored, what is refused, what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from pehra.kernel.errors import Damaged, UsageError
from pehra.ledger import actions, body, checkpoint, merkle, queries
from pehra.ledger.merkle import Tree
from pehra.ledger.models import Checkpoint, Entry, Head

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pehra.kernel.actors import Actor
    from pehra.ledger.checkpoint import SigningKey


@pytest.mark.django_db
def test_an_entry_says_who_did_what(actor: Actor, now: datetime) -> None:
    with transaction.atomic():
        seq = actions.append("cases.open", actor=actor, subject="case:1", facts={"n": 1}, now=now)
    entry = Entry.objects.get()
    data = bytes(entry.body)
    found = body.decode(data)
    assert (seq, entry.seq, entry.act, entry.subject, entry.at) == (
        0,
        0,
        "cases.open",
        "case:1",
        now,
    )
    assert (found.actor, found.facts, found.at) == (actor, {"n": 1}, "2026-11-22T09:30:00.123456Z")
    assert bytes(entry.leaf) == bytes(entry.root) == merkle.leaf_hash(data)


@pytest.mark.django_db
def test_roots_are_those_of_the_bodies(write: Callable[[int], None]) -> None:
    write(21)
    bodies = [bytes(entry.body) for entry in Entry.objects.order_by("seq")]
    leaves = [merkle.leaf_hash(data) for data in bodies]
    roots = [bytes(entry.root) for entry in Entry.objects.order_by("seq")]
    assert roots == [merkle.root_of(leaves[: size + 1]) for size in range(21)]
    assert queries.head() == Tree(21, roots[-1])


@pytest.mark.django_db(transaction=True)
def test_an_act_that_is_undone_leaves_no_entry(actor: Actor, now: datetime) -> None:
    with transaction.atomic():
        actions.append("a.b", actor=actor, subject="s", facts={}, now=now)
        transaction.set_rollback(True)
    with transaction.atomic():
        assert actions.append("a.b", actor=actor, subject="s", facts={}, now=now) == 0
    assert queries.verify(None).ok


@pytest.mark.django_db(transaction=True)
def test_no_entry_without_a_transaction(actor: Actor, now: datetime) -> None:
    with pytest.raises(RuntimeError, match="in the transaction of its act"):
        actions.append("a.b", actor=actor, subject="s", facts={}, now=now)


@pytest.mark.django_db
def test_what_cannot_be_written_is_not(actor: Actor, now: datetime) -> None:
    with pytest.raises(UsageError):
        actions.append("nonsense", actor=actor, subject="s", facts={}, now=now)
    assert Entry.objects.count() == 0


@pytest.mark.django_db
def test_an_append_is_three_statements_at_any_size(
    write: Callable[[int], None], actor: Actor, now: datetime
) -> None:
    for size in (1, 64):
        write(size)
        with transaction.atomic(), CaptureQueriesContext(connection) as seen:
            actions.append("a.b", actor=actor, subject="s", facts={}, now=now)
        assert len(seen) == 3


@pytest.mark.django_db
def test_a_checkpoint_is_of_the_log(
    write: Callable[[int], None], key: SigningKey, now: datetime
) -> None:
    write(5)
    note = actions.checkpoint(key, now=now)
    assert checkpoint.verify(note, key.verifier) == queries.head()
    assert queries.latest_checkpoint() == note
    assert actions.checkpoint(key, now=now) == note
    assert Checkpoint.objects.count() == 1


@pytest.mark.django_db
def test_the_empty_log_can_be_signed(key: SigningKey, now: datetime) -> None:
    note = actions.checkpoint(key, now=now)
    assert checkpoint.verify(note, key.verifier) == Tree(0, merkle.EMPTY_ROOT)


@pytest.mark.django_db
def test_a_rewritten_log_is_never_signed(
    write: Callable[[int], None], key: SigningKey, actor: Actor, now: datetime
) -> None:
    write(5)
    actions.checkpoint(key, now=now)
    Entry.objects.all().delete()
    Head.objects.all().delete()
    with transaction.atomic():
        actions.append("a.b", actor=actor, subject="s", facts={}, now=now)
    write(5)
    with pytest.raises(Damaged, match="not the one that was signed at 5"):
        actions.checkpoint(key, now=now)


@pytest.mark.django_db
def test_a_damaged_head_appends_nothing(actor: Actor, now: datetime) -> None:
    Head.objects.create(pk=1, size=3, frontier=b"short")
    with pytest.raises(Damaged, match="head is damaged"):
        actions.append("a.b", actor=actor, subject="s", facts={}, now=now)


@pytest.mark.django_db
def test_a_head_that_was_lost_appends_nothing(write: Callable[[int], None]) -> None:
    write(2)
    Head.objects.all().delete()
    with pytest.raises(Damaged, match="entry 0 stands already"):
        write(1)
