"""How severe a case is: C1 to C6 by impact, with an aid of eight questions (rules, section 4.1).

The questions are those of NCISS, the eight axes of the US national scoring system, in our words:
each answer has points of 100, and the score is their mean by weight. The aid suggests; a person
decides, within one grade of it, and gives a reason for a difference. An organisation that is
critical infrastructure of grade A sets a floor. Pure.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.errors import Refused, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GRADES = range(1, 7)
"""C1, the worst, to C6."""
NATIONAL = frozenset({1, 2})
"""What the director confirms."""
SIGNIFICANT = frozenset({1, 2, 3})
"""What the director closes, and of which the entity must report (NIS2, article 23)."""
LONGEST_WHY = 1000

AXES: Mapping[str, tuple[int, Mapping[str, int]]] = {
    "functional": (6, {"none": 0, "little": 20, "part": 50, "vital-part": 80, "vital-all": 100}),
    "activity": (5, {"attempt": 10, "prepared": 30, "present": 60, "acting": 100}),
    "location": (4, {"edge": 10, "office": 40, "servers": 60, "control": 80, "safety": 100}),
    "actor": (4, {"unknown": 40, "chance": 20, "skilled": 60, "organised": 80, "state": 100}),
    "information": (5, {"none": 0, "suspected": 30, "internal": 50, "personal": 75, "secret": 100}),
    "recoverability": (4, {"regular": 10, "with-help": 50, "uncertain": 75, "not": 100}),
    "dependency": (6, {"own": 0, "few": 30, "sector": 70, "sectors": 100}),
    "potential": (6, {"none": 0, "local": 30, "regional": 60, "national": 100}),
}
"""Axis -> its weight, and answers with their points, in the order of the form."""

BANDS = ((80, 1), (65, 2), (50, 3), (35, 4), (20, 5))
"""Least score -> grade; below all of them C6."""

FLOORS: Mapping[str, int] = {"A": 3}
"""Grade of critical infrastructure -> the mildest grade that a case there can have."""


class Right(IntEnum):
    """What somebody may do about a grade; each includes those before it."""

    ANALYST = 1
    """Take the aid's suggestion, of C3 to C6."""
    OFFICER = 2
    """Take the aid's suggestion, whatever it is."""
    SUPERVISOR = 3
    """Move it by one with a reason; set C1 or C2 at once without the aid."""
    DIRECTOR = 4
    """Needs no confirmation."""


class Suggestion(msgspec.Struct, frozen=True):
    """What the aid comes to: the score, the grade by its band, and that grade with the floor."""

    score: float
    band: int
    grade: int


class Grading(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says of a case; without answers only C1 and C2 are set, at once."""

    grade: int
    axes: Mapping[str, str] = {}
    why: str = ""


def floor_of(cii: Iterable[str]) -> int:
    """The mildest grade of a case at organisations of these grades of infrastructure."""
    return min((FLOORS[one] for one in cii if one in FLOORS), default=max(GRADES))


def suggest(axes: Mapping[str, str], floor: int = 6) -> Suggestion:
    """What the aid says.

    Raises:
        UsageError: an axis is not answered, or an answer is not one of its own.
    """
    missing = [axis for axis in AXES if axis not in axes]
    if missing:
        message = f"The question `{missing[0]}` is not answered."
        raise UsageError(message, mend="Answer all eight; say what is believed where none is sure.")
    total = 0
    for axis, answer in axes.items():
        weight, points = AXES.get(axis, (0, {}))
        if answer not in points:
            message = f"`{answer}` is no answer to `{axis}`."
            raise UsageError(message, mend=f"Possible: {', '.join(points) or ', '.join(AXES)}.")
        total += weight * points[answer]
    score = round(total / sum(weight for weight, _ in AXES.values()), 1)
    band = next((grade for least, grade in BANDS if score >= least), max(GRADES))
    return Suggestion(score, band, min(band, floor))


def check_grading(
    wish: Grading, right: Right, floor: int, before: int | None = None
) -> Suggestion | None:
    """See that somebody may grade so; gives what the aid said, where it was asked.

    `before` is the worst grade that still binds: the one that stands, and what waits to be
    confirmed after it.

    Raises:
        UsageError: no such grade, answers that do not fit, or a difference without a reason.
        Refused: milder than the floor, further from the aid than one grade, or not theirs to do.
    """
    if wish.grade not in GRADES:
        message = f"There is no grade C{wish.grade}."
        raise UsageError(message, mend="C1 is the worst, C6 the mildest.")
    if wish.grade > floor:
        message = f"At critical infrastructure of grade A a case is C{floor} or worse."
        raise Refused(message, mend=f"Grade it C{floor}, or take the organisation out of the case.")
    said = suggest(wish.axes, floor) if wish.axes else None
    if before in NATIONAL and right < Right.OFFICER:
        message = f"The case is C{before}; only the nation's officers grade it anew."
        raise Refused(message, mend="Call the shift lead of the national team.")
    _check_right(wish, right, said)
    differs = said is None or wish.grade != said.grade
    if differs and not wish.why.strip():
        message = "The grade is not the aid's, so it needs a reason."
        raise UsageError(message, mend="Say in a sentence what the aid does not see.")
    if len(wish.why) > LONGEST_WHY:
        message = f"The reason has over {LONGEST_WHY} characters."
        raise UsageError(message, mend="Shorten it; what else is known is a note.")
    return said


def _check_right(wish: Grading, right: Right, said: Suggestion | None) -> None:
    if wish.grade in NATIONAL and right < Right.OFFICER:
        message = "C1 and C2 are set by the nation's officers, and confirmed by the director."
        raise Refused(message, mend="Call the shift lead of the national team.")
    if said is None and (wish.grade not in NATIONAL or right < Right.SUPERVISOR):
        message = "Without the aid only C1 and C2 are set, by the shift lead, at once."
        raise Refused(message, mend="Answer the eight questions.")
    if said is None or wish.grade == said.grade:
        return
    if right < Right.SUPERVISOR:
        message = f"The aid says C{said.grade}; only a supervisor moves that."
        raise Refused(message, mend=f"Take C{said.grade}, or ask a supervisor.")
    if abs(wish.grade - said.grade) > 1:
        message = f"The aid says C{said.grade}; it is moved by one grade at most."
        raise Refused(message, mend="Look at the answers again.")


def provisional(grade: int, right: Right, before: int | None = None) -> bool:
    """Whether the director must still confirm it: C1 or C2, and what leaves them."""
    return right < Right.DIRECTOR and (grade in NATIONAL or before in NATIONAL)
