"""Record a breach, change what is known of it, judge its risk, and take it from state to state."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra.cases.actions.timeline import Line, locked, write
from pehra.cases.breaches.lists import check_no_list
from pehra.cases.breaches.risk import Answer, check_answers, check_level, total
from pehra.cases.breaches.rules import (
    AUTHORITY,
    PEOPLE,
    PROCESSOR,
    Contents,
    Excused,
    Risk,
    State,
    check_contents,
    check_exemption,
    check_late,
    check_step,
    due,
    missing,
)
from pehra.cases.models.breach import Breach
from pehra.cases.models.case import Link
from pehra.cases.rules import EntryKind, LinkKind
from pehra.kernel.errors import UsageError
from pehra.kernel.ids import digest
from pehra.ledger.actions import append
from pehra.mandate import queries as mandate
from pehra.mandate.queries.standing import standing_organisations
from pehra.mandate.rules import hours
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pehra.kernel.actors import Actor


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A breach as it is first recorded."""

    case: int
    organisation: int
    aware_at: datetime
    contents: Contents
    processor: str = ""
    processor_aware_at: datetime | None = None


def enter(act: str, row: Breach, facts: dict[str, str | int], who: tuple[Actor, datetime]) -> None:
    """Write a line of the case's timeline and the entry of the ledger, last in a transaction."""
    actor, at = who
    told = {"breach": row.pk, "act": act, "state": row.state, **facts}
    write(locked(row.case_id), Line(kind=EntryKind.BREACH, facts=told), actor=actor, at=at)
    append(f"cases.{act}", actor=actor, subject=f"breach:{row.pk}", facts=told, now=at)


def taken(number: int) -> Breach:
    """A breach's row, locked until the transaction ends.

    Raises:
        UsageError: there is none.
    """
    row = Breach.objects.select_for_update(of=("self",)).filter(pk=number).first()
    if row is None:
        message = f"There is no breach {number}."
        raise UsageError(message, mend="The register names them.")
    return row


def _clock(kind: str, organisation: int, at: datetime) -> tuple[int | None, bool]:
    """Hours of a clock that binds an organisation, and whether no source confirms it."""
    sector = mandate.sectors_of({organisation}).get(organisation)
    found = hours(
        mandate.clocks(),
        kind=kind,
        severity=None,
        sector=sector,
        organisation=organisation,
        on=at.date(),
    )
    return (found.hours, found.unconfirmed) if found else (None, False)


def _kept(contents: Contents) -> dict[str, object]:
    check_contents(contents)
    values = msgspec.structs.asdict(contents).values()
    check_no_list(one for one in values if isinstance(one, str))
    kept: dict[str, object] = msgspec.to_builtins(contents)
    return kept


def record_breach(found: Found, *, actor: Actor, at: datetime) -> int:
    """Record a breach in a case; gives its number.

    Raises:
        UsageError: no such case or organisation, a moment that is still to come, or no contents.
        Refused: a text carries a list of people.
    """
    kept = _kept(found.contents)
    check_no_list([found.processor])
    if found.aware_at > at or (found.processor_aware_at or at) > at:
        message = "The moment of awareness is still to come."
        raise UsageError(message, mend="Say when it was first known.")
    if not standing_organisations([found.organisation]):
        message = f"There is no organisation {found.organisation}."
        raise UsageError(message, mend="Name one of the register.")
    authority, unsure = _clock(AUTHORITY, found.organisation, found.aware_at)
    people, _ = _clock(PEOPLE, found.organisation, found.aware_at)
    processor, _ = _clock(PROCESSOR, found.organisation, found.aware_at)
    with as_system(), transaction.atomic():
        case = locked(found.case)
        row = Breach.objects.create(
            case=case,
            organisation_id=found.organisation,
            processor=found.processor[:200],
            processor_aware_at=found.processor_aware_at,
            aware_at=found.aware_at,
            recorded_at=at,
            changed_at=at,
            contents=kept,
            authority_due=due(found.aware_at, authority),
            people_due=due(found.aware_at, people),
            processor_due=due(found.processor_aware_at, processor)
            if found.processor_aware_at
            else None,
            unconfirmed=unsure,
        )
        Link.objects.create(
            case=case, kind=LinkKind.BREACH, ref=str(row.pk), at=at, by=actor.name[:254]
        )
        enter("record-breach", row, {"digest": digest(msgspec.json.encode(kept))}, (actor, at))
        return row.pk


def describe(number: int, contents: Contents, *, actor: Actor, at: datetime) -> None:
    """Put what is known now in the place of what was known.

    Raises:
        UsageError: no contents.
        Refused: a text carries a list of people.
    """
    kept = _kept(contents)
    with as_system(), transaction.atomic():
        row = taken(number)
        row.contents, row.changed_at = kept, at
        row.save()
        facts: dict[str, str | int] = {"missing": len(missing(contents))}
        facts["digest"] = digest(msgspec.json.encode(kept))
        enter("describe-breach", row, facts, (actor, at))


