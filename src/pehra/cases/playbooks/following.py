"""Where those who follow a playbook are: what is done, what comes next, what was passed by. Pure.

A mark is never changed; of several on one step the newest counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping  # noqa: TC003 part of public signatures
from enum import StrEnum

import msgspec

from pehra.cases.playbooks.cacao import Action, IfCondition, Parallel, Playbook, SwitchCondition
from pehra.cases.playbooks.outline import Place, branches, outline
from pehra.kernel.errors import Refused, UsageError

LONGEST_WHY = 400
_SHORTEST_WHY = 3


class Marked(StrEnum):
    """What is said of a step. `open` takes back what was said before."""

    DONE = "done"
    SKIPPED = "skipped"
    OPEN = "open"


class At(StrEnum):
    """How a step stands."""

    OPEN = "open"
    """Its turn has not come, or nobody knows yet whether it is needed."""
    NEXT = "next"
    DONE = "done"
    SKIPPED = "skipped"
    PASSED = "passed"
    """In a branch that was not taken."""


_SETTLED = frozenset({At.DONE, At.SKIPPED})


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a step; `chosen` is the branch of a question."""

    step: str
    state: str
    chosen: str = ""
    why: str = ""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How far a playbook was followed; `total` leaves out what was passed by."""

    at: dict[str, At]
    chosen: dict[str, str]
    settled: int
    total: int

    @property
    def finished(self) -> bool:
        """Nothing is left to do."""
        return self.settled == self.total


def newest(marks: Iterable[Mark]) -> dict[str, Mark]:
    """The mark that counts of each step; `marks` come in the order in which they were made."""
    found = {mark.step: mark for mark in marks}
    return {step: mark for step, mark in found.items() if mark.state != Marked.OPEN}


def standing(playbook: Playbook, marks: Iterable[Mark]) -> Standing:
    """How every step stands. A parallel is done once all in it is: nobody marks it."""
    said, places = newest(marks), outline(playbook)
    found: dict[str, At] = {}
    for place in places:
        found[place.key] = _at(playbook, place, said, found)
    for place in reversed(places):
        step = playbook.steps[place.key]
        if isinstance(step, Parallel) and found[place.key] is At.OPEN:
            left = At.OPEN in (found[one] for one in _inside(places, place.key))
            found[place.key] = At.OPEN if left else At.DONE
    counted = [
        at for key, at in found.items()
        if at is not At.PASSED and not isinstance(playbook.steps[key], Parallel)
    ]  # fmt: skip
    return Standing(
        at=_with_next(playbook, places, found),
        chosen={step: mark.chosen for step, mark in said.items() if mark.chosen},
        settled=sum(at in _SETTLED for at in counted),
        total=len(counted),
    )


def _inside(places: list[Place], key: str) -> list[str]:
    return [one.key for one in places if any(parent == key for parent, _ in one.within)]


def _at(playbook: Playbook, place: Place, said: Mapping[str, Mark], found: Mapping[str, At]) -> At:
    for parent, branch in place.within:
        if found[parent] in {At.PASSED, At.SKIPPED}:
            return At.PASSED
        mark = said.get(parent)
        if mark is None or isinstance(playbook.steps[parent], Parallel):
            continue
        if branch == "failed" or (mark.chosen and mark.chosen != branch):
            return At.PASSED
    mark = said.get(place.key)
    return At(mark.state) if mark is not None else At.OPEN


def _with_next(playbook: Playbook, places: list[Place], found: dict[str, At]) -> dict[str, At]:
    """The first open step of each chain that has begun is next."""
    result, stopped = dict(found), dict[tuple[tuple[str, str], ...], str]()
    for place in places:
        # A chain waits where it stopped; what is inside the step at which it stopped goes on.
        waits = any(
            stopped.get(place.within[:depth], parent) != parent
            for depth, (parent, _) in enumerate(place.within)
        )
        if place.within in stopped or waits or not _entered(playbook, place, found):
            continue
        asked = not isinstance(playbook.steps[place.key], Parallel)
        if found[place.key] is At.OPEN and asked:
            result[place.key] = At.NEXT
        inside = (found[one] for one in _inside(places, place.key))
        if found[place.key] is At.OPEN or At.OPEN in inside:
            stopped[place.within] = place.key
    return result


def _entered(playbook: Playbook, place: Place, found: Mapping[str, At]) -> bool:
    """Whether the branch that a step is in was begun: a parallel's is at once."""
    if not place.within:
        return True
    parent, branch = place.within[-1]
    if branch == "failed":
        return False
    return found[parent] is At.DONE or isinstance(playbook.steps[parent], Parallel)


def check_mark(playbook: Playbook, marks: Iterable[Mark], wish: Mark) -> None:
    """See that this may be said of a step.

    Raises:
        UsageError: no such step or word, no reason, or no branch of a question.
        Refused: it is in a branch that was not taken.
    """
    step = playbook.steps.get(wish.step)
    if not isinstance(step, Action | IfCondition | SwitchCondition):
        message = f"The playbook has no step `{wish.step[:80]}` that could be marked."
        raise UsageError(message, mend="Its page lists the steps.")
    if wish.state not in set(Marked):
        message = f"`{wish.state[:40]}` is nothing that can be said of a step."
        raise UsageError(message, mend=f"Possible: {', '.join(Marked)}.")
    if len(wish.why) > LONGEST_WHY:
        message = f"The reason is longer than {LONGEST_WHY} characters."
        raise UsageError(message, mend="Shorten it; a note on the case may be longer.")
    if wish.state != Marked.DONE and len(wish.why.strip()) < _SHORTEST_WHY:
        message = "A step is skipped, and opened again, with a reason."
        raise UsageError(message, mend="Say why in a few words.")
    _check_chosen(playbook, step, wish)
    if standing(playbook, marks).at[wish.step] is At.PASSED:
        message = "This step is in a branch that was not taken."
        raise Refused(message, mend="Answer the question before it anew.")


def _check_chosen(playbook: Playbook, step: object, wish: Mark) -> None:
    asks = isinstance(step, IfCondition | SwitchCondition) and wish.state == Marked.DONE
    possible = [name for name, _ in branches(playbook, wish.step) if name != "failed"]
    if isinstance(step, IfCondition) and "false" not in possible:
        possible.append("false")
    if asks and wish.chosen not in possible:
        message = f"`{wish.chosen[:40]}` is no answer to this question."
        raise UsageError(message, mend=f"Possible: {', '.join(possible)}.")
    if not asks and wish.chosen:
        message = "Only a question that is answered has an answer."
        raise UsageError(message, mend="Leave it out.")
