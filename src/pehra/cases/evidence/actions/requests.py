"""A request for evidence, step by step; each by a person whose office holds the power today.

Nobody takes a step by the system's own name: a step names the account behind it, and whoever typed
it counts as behind it too, so that two keys are two persons wherever they turn.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra.cases.evidence.actions.hands import (
    Answered,
    Hand,
    Held,
    Turn,
    basis,
    held,
    one_spelling,
    place_of,
    stepped,
)
from pehra.cases.evidence.actions.keeping import Hold, Keeper, hold, release
from pehra.cases.evidence.rules import (
    ENDED,
    NEEDS_PAPER,
    POWER_OF,
    ItemState,
    Kind,
    State,
    Step,
    Taken,
    check_lawful,
    check_paper,
    check_step,
    check_words,
)
from pehra.cases.models.evidence import (
    EvidenceHold,
    EvidenceItem,
    HandOver,
    HandOverItem,
    HandOverStep,
)
from pehra.cases.queries.family import numbers_of
from pehra.kernel.errors import Refused, UsageError
from pehra.mandate.queries.powers import grounds, hours_of
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from collections.abc import Callable


class LeaveOut(msgspec.Struct, frozen=True):
    """Something that is not handed over: an item by its number, or in words, and why."""

    why: str
    item: int | None = None
    what: str = ""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A step that is to be taken.

    Attributes:
        to: `rules.State`.
        text: what was found or done, in words.
        items: with `narrowed`: numbers of the items that go out.
        left_out: with `narrowed`: what does not, and why.
        until: with `retained`: until when our copy is kept.
    """

    to: str
    text: str
    items: tuple[int, ...] = ()
    left_out: tuple[LeaveOut, ...] = ()
    until: date | None = None


_PACKING = frozenset({State.PACKAGE, State.SECOND_SIGN, State.DELIVERED})
"""Steps that `actions.packing` takes."""


def advance(number: int, move: Move, *, hand: Hand, now: datetime) -> Answered:
    """Take a step that changes only the request and its items' holds.

    Raises:
        UsageError: no such request or state, or no words.
        IllegalStep: it does not stand where this step begins.
        Refused: no power, no ground any more, or the person had another part in it.
    """
    if move.to not in set(State) - _PACKING - {State.REQUEST}:
        message = f"`{move.to}` is no step to be taken so."
        raise UsageError(message, mend="Package, sign and deliver have acts of their own.")
    to = State(move.to)
    with as_system(), transaction.atomic():
        row, able = entered(number, to, hand, now)
        text = check_words(move.text, "What is said of the step")
        extra = _EXTRA.get(to)
        if extra:
            extra(row, move, able, now)
        stepped(row, to, able, Turn(hand, text, now))
        if to in ENDED | {State.NARROWED}:
            _let_go(row, able, now)
    return Answered(row.pk, row.state, row.refused_why)


def taken(row: HandOver) -> list[Taken]:
    """Steps that were taken so far, oldest first."""
    steps = HandOverStep.objects.filter(request=row).order_by("pk")
    return [
        Taken(State(state), does, one_spelling(by, typed))
        for state, does, by, typed in steps.values_list("state", "does", "by", "typed_by")
    ]


def request_of(number: int) -> HandOver:
    """The row of a request, locked until the transaction ends.

    Raises:
        UsageError: there is none.
    """
    row = HandOver.objects.select_for_update(of=("self",)).filter(pk=number).first()
    if row is None:
        message = f"There is no request {number}."
        raise UsageError(message, mend="`pehra cases evidence requests` lists them.")
    return row


def entered(number: int, to: State, hand: Hand, now: datetime) -> tuple[HandOver, Held]:
    """A request that is locked, and the power by which it goes on; all rules are asked.

    Raises: as `advance`.
    """
    row = request_of(number)
    able = held(hand, (POWER_OF[to],), now, place_of(row.case_id, row.agency_id))
    step = Step(to, able.persons, able.role)
    check_step(State(row.state), step, taken(row), Kind(row.kind))
    if to in _LAWFUL:
        found = check_lawful(basis(row), grounds(), now.date())
        row.law = found.words
    if to in NEEDS_PAPER:
        check_paper(row.paper_due, row.paper_at, now)
    return row, able


