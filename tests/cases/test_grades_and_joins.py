"""A grade that stood binds who comes after; what is merged or split keeps its grade and clocks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.cases.conftest import AMNA, BILAL, DIRECTOR, NOW, Nation, opened
from tests.cases.test_severity import MILDEST, WORST
from tests.cases.test_story import advance, case_of, lead, meet, runs

from pehra.cases.actions import clocks as acts
from pehra.cases.actions import grades, joins, links, teams
from pehra.cases.models.case import Case, Deadline, Task
from pehra.cases.queries.page import Place, whole
from pehra.cases.rules import Act
from pehra.cases.severity import Grading, Right
from pehra.kernel.actors import SYSTEM
from pehra.kernel.errors import Refused
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER

MILD, BAD = Grading(grade=6, axes=MILDEST), Grading(grade=1, axes=WORST)
LATER = NOW + timedelta(hours=1)


def graded(number: int, wish: Grading, right: Right = Right.DIRECTOR) -> bool:
    by = {Right.ANALYST: BILAL, Right.DIRECTOR: DIRECTOR}.get(right, AMNA)
    return grades.grade(number, wish, right=right, actor=by, at=NOW)


def worst(number: int) -> int | None:
    return whole(number, Place(), viewer=SYSTEM_VIEWER).worst


def test_an_analyst_does_not_lower_what_is_national(clocks: Nation) -> None:
    number = opened(clocks)
    graded(number, BAD)
    with pytest.raises(Refused, match="The case is C1; only the nation's officers"):
        graded(number, MILD, Right.ANALYST)
    assert graded(number, MILD, Right.OFFICER)
    assert (case_of(number).severity, case_of(number).provisional, worst(number)) == (6, True, 1)
    with pytest.raises(Refused, match="The case is C1"):
        graded(number, MILD, Right.ANALYST)
    assert acts.fire_due(actor=SYSTEM, at=NOW + timedelta(days=90)) == 1  # triage alone
    assert case_of(number).provisional
    grades.confirm_grade(number, actor=DIRECTOR, at=NOW)
    assert not graded(number, MILD, Right.ANALYST)
    assert worst(number) == 1


def test_a_guess_that_nobody_confirmed_decides_nothing(clocks: Nation) -> None:
    number = opened(clocks)
    graded(number, BAD, Right.OFFICER)
    graded(number, MILD)
    assert worst(number) == 6


def test_a_repeated_grade_leaves_the_director_s_hours(clocks: Nation) -> None:
    number = opened(clocks)
    for at in (NOW, LATER):
        grades.grade(number, BAD, right=Right.OFFICER, actor=AMNA, at=at)
    assert runs(number)["case-grade"] == timedelta(hours=2)
    acts.fire_due(actor=SYSTEM, at=NOW + timedelta(hours=2))
    assert (case_of(number).provisional, worst(number)) == (False, 1)


def test_a_merge_keeps_the_worse_grade_and_the_clocks(clocks: Nation) -> None:
    bad = opened(clocks)
    ungraded = opened(clocks, affected=(clocks.ministry,))
    grades.grade(bad, BAD, right=Right.OFFICER, actor=AMNA, at=NOW)
    meet(bad, "early-warning", text="By telephone.", actor=AMNA, at=NOW)
    before, alone = runs(bad), runs(ungraded)
    join = joins.merge(bad, ungraded, why="One note.", actor=AMNA, at=LATER)
    found = case_of(ungraded)
    assert (found.severity, found.provisional) == (1, True)
    assert runs(ungraded) == before
    assert "early-warning" not in before
    joins.undo(join, why="Two notes.", actor=AMNA, at=LATER)
    found = case_of(ungraded)
    assert (found.severity, found.provisional, worst(ungraded)) == (None, False, None)
    assert (runs(bad), runs(ungraded)) == (before, alone)
    joins.merge(ungraded, bad, why="One note.", actor=AMNA, at=LATER)
    assert case_of(bad).severity == 1


def test_a_grade_after_the_merge_outlives_its_undo(clocks: Nation) -> None:
    bad, other = opened(clocks), opened(clocks)
    graded(bad, BAD)
    join = joins.merge(bad, other, why="One note.", actor=AMNA, at=NOW)
    graded(other, MILD)
    joins.undo(join, why="Two notes.", actor=AMNA, at=NOW)
    assert (case_of(other).severity, worst(other)) == (6, 6)


def test_merges_are_undone_from_the_last_on(clocks: Nation) -> None:
    stays = opened(clocks)
    early = [opened(clocks, aware_at=NOW - timedelta(hours=hours)) for hours in (1, 2)]
    first, second = (joins.merge(one, stays, why="x", actor=AMNA, at=NOW) for one in early)
    with pytest.raises(Refused, match=f"Case {early[1]} was merged into case {stays} later"):
        joins.undo(first, why="x", actor=AMNA, at=NOW)
    root = opened(clocks)
    third = joins.merge(stays, root, why="x", actor=AMNA, at=NOW)
    with pytest.raises(Refused, match=f"merged into case {root} meanwhile"):
        joins.undo(second, why="x", actor=AMNA, at=NOW)
    for join in (third, second, first):
        joins.undo(join, why="x", actor=AMNA, at=NOW)
    assert case_of(stays).aware_at == case_of(root).aware_at == NOW


def test_a_split_stays_with_its_teams_and_its_grade(clocks: Nation) -> None:
    number = opened(clocks)
    teams.support(number, clocks.ncert, actor=AMNA, at=NOW)
    graded(number, BAD)
    link = links.link(number, "order", 7, actor=AMNA, at=NOW)
    parts = joins.Parts(title="Another", links=(link,))
    joins.split(number, parts, why="Two matters.", actor=AMNA, at=NOW)
    with as_system():
        other = Case.objects.get(origin="split").pk
    assert lead(other) == {clocks.fincert: "lead", clocks.ncert: "support"}
    assert (case_of(other).severity, worst(other)) == (1, 1)
    assert "early-warning" in runs(other)


def test_what_is_open_is_shown_however_long_the_case(clocks: Nation) -> None:
    number = opened(clocks)
    advance(number, Act.TRIAGE)
    graded(number, BAD)
    with as_system():
        Deadline.objects.bulk_create(
            Deadline(case_id=number, kind="x", started_at=NOW, due_at=NOW, met_at=NOW)
            for _ in range(120)
        )
        done = {"done_at": NOW, "opened_at": NOW, "opened_by": "a", "case_id": number}
        Task.objects.bulk_create(Task(title="done", **done) for _ in range(120))
        Task.objects.create(title="last", **{**done, "done_at": None})
        Task.objects.create(title="due", due_at=NOW, **{**done, "done_at": None})
    seen = whole(number, Place(), viewer=SYSTEM_VIEWER)
    running = [one.running for one in seen.deadlines]
    assert running == sorted(running, reverse=True)
    assert (running.count(True), running.count(False)) == (len(runs(number)), 100)
    titles = [one.title for one in seen.tasks]
    assert [one for one in titles if one != "done"] == titles[:3]
    assert (titles[0], titles.count("done")) == ("due", 100)
