"""What people say happened: kept as a claim, and unverified until evidence is named (R38)."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import transaction

from pehra.cases.actions.timeline import Line, digest_of, locked, write
from pehra.cases.models.case import Case, Link, Party, Statement
from pehra.cases.rules import EntryKind, LinkKind
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.actions import append
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from pehra.kernel.actors import Actor

LONGEST = 1000
CONFIDENCE = ("low", "medium", "high")
PROVES = frozenset({LinkKind.EVIDENCE, LinkKind.FINDING, LinkKind.OBSERVATION, LinkKind.REPORT})
"""What a statement can rest on: something that is there, and no other statement."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A claim; `organisation` is the id of the one in the case that makes it."""

    text: str
    said_by: str
    organisation: int | None = None
    said_at: datetime | None = None


class Suspected(msgspec.Struct, frozen=True, kw_only=True):
    """A suspicion: whom, how sure, and the number of the link that it rests on."""

    text: str
    confidence: str
    evidence: int | None


def claim(case: int, said: Said, *, actor: Actor, at: datetime) -> int:
    """Write down what somebody says; gives its number.

    Raises:
        UsageError: no such case, nothing said, nobody named, or the organisation is not in it.
    """
    text = _checked(said.text)
    if not said.said_by.strip():
        message = "Say who says it."
        raise UsageError(message, mend="Name the person, or the office.")
    with as_system(), transaction.atomic():
        row = locked(case)
        known = Party.objects.filter(case=row, organisation=said.organisation)
        if said.organisation is not None and not known.exists():
            message = "That organisation is not in the case."
            raise UsageError(message, mend="Bring it in first.")
        made = Statement.objects.create(
            case=row,
            text=text,
            said_by=said.said_by.strip()[:254],
            organisation_id=said.organisation,
            said_at=said.said_at or at,
            recorded_by=actor.name[:254],
        )
        _note(row, made, "claimed", text, (actor, at))
    return made.pk


def suspect(case: int, wish: Suspected, *, actor: Actor, at: datetime) -> int:
    """Say who is suspected: by whoever acts, with a confidence and evidence; gives its number.

    Raises:
        UsageError: no such case, nobody suspected, or no such confidence.
        Refused: it rests on no evidence.
    """
    text = _checked(wish.text)
    if wish.confidence not in CONFIDENCE:
        message = f"`{wish.confidence}` is no confidence."
        raise UsageError(message, mend=f"Possible: {', '.join(CONFIDENCE)}.")
    with as_system(), transaction.atomic():
        row = locked(case)
        evidence = _evidence(row, wish.evidence)
        made = Statement.objects.create(
            case=row,
            suspicion=True,
            text=text,
            said_by=actor.name[:254],
            confidence=wish.confidence,
            evidence=evidence,
            said_at=at,
            recorded_by=actor.name[:254],
        )
        _note(row, made, "suspected", text, (actor, at))
    return made.pk


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is found of a statement: `supported`, `refuted`, `withdrawn`, or again `unverified`."""

    state: str
    evidence: int | None = None
    why: str = ""


def judge(number: int, verdict: Verdict, *, actor: Actor, at: datetime) -> None:
    """Say whether a statement holds.

    Raises:
        UsageError: no such statement or verdict, or no reason.
        Refused: it is said to hold, or not to, without evidence; or by whoever suspects.
    """
    if verdict.state not in set(Statement.State.values):
        message = f"`{verdict.state}` is no verdict."
        raise UsageError(message, mend=f"Possible: {', '.join(Statement.State.values)}.")
    why = _checked(verdict.why)
    with as_system(), transaction.atomic():
        found = Statement.objects.filter(pk=number).values_list("case_id", flat=True).first()
        if found is None:
            message = f"There is no statement {number}."
            raise UsageError(message, mend="The page of its case lists them.")
        row = locked(found)
        said = Statement.objects.get(pk=number)
        if said.suspicion and said.said_by == actor.name[:254] and verdict.state == "supported":
            message = "Whoever suspects does not judge it."
            raise Refused(message, mend="Ask a colleague.")
        if verdict.state in {"supported", "refuted"}:
            said.evidence = _evidence(row, verdict.evidence)
        said.state, said.why = verdict.state, why
        said.judged_at, said.judged_by = at, actor.name[:254]
        said.save()
        _note(row, said, verdict.state, why, (actor, at))


def _checked(text: str) -> str:
    words = text.strip().replace("\x00", "")
    if not 0 < len(words) <= LONGEST:
        message = f"A statement has 1 to {LONGEST} characters."
        raise UsageError(message, mend="Say it in a sentence or two.")
    return words


def _evidence(case: Case, number: int | None) -> Link:
    rows = Link.objects.filter(case=case, pk=number or 0, kind__in=sorted(PROVES))
    found = rows.first()
    if found is None:
        message = "No evidence is named, so the statement stays unverified."
        raise Refused(
            message, mend="Link evidence, a finding or a report with the case, and name it."
        )
    return found


def _note(case: Case, said: Statement, did: str, text: str, by: tuple[Actor, datetime]) -> None:
    actor, at = by
    facts: dict[str, Any] = {"statement": said.pk, "did": did, "suspicion": said.suspicion}
    write(case, Line(kind=EntryKind.CLAIM, text=text, facts=facts), actor=actor, at=at)
    append(
        "cases.claim",
        actor=actor,
        subject=f"case:{case.pk}",
        facts={**facts, "digest": digest_of(text)},
        now=at,
    )
