"""Issue a situation report: what an officer says of a case, with what was counted then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from pehra.cases.actions.clocks import end, refresh
from pehra.cases.actions.timeline import Line, digest_of, locked, write
from pehra.cases.clocks import Clock
from pehra.cases.queries.family import numbers_of
from pehra.cases.queries.state import counts_of
from pehra.cases.rules import OPEN, EntryKind, State
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.actions import append
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor


def issue(case: int, text: str, *, shared: bool, actor: Actor, at: datetime) -> int:
    """Issue a situation report; gives the number of its line. The next is due by the cadence.

    Args:
        case: its number.
        text: what is known, what is done, what is next.
        shared: the organisations in the case read it too.
        actor: who issues it.
        at: when.

    Raises:
        UsageError: no such case, or nothing is said.
        Refused: the case has ended.
    """
    if not text.strip():
        message = "The report says nothing."
        raise UsageError(message, mend="Say what is known, what is done, and what is next.")
    with as_system(), transaction.atomic():
        row = locked(case)
        if State(row.state) not in OPEN:
            message = f"Case {case} is {State(row.state).word}."
            raise Refused(message, mend="Reopen it first.")
        facts = {"draft": False, **counts_of(numbers_of(case))}
        line = Line(kind=EntryKind.SITUATION, text=text, facts=facts, shared=shared)
        number = write(row, line, actor=actor, at=at)
        end(row, Clock.SITUATION, actor=actor, at=at)
        refresh(row, at=at)
        append(
            "cases.situation-report",
            actor=actor,
            subject=f"case:{case}",
            facts={"entry": number, "shared": shared, "digest": digest_of(text)},
            now=at,
        )
    return number
