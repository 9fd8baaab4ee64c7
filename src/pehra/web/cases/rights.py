"""What the reader may do in a case now, and by which power."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.cases.rules import Act, PartyRole, State, acts_from, power_for
from pehra.cases.severity import Right
from pehra.mandate.powers import Power
from pehra.web.gate import warrant

if TYPE_CHECKING:
    from django.http import HttpRequest

    from pehra.cases.queries.cases import CaseView
    from pehra.cases.queries.page import Whole

WORK = Power("work-cases")
MERGE = Power("merge-cases")
CLAIM = Power("close-as-fixed", "claim")
CONFIRM = Power("grade-incident", "approve")
GRADES = (
    (Right.DIRECTOR, CONFIRM),
    (Right.SUPERVISOR, Power("move-grade")),
    (Right.OFFICER, Power("grade-incident")),
    (Right.ANALYST, WORK),
)
"""The widest first."""


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """What the reader may do: work on cases at all; merge; confirm; how to grade; which steps."""

    work: bool
    merge: bool
    confirm: bool
    grade: Right | None
    steps: tuple[Act, ...]


def power_of(act: Act, case: CaseView, seen: Whole) -> Power:
    """By which power a step is taken: those of an organisation only claim.

    The worst grade that ever stood says who closes; while the director is asked, the director.
    """
    if not seen.works:
        return CLAIM
    stood = [one for one in (case.severity, seen.worst) if one is not None]
    return Power(*power_for(act, None if case.provisional else min(stood, default=None)))


def is_affected(seen: Whole) -> bool:
    """Whether the reader is of the affected, who alone claim the recovery from outside."""
    return any(one.role == PartyRole.AFFECTED for one in seen.parties)


def grading(request: HttpRequest) -> tuple[Right, Power] | None:
    """How far the reader may grade, and by which power; null: not at all."""
    return next(((right, power) for right, power in GRADES if warrant(request, power)), None)


def rights(request: HttpRequest, case: CaseView, seen: Whole) -> Rights:
    """What the reader may do in a case."""
    held: dict[Power, bool] = {}
    works = seen.works

    def may(power: Power) -> bool:
        if power not in held:
            held[power] = warrant(request, power) is not None
        return held[power]

    possible = [act for act in acts_from(State(case.state)) if act is not Act.MERGE]
    if not works:
        claims = is_affected(seen)
        possible = [act for act in possible if claims and act is Act.CLAIM_RECOVERED]
    graded = next((right for right, power in GRADES if works and may(power)), None)
    return Rights(
        work=works and may(WORK),
        merge=works and may(MERGE),
        confirm=works and case.provisional and may(CONFIRM),
        grade=graded if case.open else None,
        steps=tuple(act for act in possible if may(power_of(act, case, seen))),
    )
