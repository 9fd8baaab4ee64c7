"""Write a request for evidence down, as its investigator asks it or as it came on paper."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec
from django.db import transaction

from pehra.cases.actions.timeline import Line
from pehra.cases.actions.timeline import locked as locked_case
from pehra.cases.actions.timeline import write as tell
from pehra.cases.evidence.actions.hands import (
    Answered,
    Hand,
    Held,
    Turn,
    held,
    one_spelling,
    place_of,
    stepped,
    unlawful,
)
from pehra.cases.evidence.actions.requests import request_of
from pehra.cases.evidence.rules import ASK, ASKERS, RECORD, Basis, Kind, State, check_words
from pehra.cases.models.evidence import HandOver, HandOverStep
from pehra.cases.queries.cases import affected
from pehra.cases.rules import EntryKind
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.actions import append
from pehra.mandate import queries as mandate
from pehra.mandate.actions import person
from pehra.mandate.queries.powers import hours_of
from pehra.mandate.rules import in_force
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER


class NewRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked.

    Attributes:
        case: number of the case whose evidence it is.
        kind: `rules.Kind`.
        agency: slug of the body that asks.
        reference: its own number of the letter, order or warrant.
        ground: slug of the ground in law.
        ordered_by: slug of the body whose letter, order or warrant it is; empty: the agency's own.
        scope: what is asked for, in words.
        emergency: a life is at stake; paper follows.
        preserve_until: until when something is to be preserved.
    """

    case: int
    kind: str
    agency: str
    reference: str
    ground: str
    scope: str
    ordered_by: str = ""
    emergency: bool = False
    preserve_until: date | None = None


def ask(new: NewRequest, *, hand: Hand, now: datetime) -> Answered:
    """Write a request down; one without a ground in law is refused at once, and counted so.

    Args:
        new: what is asked.
        hand: of the investigator, or of who writes down what came on paper.
        now: aware, UTC.

    Raises:
        UsageError: no such case, body or kind, or no words.
        Refused: the person holds no such power, or asks in the name of another body.
    """
    able = held(hand, (ASK, RECORD), now, place_of(new.case))
    scope = check_words(new.scope, "The scope")
    if new.kind not in set(Kind) or not new.reference.strip():
        message = "A request says its kind, and the number of the letter, order or warrant."
        raise UsageError(message, mend=f"Kinds: {', '.join(Kind)}.")
    agency = _agency(new, able, now)
    by = new.ordered_by or new.agency
    wanted = Basis(Kind(new.kind), new.ground, by, new.preserve_until)
    why = unlawful(wanted, now.date())
    with as_system(), transaction.atomic():
        case = locked_case(new.case)
        paper = hours_of("evidence-paper", now.date())
        row = HandOver.objects.create(
            case=case,
            kind=new.kind,
            agency_id=agency,
            reference=new.reference.strip()[:120],
            ordered_by=by,
            ground=new.ground,
            scope=scope,
            emergency=new.emergency,
            paper_due=now + timedelta(hours=paper or 24) if new.emergency else None,
            preserve_until=new.preserve_until,
            asked_at=now,
            asked_by=able.actor.name,
            changed_at=now,
        )
        stepped(row, State.REQUEST, able, Turn(hand, scope, now))
        if why:
            row.refused_why = why
            stepped(row, State.REFUSED, able, Turn(hand, why, now))
        tell(case, _line(row), actor=able.actor, at=now)
    return Answered(row.pk, row.state, why)


def _agency(new: NewRequest, able: Held, now: datetime) -> int:
    found = mandate.organisation_row(new.agency)
    if found is None or not in_force(found.valid_from, found.valid_to, now.date()):
        message = f"There is no body `{new.agency}` today that could ask."
        raise UsageError(message, mend="`pehra structure` names those in force.")
    if new.kind != Kind.OWN and found.role not in ASKERS:
        message = f"`{new.agency}` is no body that investigates or judges."
        raise Refused(message, mend=f"Those have a role such as {', '.join(sorted(ASKERS))}.")
    if new.kind == Kind.OWN and found.pk not in affected(new.case, viewer=SYSTEM_VIEWER):
        message = f"`{new.agency}` is not affected in case {new.case}: this is not its own data."
        raise Refused(message, mend="Whoever else asks names the law for what it asks.")
    if able.does == ASK.does:
        posts = mandate.posts_of(person(able.actor.name), now.date())
        if found.pk not in {post.organisation for post in posts}:
            message = f"{able.actor.name} holds no office of `{new.agency}`."
            raise Refused(message, mend="Ask in the name of your own body.")
    return int(found.pk)


def _line(row: HandOver) -> Line:
    facts = {"request": row.pk, "state": row.state, "kind": row.kind}
    return Line(kind=EntryKind.EVIDENCE, facts=facts)


def paper_came(number: int, *, hand: Hand, now: datetime) -> None:
    """Write down that the paper of an urgent request has come.

    Raises:
        UsageError: no such request, or none that waits for paper.
        Refused: the person holds no power to record one, or asked for it.
    """
    with as_system(), transaction.atomic():
        row = request_of(number)
        if not row.emergency or row.paper_at is not None:
            message = f"No request {number} waits for its paper."
            raise UsageError(message, mend="`pehra cases evidence requests` lists them.")
        able = held(hand, (RECORD,), now, place_of(row.case_id))
        steps = HandOverStep.objects.filter(request=row).order_by("pk")
        asked = steps.values_list("by", "typed_by").first() or ()
        same = {*one_spelling(*asked)} & {*able.persons}
        if same:
            message = f"{min(same)} asked for it, so another person says that its paper came."
            raise Refused(message, mend="Ask another officer who has read the paper.")
        row.paper_at = row.changed_at = now
        row.save(update_fields=["paper_at", "changed_at"])
        append(
            "cases.evidence-paper",
            actor=able.actor,
            subject=f"hand-over:{row.pk}",
            facts={"late": bool(row.paper_due and now > row.paper_due)},
            now=now,
        )