class Judged(msgspec.Struct, frozen=True):
    """The answers of the risk test, the level, and why where it is not the one that they give."""

    answers: Mapping[str, Answer]
    level: Risk
    why: str = ""


def assess(number: int, judged: Judged, *, actor: Actor, at: datetime) -> None:
    """Judge the risk to people.

    Raises:
        UsageError: a question has no answer with a reason, or another level no reason.
        IllegalStep: it is not judged from where it stands.
    """
    check_answers(judged.answers)
    check_level(judged.level, judged.answers, judged.why)
    check_no_list([judged.why, *(one.reason for one in judged.answers.values())])
    with as_system(), transaction.atomic():
        row = taken(number)
        check_step(State(row.state), State.ASSESSED, None)
        row.state, row.risk, row.risk_why = State.ASSESSED, judged.level, judged.why[:1000]
        row.answers = {name: msgspec.to_builtins(one) for name, one in judged.answers.items()}
        row.assessed_at, row.assessed_by, row.changed_at = at, actor.name[:254], at
        row.save()
        facts: dict[str, str | int] = {"risk": judged.level, "score": total(judged.answers)}
        enter("assess-breach", row, facts, (actor, at))


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody was told: when, how many people, and why so late."""

    told_at: datetime
    people: int | None = None
    late_reason: str = ""


def note_authority(number: int, told: Told, *, actor: Actor, at: datetime) -> None:
    """Note that the authority was told, early or complete.

    Raises:
        Refused: it was late, and there is no reason.
        IllegalStep: the risk does not ask for it, or it was not judged.
    """
    with as_system(), transaction.atomic():
        row = _stepped(number, State.NOTIFIED_AUTHORITY, told, at)
        check_late(told.told_at, row.authority_due, told.late_reason)
        row.authority_at = told.told_at
        row.late_reason = (told.late_reason or row.late_reason)[:1000]
        row.save()
        contents = msgspec.convert(row.contents, Contents)
        facts: dict[str, str | int] = {"missing": len(missing(contents))}
        enter("note-authority-told", row, facts, (actor, at))


def note_people(number: int, told: Told, *, actor: Actor, at: datetime) -> None:
    """Note that the people were told, by the word of the controller.

    Raises:
        Refused: it was late, and there is no reason.
        IllegalStep: the authority was not told before.
    """
    with as_system(), transaction.atomic():
        row = _stepped(number, State.NOTIFIED_PEOPLE, told, at)
        check_late(told.told_at, row.people_due, told.late_reason)
        row.people_at, row.people_told = told.told_at, told.people
        row.late_reason = (told.late_reason or row.late_reason)[:1000]
        row.save()
        enter("note-people-told", row, {"people": told.people or 0}, (actor, at))


def _stepped(number: int, state: State, told: Told, at: datetime) -> Breach:
    row = taken(number)
    check_no_list([told.late_reason])
    check_step(State(row.state), state, Risk(row.risk) if row.risk else None)
    if not row.aware_at <= told.told_at <= at:
        message = "Nobody was told before it was known, or will have been told later."
        raise UsageError(message, mend="Say when it was.")
    row.state, row.changed_at = state, at
    return row


def excuse(number: int, of: Excused, *, actor: Actor, at: datetime) -> None:
    """Note why people are not told one by one.

    Raises:
        UsageError: no reason, or no public notice where that takes the place.
        IllegalStep: the risk is not high, or the authority was not told.
    """
    check_exemption(of)
    check_no_list([of.reason])
    with as_system(), transaction.atomic():
        row = taken(number)
        check_step(State(row.state), State.EXEMPT, Risk(row.risk) if row.risk else None)
        row.state, row.exemption, row.exemption_why = State.EXEMPT, of.why, of.reason[:1000]
        row.public_notice, row.changed_at = of.notice.strip()[:240], at
        row.save()
        enter("excuse-breach", row, {"exemption": of.why}, (actor, at))


def move(number: int, state: State, *, actor: Actor, at: datetime) -> None:
    """Follow a breach up, close it, or take it up again.

    Raises:
        IllegalStep: it does not go there from where it is, or the risk asks for more.
        UsageError: only another act leads there.
    """
    if state not in {State.FOLLOW_UP, State.CLOSED}:
        message = f"Another act leads to `{state}`."
        raise UsageError(message, mend="Judge it, note who was told, or excuse it.")
    with as_system(), transaction.atomic():
        row = taken(number)
        check_step(State(row.state), state, Risk(row.risk) if row.risk else None)
        row.state, row.changed_at = state, at
        row.closed_at = at if state == State.CLOSED else None
        row.save()
        enter("move-breach", row, {}, (actor, at))
