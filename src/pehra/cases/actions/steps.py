"""Bring a case from one state to the next, and hand it to an investigator beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from pehra.cases.actions.clocks import end, refresh
from pehra.cases.actions.timeline import Line, digest_of, locked, write
from pehra.cases.clocks import Clock
from pehra.cases.models.case import Case, Entry
from pehra.cases.rules import Act, EntryKind, State, check_another, check_graded, step
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.actions import append
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor

_TOLD = frozenset({Act.CONFIRM, Act.CONTAIN, Act.ERADICATE, Act.CLAIM_RECOVERED, Act.VERIFY,
                   Act.DISPROVE, Act.CLOSE, Act.REOPEN})  # fmt: skip
"""Steps that the organisations in the case see on its timeline, without the reason."""


def advance(case: int, act: Act, *, why: str, actor: Actor, at: datetime) -> State:
    """Take a step; gives the state after it. A merge is not taken here, but in `joins`.

    Raises:
        UsageError: no such case, or no reason.
        IllegalStep: the state table has no such step from here.
        Refused: it was not graded, or the same person claimed what is verified.
    """
    if act is Act.MERGE:
        message = "A merge names the case that stays."
        raise UsageError(message, mend="Merge from the page of the case that goes.")
    if not why.strip():
        message = "Say why."
        raise UsageError(message, mend="One sentence: what was seen, or who said so.")
    with as_system(), transaction.atomic():
        row = locked(case)
        before = State(row.state)
        after = step(before, act)
        check_graded(act, row.severity)
        check_another(act, _claimers(row), actor.name[:254])
        if before == State.REPORTED:
            end(row, Clock.TRIAGE, actor=actor, at=at)
        row.state = after
        row.closed_at = at if after == State.CLOSED else None
        row.save(update_fields=["state", "closed_at"])
        facts = {"act": act.value, "from": before.word, "to": after.word}
        if act in _TOLD:
            write(row, Line(kind=EntryKind.STEP, facts=facts, shared=True), actor=actor, at=at)
            write(row, Line(text=why), actor=actor, at=at)
        else:
            write(row, Line(kind=EntryKind.STEP, text=why, facts=facts), actor=actor, at=at)
        refresh(row, at=at)
        append(
            "cases.step",
            actor=actor,
            subject=f"case:{case}",
            facts={**facts, "digest": digest_of(why)},
            now=at,
        )
    return after


def _claimers(case: Case) -> list[str]:
    """Who claimed the recovery last."""
    rows = Entry.objects.filter(
        case=case, kind=EntryKind.STEP, facts__act=Act.CLAIM_RECOVERED.value
    )
    return list(rows.order_by("-pk").values_list("by", flat=True)[:1])


def hand_to_investigator(case: int, *, why: str, actor: Actor, at: datetime) -> None:
    """Note that an investigator has it too; work here goes on, and so does every clock.

    Raises:
        UsageError: no such case, or no reason.
        Refused: it was handed over before.
    """
    if not why.strip():
        message = "Say to whom, and why."
        raise UsageError(message, mend="Name the agency and its reference.")
    with as_system(), transaction.atomic():
        row = locked(case)
        if row.handed_at is not None:
            message = f"Case {case} was handed to an investigator already."
            raise Refused(message, mend="Its timeline says to whom.")
        row.handed_at = at
        row.save(update_fields=["handed_at"])
        facts = {"act": "hand-to-investigator"}
        write(row, Line(kind=EntryKind.STEP, text=why, facts=facts), actor=actor, at=at)
        append(
            "cases.hand-to-investigator",
            actor=actor,
            subject=f"case:{case}",
            facts={"digest": digest_of(why)},
            now=at,
        )
