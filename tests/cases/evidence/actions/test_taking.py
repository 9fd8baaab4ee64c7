"""What comes in is what was given, and is either kept or can be brought again."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from tests.cases.evidence.conftest import NOW, WATCH, new
from tests.cases.evidence.test_actions import DATA

from pehra.cases.evidence.actions import closing, keeping, taking
from pehra.cases.evidence.actions.keeping import Hold
from pehra.cases.models.evidence import EvidenceItem
from pehra.engines.vault import files as vault
from pehra.engines.vault.pour import digests
from pehra.jobs.models import Job
from pehra.kernel.errors import Damaged, Refused
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from tests.cases.evidence.conftest import Room

pytestmark = pytest.mark.django_db


def begun(room: Room, size: int = len(DATA)) -> int:
    return taking.begin(room.home, new(room, size), actor=room.keeper.actor, now=NOW)


def row_of(number: int) -> EvidenceItem:
    with as_system():
        return EvidenceItem.objects.get(pk=number)


@pytest.mark.parametrize(("size", "brought"), [(len(DATA), b"x" * len(DATA)), (0, b"12345")])
def test_another_file_is_not_taken_for_the_one_that_is_here(
    room: Room, size: int, brought: bytes
) -> None:
    number = begun(room, size)
    taking.put(room.home, number, 0, io.BytesIO(DATA[:size]))
    actor = room.keeper.actor
    with pytest.raises(Damaged, match="is not this file"):
        taking.take(room.home, number, io.BytesIO(brought), actor=actor, watch=WATCH)
    assert row_of(number).state == "coming"
    found = taking.take(room.home, number, io.BytesIO(DATA[:size]), actor=actor, watch=WATCH)
    assert found.size == size


def test_what_was_sealed_and_not_written_down_is_closed(room: Room) -> None:
    number = begun(room)
    taking.put(room.home, number, 0, io.BytesIO(DATA))
    vault.finish(room.home, row_of(number).storage)
    with as_system():
        EvidenceItem.objects.update(received=0)
    assert taking.close(room.home, number, actor=room.keeper.actor, now=NOW).size == len(DATA)


def test_a_form_s_file_is_whole_or_no_item(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = "ab" * 16
    vault.begin(room.home, storage)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(vault, "finish", killed)
    sealed = taking.Sealed(storage, digests([]))
    with pytest.raises(KeyboardInterrupt):
        taking.adopt(room.home, new(room, 0), sealed, actor=room.keeper.actor, now=NOW)
    with as_system():
        assert EvidenceItem.objects.count() == 0


def test_what_was_destroyed_meanwhile_is_not_kept(room: Room) -> None:
    number = begun(room, 0)
    row = row_of(number)
    held = keeping.hold(number, Hold("a court has ordered it"), room.keeper, now=NOW)
    with pytest.raises(Refused, match="A legal hold keeps it"):
        keeping.destroy(room.home, number, "it never came in", room.keeper, now=NOW)
    keeping.release(held, "the court has decided", room.keeper, now=NOW)
    keeping.destroy(room.home, number, "it never came in", room.keeper, now=NOW)
    with pytest.raises(Refused, match="is destroyed already"):
        taking._finish(  # noqa: SLF001 as it goes on after a destruction
            room.home, row, digests([]), actor=room.keeper.actor, now=NOW
        )
    assert row_of(number).state == "destroyed"


def test_a_large_file_is_digested_by_one_job(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "AT_ONCE", 0)
    number = begun(room)
    taking.put(room.home, number, 0, io.BytesIO(DATA))
    for _ in range(2):
        assert not closing.close_or_queue(room.home, number, actor=room.keeper.actor, now=NOW)
    assert Job.objects.filter(kind=closing.CLOSE).count() == 1
