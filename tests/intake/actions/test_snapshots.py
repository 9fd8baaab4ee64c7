"""What a list is compared with, and what is needed for the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pehra.engines.blobs.files import Blob
from pehra.intake import actions
from pehra.intake.models import Alarm, Batch
from pehra.kernel.actors import SYSTEM

if TYPE_CHECKING:
    from pehra.intake.actions import Received

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


def come(digest: str, listed: int, day: int, **more: object) -> Received:
    """A list that came and was judged."""
    blob = Blob(digest, 1, Path("none"))
    name = actions.receive(
        blob, "ipsum", "ipsum.txt", options={}, part_bytes=1, now=NOW + day * DAY
    )
    found = actions.Found("", NOW + day * DAY, listed, 0, **more)  # type: ignore[arg-type] # a test's own words
    against = actions.newest("ipsum", "")
    told = actions.judge(name, found, against=against, actor=SYSTEM, now=NOW)
    Batch.objects.filter(id=name).update(state=Batch.State.APPLIED)
    return told


def test_each_is_compared_with_the_one_before() -> None:
    first, second = come("a", 100, 0), come("b", 110, 1)
    assert (first.against, first.verdict, second.against) == ("", "good", first.id)
    assert [one.id for one in actions.standing(second.id)] == [second.id]
    assert actions.needed_blobs() == {"b"}


def test_what_is_held_stands_upon_the_last_that_was_good() -> None:
    come("a", 100, 0)
    held = [come("b", 10, 1), come("c", 12, 2)]
    assert [one.verdict for one in held] == ["held", "held"]
    assert [one.sha256 for one in actions.standing(held[1].id)] == ["c", "b", "a"]
    assert actions.needed_blobs() == {"a", "b", "c"}
    come("d", 101, 3)
    assert actions.needed_blobs() == {"d"}


def test_the_same_bytes_again_are_a_batch_of_their_own() -> None:
    names = [come("a", 100, day).id for day in range(3)]
    assert len(set(names)) == 3
    assert list(Batch.objects.order_by("place").values_list("place", flat=True)) == [1, 2, 3]


def test_a_judgement_is_made_once() -> None:
    first = come("a", 100, 0)
    found = actions.Found("", NOW, 0, 0)
    again = actions.judge(first.id, found, against="x", actor=SYSTEM, now=NOW + DAY)
    assert (again.against, again.verdict) == ("", "good")
    assert not Alarm.objects.exists()


def test_what_is_judged_and_not_at_its_end_is_under_way() -> None:
    first = come("a", 100, 0)
    assert actions.under_way("ipsum") == []
    Batch.objects.filter(id=first.id).update(state=Batch.State.READING)
    assert actions.under_way("ipsum") == [first.id]


def test_a_canary_that_was_accepted_holds_nothing_any_more() -> None:
    held = come("a", 100, 0, canaries=["8.8.8.8"])
    (alarm,) = Alarm.objects.all()
    actions.accept(alarm.pk, actor=SYSTEM, why="They do that.", now=NOW + DAY)
    assert held.verdict == "held"
    assert actions.accepted_canaries("ipsum", "") == {"8.8.8.8"}


def test_what_is_none_is_laid_to_the_list_of_its_name() -> None:
    come("a", 100, 0)
    for digest, size, kind in (("b", 0, "empty"), ("c", 9, "unreadable")):
        blob = Blob(digest, size, Path("none"))
        name = actions.receive(blob, "ipsum", "ipsum.txt", options={}, part_bytes=1, now=NOW + DAY)
        actions.refuse(name, actor=SYSTEM, now=NOW)
        assert Alarm.objects.get(state="open").kind == kind
        come(f"{digest}2", 100, 2)
        assert not Alarm.objects.filter(state="open")
