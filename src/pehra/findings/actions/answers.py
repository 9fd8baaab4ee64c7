"""What people say of a finding: seen, fixed, not so, risk accepted, passed on, withdrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from pehra.findings.actions.settled import record_steps, take_turn
from pehra.findings.models import Finding, FindingSeen
from pehra.findings.rules import SETTLED, Act, State, check_exception, left_in, step
from pehra.kernel.errors import UsageError
from pehra.kernel.time import micros
from pehra.ledger import actions as ledger
from pehra.mandate.tenancy import seen_by

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor
    from pehra.mandate.viewers import Viewer

SAID = (
    Act.ACKNOWLEDGE,
    Act.CLAIM_FIX,
    Act.DISPUTE,
    Act.UPHOLD,
    Act.REJECT_DISPUTE,
    Act.ACCEPT_RISK,
    Act.PASS_ON,
    Act.WITHDRAW,
)
"""Acts that a person does; the others follow from reports, notices and time."""

REASONED = {Act.DISPUTE, Act.UPHOLD, Act.REJECT_DISPUTE, Act.ACCEPT_RISK, Act.WITHDRAW}


def answer(  # noqa: PLR0913 what is said, of what, by whom, when
    finding: int,
    act: Act,
    *,
    why: str,
    viewer: Viewer,
    actor: Actor,
    now: datetime,
    until: datetime | None = None,
) -> State:
    """Do `act` to a finding that `viewer` may see; returns its new state.

    Args:
        finding: its number.
        act: one of `SAID`.
        why: needed where the act is one of `REASONED`.
        viewer: who may see it.
        actor: who says it.
        now: when.
        until: last moment of an accepted risk; for other acts null.

    Raises:
        UsageError: no such finding for this viewer, no such act for a person, no reason, or an
            accepted risk without an end that lies ahead.
        Refused: the risk would be accepted for too long.
        IllegalStep: the state table has no such step.
    """
    _check(act, why)
    if act == Act.ACCEPT_RISK:
        check_exception(until, now)
    with seen_by(viewer), transaction.atomic():
        take_turn()
        row = Finding.objects.select_for_update(of=("self",)).filter(id=finding).first()
        if row is None:
            message = f"There is no finding F{finding}."
            raise UsageError(message, mend="`pehra findings list` shows those that you may see.")
        before, after = State(row.state), step(State(row.state), act)
        row.state = after
        row.answered_at = now
        if after == State.FIX_CLAIMED:
            row.fix_claimed_at = now
        if after == State.PASSED:
            row.gone_at = now
        row.excepted_until = until if after == State.EXCEPTION else None
        row.save(
            update_fields=["state", "answered_at", "fix_claimed_at", "gone_at", "excepted_until"]
        )
        FindingSeen.objects.filter(finding_id=finding).update(settled=after in SETTLED)
        record_steps([(finding, micros(now), after, f"{actor.name}, {actor.office}", why[:240])])
        ledger.append(
            f"findings.{act.value}",
            actor=actor,
            subject=f"finding:{finding}",
            facts={"from": before.word, "to": after.word, "reasoned": bool(why)},
            now=now,
        )
    return after


def state_columns(act: Act, at: int, until: int | None) -> tuple[str, list[Any]]:
    """What an act of `rules.BULK`, or a dispute, sets in `findings_finding`, and the values.

    Args:
        act: leads to one state, whatever the state before.
        at: when it is said, microseconds.
        until: when an exception ends, microseconds; for other acts null.
    """
    columns = "state = %s, answered_at = %s, excepted_until = %s"
    values: list[Any] = [int(left_in(act) or 0), at, until]
    if act == Act.CLAIM_FIX:
        return f"{columns}, fix_claimed_at = %s", [*values, at]
    if act == Act.PASS_ON:
        return f"{columns}, gone_at = %s", [*values, at]
    return columns, values


def _check(act: Act, why: str) -> None:
    if act not in SAID:
        message = f"`{act.value}` is not for people: it follows from reports and time."
        raise UsageError(message, mend=f"Possible: {', '.join(one.value for one in SAID)}.")
    if act in REASONED and not why.strip():
        message = f"To {act.value} needs a reason."
        raise UsageError(message, mend="Say why.")
