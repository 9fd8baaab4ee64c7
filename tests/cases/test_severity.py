"""The aid suggests by eight answers; floors, rights and reasons bind who grades."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pehra.cases.severity import AXES, BANDS, Grading, Right, check_grading, floor_of, suggest
from pehra.kernel.errors import PehraError, Refused, UsageError

WORST = {axis: max(points, key=lambda one: points[one]) for axis, (_, points) in AXES.items()}
MILDEST = {axis: min(points, key=lambda one: points[one]) for axis, (_, points) in AXES.items()}

answers = some.fixed_dictionaries(
    {axis: some.sampled_from(sorted(points)) for axis, (_, points) in AXES.items()}
)


@given(answers, some.sampled_from(sorted(AXES)))
def test_a_worse_answer_never_gives_a_milder_grade(axes: dict[str, str], axis: str) -> None:
    before, after = suggest(axes), suggest({**axes, axis: WORST[axis]})
    assert after.score >= before.score
    assert after.grade <= before.grade
    least = [edge for edge, grade in BANDS if grade == before.band]
    assert before.score >= max(least, default=0)


@given(answers, some.sampled_from(Right), some.integers(1, 6), some.sampled_from((3, 6)))
def test_what_passes_is_within_one_of_the_aid_and_the_floor(
    axes: dict[str, str], right: Right, grade: int, floor: int
) -> None:
    said = suggest(axes, floor)
    try:
        check_grading(Grading(grade=grade, axes=axes, why="it spreads"), right, floor)
    except PehraError:
        return
    assert grade <= floor
    assert abs(grade - said.grade) <= (1 if right >= Right.SUPERVISOR else 0)
    assert grade > 2 or right >= Right.OFFICER


def test_grade_a_sets_a_floor() -> None:
    assert (floor_of(["A", "C"]), floor_of(["B"]), floor_of([])) == (3, 6, 6)
    assert (suggest(MILDEST).grade, suggest(MILDEST, 3).grade, suggest(WORST).grade) == (6, 3, 1)
    with pytest.raises(Refused, match="C3 or worse"):
        check_grading(Grading(grade=4, axes=MILDEST, why="small"), Right.SUPERVISOR, 3)


def test_the_shift_lead_sets_the_worst_at_once() -> None:
    assert check_grading(Grading(grade=1, why="the grid is down"), Right.SUPERVISOR, 6) is None
    for wish, right, said in (
        (Grading(grade=1, why="x"), Right.OFFICER, "Without the aid"),
        (Grading(grade=3, why="x"), Right.DIRECTOR, "Without the aid"),
        (Grading(grade=1, axes=WORST), Right.ANALYST, "nation's officers"),
        (Grading(grade=5, axes=MILDEST, why="x"), Right.OFFICER, "only a supervisor"),
        (Grading(grade=4, axes=MILDEST, why="x"), Right.SUPERVISOR, "one grade at most"),
    ):
        with pytest.raises(Refused, match=said):
            check_grading(wish, right, 6)
    for wish, right, said in (
        (Grading(grade=7), Right.DIRECTOR, "no grade C7"),
        (Grading(grade=1), Right.DIRECTOR, "needs a reason"),
        (Grading(grade=6, axes={"functional": "none"}), Right.ANALYST, "`activity` is not answer"),
        (Grading(grade=6, axes={**MILDEST, "x": "y"}), Right.ANALYST, "no answer to `x`"),
        (Grading(grade=6, axes=MILDEST, why="x" * 1001), Right.ANALYST, "over 1000"),
    ):
        with pytest.raises(UsageError, match=said):
            check_grading(wish, right, 6)