_LAWFUL = frozenset({State.LEGALITY, State.NARROWED, State.PACKAGE, State.SECOND_SIGN,
                     State.DELIVERED})  # fmt: skip
"""Steps at which the ground is looked at anew: a law may have ended meanwhile."""


def _refuse(row: HandOver, move: Move, able: Held, now: datetime) -> None:
    del able, now
    row.refused_why = " ".join(move.text.split())


def _narrow(row: HandOver, move: Move, able: Held, now: datetime) -> None:
    """What goes out, and what does not, with the reason; nothing is left out in silence."""
    del able, now
    row.narrowed_to = " ".join(move.text.split())
    there = items_of(row.case_id)
    kept = [number for number, state in there.items() if state == ItemState.KEPT]
    wanted = list(dict.fromkeys(move.items))
    out = {one.item for one in move.left_out if one.item is not None}
    if set(wanted) - set(kept) or out - set(there) or (out & set(wanted)) or not wanted:
        message = "A request is narrowed to items that are kept in its case, each once."
        raise UsageError(message, mend=f"The case has: {', '.join(map(str, kept)) or 'none'}.")
    silent = set(there) - out - set(wanted)
    if silent:
        listed = ", ".join(map(str, sorted(silent)))
        message = f"Nothing is said of the evidence {listed}."
        raise UsageError(message, mend="Hand it over, or leave it out and say why.")
    HandOverItem.objects.filter(request=row).delete()
    HandOverItem.objects.bulk_create(HandOverItem(request=row, item_id=item) for item in wanted)
    HandOverItem.objects.bulk_create(
        HandOverItem(
            request=row,
            item_id=one.item,
            what=one.what[:240],
            left_out=True,
            why=check_words(one.why, "The reason for leaving out"),
        )
        for one in move.left_out
    )


def items_of(case: int) -> dict[int, str]:
    """Items of a case and of those merged into it, with their states, but what is destroyed."""
    rows = EvidenceItem.objects.filter(case__in=numbers_of(case))
    rows = rows.exclude(state=ItemState.DESTROYED).order_by("pk")
    return dict(rows.values_list("pk", "state"))


def _let_go(row: HandOver, able: Held, now: datetime) -> None:
    """Lift what was held for a request that has ended, or that is narrowed anew."""
    standing = EvidenceHold.objects.filter(request=row, lifted_at=None).order_by("pk")
    for number in standing.values_list("pk", flat=True):
        why = f"Request {row.pk} is {'ended' if row.state in ENDED else 'narrowed anew'}"
        release(number, why, Keeper(SYSTEM_VIEWER, able.actor), now=now)


def _preserve(row: HandOver, move: Move, able: Held, now: datetime) -> None:
    del move
    wish = Hold(f"Preserved for request {row.pk}", row.preserve_until, row.pk)
    chosen = HandOverItem.objects.filter(request=row, left_out=False)
    for item in chosen.values_list("item", flat=True):
        hold(item or 0, wish, Keeper(SYSTEM_VIEWER, able.actor), now=now)


def _retain(row: HandOver, move: Move, able: Held, now: datetime) -> None:
    del able
    hours = hours_of("evidence-retention", now.date())
    usual = (now + timedelta(hours=hours)).date() if hours else None
    row.retain_until = move.until or usual


def _destroy(row: HandOver, move: Move, able: Held, now: datetime) -> None:
    """The copy that stands with whoever asked is said to be destroyed; ours has its own time."""
    del move, able
    if row.retain_until is None or now < datetime.combine(row.retain_until, time(), now.tzinfo):
        message = f"It is kept until {row.retain_until or 'a day that nobody has said'}."
        raise Refused(message, mend="Record it when that day is over.")


_EXTRA: dict[State, Callable[[HandOver, Move, Held, datetime], None]] = {
    State.REFUSED: _refuse,
    State.NARROWED: _narrow,
    State.PRESERVE: _preserve,
    State.RETAINED: _retain,
    State.DESTROYED: _destroy,
}
