"""Exercises and what was learned, for their readers alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.cases.conftest import AMNA, NOW, Nation, opened

from pehra.cases.actions.tasks import Wish, finish, give
from pehra.cases.exercises.actions.play import begin, end
from pehra.cases.exercises.queries import exercise, exercises, injects, lessons

pytestmark = pytest.mark.django_db


def test_only_teams_in_the_case_see_an_exercise(nation: Nation) -> None:
    number = begin("bank-wiper", (nation.bank,), actor=AMNA, at=NOW)
    end(number, actor=AMNA, at=NOW)
    assert [one.id for one in exercises(viewer=nation.of_fincert)] == [number]
    for viewer in (nation.of_bank, nation.of_ministry):
        assert exercise(number, viewer=viewer) is None
        assert injects(number, viewer=viewer) == []


def test_what_was_learned_is_followed_to_its_end(nation: Nation) -> None:
    case = opened(nation)
    wish = Wish(
        title="Second numbers", assignee="bilal", due_at=NOW + timedelta(days=9), after_action=True
    )
    task = give(case, wish, actor=AMNA, at=NOW)
    give(case, Wish(title="A task"), actor=AMNA, at=NOW)
    (learned,) = lessons(viewer=nation.of_fincert, case=case, standing=True)
    assert (learned.owner, learned.title, learned.exercise) == ("bilal", "Second numbers", False)
    finish(task, "Done, and tried.", actor=AMNA, at=NOW)
    assert lessons(viewer=nation.of_fincert, standing=True) == []
    (done,) = lessons(viewer=nation.of_fincert)
    assert (done.done_by, done.outcome) == ("amna", "Done, and tried.")
    assert lessons(viewer=nation.of_bank) == []
