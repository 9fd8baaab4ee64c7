"""Who follows a playbook sees what is next, and what was passed by."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.cases.playbooks.cacao import IfCondition, Parallel, Playbook, SwitchCondition
from pehra.cases.playbooks.following import At, Mark, Marked, check_mark, standing
from pehra.cases.playbooks.outline import branches, outline
from pehra.cases.playbooks.shipped import SLUGS, shipped
from pehra.kernel.errors import Refused, UsageError


def book(slug: str = "ransomware") -> Playbook:
    return shipped()[slug]


def key(number: str, slug: str = "ransomware") -> str:
    return next(one.key for one in outline(book(slug)) if one.number == number)


def done(number: str, chosen: str = "", slug: str = "ransomware") -> Mark:
    return Mark(step=key(number, slug), state=Marked.DONE, chosen=chosen)


def next_of(marks: list[Mark], slug: str = "ransomware") -> list[str]:
    numbers = {one.key: one.number for one in outline(book(slug))}
    return [numbers[step] for step, at in standing(book(slug), marks).at.items() if at is At.NEXT]


def test_one_after_another_and_branches_at_once() -> None:
    marks: list[Mark] = []
    assert next_of(marks) == ["1"]
    marks += [done("1"), done("2")]
    assert next_of(marks) == ["3a1", "3b1", "3c1"]
    marks += [done("3b1"), done("3a1"), done("3c1")]
    assert next_of(marks) == ["4"]
    assert standing(book(), marks).at[key("3")] is At.DONE


def test_a_question_passes_the_other_branch_by() -> None:
    asked = done("7", "false")
    found = standing(book(), [asked])
    assert found.at[key("7a1")] is At.PASSED
    assert found.total == 14
    assert standing(book(), [done("7", "true")]).total == 15
    with pytest.raises(Refused, match="not taken"):
        check_mark(book(), [asked], done("7a1"))
    check_mark(book(), [done("7", "true")], done("7a1"))


def test_a_mark_is_taken_back_with_a_reason() -> None:
    back = Mark(step=key("1"), state=Marked.OPEN, why="wrong case")
    check_mark(book(), [done("1")], back)
    assert next_of([done("1"), back]) == ["1"]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Mark(step="action--0", state="done"), "no step"),
        (Mark(step=key("3"), state="done"), "no step"),
        (Mark(step=key("1"), state="begun"), "nothing that can be said"),
        (Mark(step=key("1"), state="skipped"), "with a reason"),
        (Mark(step=key("1"), state="skipped", why="x" * 401), "longer"),
        (Mark(step=key("1"), state="done", chosen="true"), "Only a question"),
        (Mark(step=key("7"), state="done"), "no answer"),
        (Mark(step=key("7"), state="skipped", why="not ours", chosen="true"), "Only a question"),
    ],
)
def test_what_may_not_be_said(wish: Mark, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check_mark(book(), [], wish)


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(SLUGS), st.data())
def test_following_what_is_next_always_comes_to_the_end(slug: str, data: st.DataObject) -> None:
    playbook, marks = book(slug), list[Mark]()
    for _ in playbook.steps:
        found = standing(playbook, marks)
        following = [step for step, at in found.at.items() if at is At.NEXT]
        assert (not following) == found.finished
        if not following:
            return
        step = data.draw(st.sampled_from(following))
        asks = isinstance(playbook.steps[step], IfCondition | SwitchCondition)
        chosen = data.draw(st.sampled_from([name for name, _ in branches(playbook, step)]))\
            if asks else ""  # fmt: skip
        skip = data.draw(st.booleans())
        wish = (
            Mark(step=step, state=Marked.SKIPPED, why="not here")
            if skip
            else Mark(step=step, state=Marked.DONE, chosen=chosen)
        )
        check_mark(playbook, marks, wish)
        marks.append(wish)
        assert not isinstance(playbook.steps[step], Parallel)
    assert standing(playbook, marks).finished
