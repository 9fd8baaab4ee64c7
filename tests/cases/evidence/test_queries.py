"""What of evidence its readers see: the team's office, whoever asked, and everybody."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.cases.evidence.conftest import NOW, hand

from pehra.cases.evidence import queries
from pehra.cases.evidence.actions.requests import Move, advance
from pehra.cases.evidence.rules import Count
from pehra.cases.models.case import Case
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer

if TYPE_CHECKING:
    from tests.cases.evidence.conftest import Room

pytestmark = pytest.mark.django_db


def test_whoever_asked_sees_the_request_and_nothing_of_the_items(room: Room) -> None:
    item, number = room.add(b"x"), room.asked()
    for to, who in (("identity_check", "custodian"), ("legality", "lawyer")):
        advance(number, Move(to=to, text="looked at the letter"), hand=hand(who), now=NOW)
    narrow = Move(to="narrowed", text="only what is asked for", items=(item,))
    advance(number, narrow, hand=hand("lawyer"), now=NOW)
    asker = Viewer("l", organisations=frozenset({room.agency}))
    found = queries.course(number, viewer=asker)
    assert found is not None
    assert (found.request.state, len(found.steps), found.choices) == ("narrowed", 4, ())
    assert queries.items(viewer=asker) == []
    ours = queries.course(number, viewer=room.keeper.viewer)
    assert ours is not None
    assert [one.item for one in ours.choices] == [item]
    assert queries.case_of(item, viewer=asker) is None
    assert queries.case_of(item, viewer=SYSTEM_VIEWER) == room.case
    bank = Viewer("b", organisations=frozenset({room.bank}))
    assert (queries.course(number, viewer=bank), queries.requests(viewer=bank)) == (None, [])
    handled = [queries.handled(number, viewer=one) for one in (asker, bank, room.keeper.viewer)]
    assert handled == [False, False, True]


def test_lists_go_from_the_newest_and_say_what_runs_out(room: Room) -> None:
    first, second = room.add(b"x"), room.add(b"y")
    assert [one.id for one in queries.items(viewer=SYSTEM_VIEWER)] == [second, first]
    assert [one.id for one in queries.items(viewer=SYSTEM_VIEWER, before=second)] == [first]
    assert queries.items(viewer=SYSTEM_VIEWER, case=99) == []
    until = (NOW + timedelta(days=30)).date()
    kept = room.asked(kind="preserve", ground="law-31", preserve_until=until)
    gone = room.asked(ground="")
    found = queries.requests(viewer=SYSTEM_VIEWER)
    assert [one.id for one in found] == [gone, kept]
    assert [one.id for one in queries.requests(viewer=SYSTEM_VIEWER, waiting=True)] == [kept]
    assert [one.id for one in queries.requests(viewer=SYSTEM_VIEWER, before=gone)] == [kept]
    day = timedelta(days=1)
    assert [found[1].runs_out(until - days * day) for days in (8, 7)] == [False, True]
    assert found[0].runs_out(until) is False


def test_the_public_counts_without_exercises_and_without_small_numbers(room: Room) -> None:
    for _ in range(6):
        room.asked(ground="")
    room.asked()
    found = queries.public()
    assert found.agencies == (Count("Investigators", 7),)
    assert found.grounds == (Count("An Act, section 32", None), Count("none", None))
    assert found.results == (Count("refused", None), Count("under-way", None))
    with as_system():
        Case.objects.update(exercise=True)
    assert queries.public() == queries.Public((), (), ())
