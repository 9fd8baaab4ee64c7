"""Merge two cases, or split one, and undo either.

A merge moves nothing: the case that goes points to the one that stays, and both are read together,
with both threads of mail. So its undo loses nothing, whatever was added meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django.db import transaction

from pehra.cases.actions import grades
from pehra.cases.actions.clocks import end, refresh
from pehra.cases.actions.opened import Opening, open_case
from pehra.cases.actions.timeline import Line, digest_of, locked, write
from pehra.cases.clocks import Clock
from pehra.cases.models.case import Case, Join, Link, Mail, Party, Statement
from pehra.cases.queries.family import numbers_of
from pehra.cases.rules import Act, EntryKind, Origin, PartyRole, State, step
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.actions import append
from pehra.mandate.queries.standing import standing_teams
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor


def merge(case: int, into: int, *, why: str, actor: Actor, at: datetime) -> int:
    """Merge a case into another; gives the number of the join, by which it is undone.

    Raises:
        UsageError: no such case, or no reason.
        Refused: it is the same case, or one of the two was merged into the other, or one is of an
            exercise.
        IllegalStep: it has ended.
    """
    _check_why(why)
    with as_system(), transaction.atomic():
        first, second = (locked(one) for one in sorted((case, into)))
        gone, stays = (first, second) if first.pk == case else (second, first)
        _check_pair(gone, stays)
        was = State(gone.state)
        gone.state, gone.merged_into = step(was, Act.MERGE), stays
        gone.save(update_fields=["state", "merged_into"])
        if was == State.REPORTED:
            end(gone, Clock.TRIAGE, actor=actor, at=at)
        join = Join.objects.create(
            case=stays,
            other=gone,
            kind=Join.Kind.MERGE,
            was=was,
            moved={
                "parties": _unite(gone, stays, actor, at),
                "aware_at": _earlier(gone, stays),
                "grade": grades.carry(gone, stays),
            },
            at=at,
            by=actor.name[:254],
            why=why.strip()[:240],
        )
        _note(join, EntryKind.MERGE, "merged", (actor, at), why)
        refresh(gone, at=at)
        refresh(stays, at=at)
    return join.pk


def _check_why(why: str) -> None:
    if not why.strip():
        message = "Say why."
        raise UsageError(message, mend="Whoever undoes it must know.")


def _check_pair(gone: Case, stays: Case) -> None:
    if gone.pk == stays.pk or stays.pk in numbers_of(gone.pk):
        message = f"Case {gone.pk} is not merged into itself."
        raise Refused(message, mend="Name another case.")
    if stays.merged_into_id is not None:
        message = f"Case {stays.pk} was merged into case {stays.merged_into_id}."
        raise Refused(message, mend=f"Merge into case {stays.merged_into_id}.")
    if gone.exercise != stays.exercise:
        message = "A case of an exercise is not merged with a real one."
        raise Refused(message, mend="Link them instead.")


def _unite(gone: Case, stays: Case, actor: Actor, at: datetime) -> list[int]:
    """Let the teams of each work on both; organisations see no more than before."""
    made = []
    for one, other in ((gone, stays), (stays, gone)):
        mine = Party.objects.filter(case=one, team__isnull=False).values_list("team_id", flat=True)
        theirs = Party.objects.filter(case=other, team__isnull=False)
        known = set(theirs.values_list("team_id", flat=True))
        for team in sorted({team for team in mine if team} - {team for team in known if team}):
            party = Party.objects.create(
                case=other, team_id=team, role=PartyRole.SUPPORT, since=at, by=actor.name[:254]
            )
            made.append(party.pk)
    return made


def _earlier(gone: Case, stays: Case) -> str | None:
    """The clocks of what stays run from when either was known; gives what it said before."""
    if gone.aware_at >= stays.aware_at:
        return None
    before = stays.aware_at.isoformat()
    stays.aware_at = gone.aware_at
    stays.save(update_fields=["aware_at"])
    return before


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken out of a case: numbers of its links, and threads of its mail."""

    title: str
    links: tuple[int, ...] = ()
    threads: tuple[str, ...] = ()
    affected: tuple[int, ...] = ()


def split(case: int, parts: Parts, *, why: str, actor: Actor, at: datetime) -> int:
    """Open a case of its own for a part of one; gives the number of the join.

    Raises:
        UsageError: no such case, no title or reason, or nothing that is the case's own.
        Refused: the case has ended.
    """
    _check_why(why)
    with as_system(), transaction.atomic():
        row = locked(case)
        step(State(row.state), Act.MERGE)  # what could not be merged cannot be split either
        links = Link.objects.filter(case=row, pk__in=parts.links)
        mails = Mail.objects.filter(case=row, thread__in=parts.threads)
        resting = Statement.objects.filter(evidence__in=links)
        moved = {
            "links": list(links.values_list("pk", flat=True)),
            "mails": list(mails.values_list("pk", flat=True)),
        }
        if not (moved["links"] or moved["mails"]) or resting.exists():
            message = "Nothing of this case is named that could go."
            raise UsageError(message, mend="Choose links and threads; what a claim rests on stays.")
        lead, support = _teams(row, at)
        opening = Opening(
            title=parts.title,
            kind=row.kind,
            aware_at=row.aware_at,
            tlp=row.tlp,
            affected=parts.affected,
            team=lead,
            support=support,
            origin=Origin.SPLIT,
            text=why,
            exercise=row.exercise,
            triaged=row.state != State.REPORTED,
        )
        other = locked(open_case(opening, actor=actor, at=at))
        Link.objects.filter(pk__in=moved["links"]).update(case=other)
        Mail.objects.filter(pk__in=moved["mails"]).update(case=other)
        grades.carry(row, other)
        join = Join.objects.create(
            case=row,
            other=other,
            kind=Join.Kind.SPLIT,
            was=other.state,
            moved=moved,
            at=at,
            by=actor.name[:254],
            why=why.strip()[:240],
        )
        _note(join, EntryKind.SPLIT, "split", (actor, at), why)
        refresh(other, at=at)
    return join.pk


def _teams(case: Case, at: datetime) -> tuple[int | None, tuple[int, ...]]:
    """Who leads, and who works beside: what is taken out stays theirs too."""
    rows = Party.objects.filter(case=case, team__isnull=False).order_by("pk")
    roles = dict(rows.values_list("team_id", "role"))
    lead = next((team for team, role in roles.items() if role == PartyRole.LEAD), None)
    active = standing_teams(at.date())
    return lead, tuple(team for team in roles if team != lead and team in active)


def undo(number: int, *, why: str, actor: Actor, at: datetime) -> None:
    """Undo a merge or a split.

    Raises:
        UsageError: no such join, or no reason.
        Refused: it was undone before, or another merge stands on it.
    """
    _check_why(why)
    with as_system(), transaction.atomic():
        join = Join.objects.select_for_update(of=("self",)).filter(pk=number).first()
        if join is None:
            message = f"There is no join {number}."
            raise UsageError(message, mend="The page of the case lists them.")
        stays, other = (locked(one) for one in (join.case_id, join.other_id))
        if join.undone_at is not None:
            message = "This was undone already."
            raise Refused(message, mend="Nothing is to be done.")
        if join.kind == Join.Kind.MERGE:
            _check_last(join, stays)
            _take_apart(join, stays, other)
        else:
            _put_back(stays, other)
        join.undone_at, join.undone_by = at, actor.name[:254]
        join.save(update_fields=["undone_at", "undone_by"])
        kind = EntryKind.MERGE if join.kind == Join.Kind.MERGE else EntryKind.SPLIT
        _note(join, kind, "undone", (actor, at), why)
        refresh(other, at=at)
        refresh(stays, at=at)


def _check_last(join: Join, stays: Case) -> None:
    """What a merge gave, later ones may have built on: they are undone first."""
    if stays.merged_into_id is not None:
        message = f"Case {stays.pk} was merged into case {stays.merged_into_id} meanwhile."
        raise Refused(message, mend="Undo that first.")
    later = Join.objects.filter(
        case=stays, kind=Join.Kind.MERGE, undone_at__isnull=True, pk__gt=join.pk
    ).order_by("-pk").first()  # fmt: skip
    if later is not None:
        message = f"Case {later.other_id} was merged into case {stays.pk} later."
        raise Refused(message, mend="Undo that first.")


def _take_apart(join: Join, stays: Case, other: Case) -> None:
    other.state, other.merged_into = join.was, None
    other.save(update_fields=["state", "merged_into"])
    given = Party.objects.filter(pk__in=join.moved["parties"])
    given.filter(role=PartyRole.SUPPORT).delete()
    if join.moved["aware_at"]:
        stays.aware_at = msgspec.convert(join.moved["aware_at"], type(stays.aware_at))
        stays.save(update_fields=["aware_at"])
    if join.moved.get("grade"):
        grades.give_back(stays, join.moved["grade"])


def _put_back(stays: Case, other: Case) -> None:
    if State(other.state) == State.MERGED:
        message = f"Case {other.pk} was merged with another meanwhile."
        raise Refused(message, mend="Undo that first.")
    clash = set(Link.objects.filter(case=stays).values_list("kind", "ref"))
    for link in Link.objects.filter(case=other):
        if (link.kind, link.ref) not in clash:
            link.case = stays
            link.save(update_fields=["case"])
    Mail.objects.filter(case=other).update(case=stays)
    other.state, other.merged_into = State.MERGED, stays
    other.save(update_fields=["state", "merged_into"])


def _note(join: Join, kind: EntryKind, did: str, by: tuple[Actor, datetime], why: str) -> None:
    actor, at = by
    facts: dict[str, Any] = {
        "join": join.pk,
        "case": join.case_id,
        "other": join.other_id,
        "did": did,
    }
    for case in (join.case, join.other):
        write(case, Line(kind=kind, text=why, facts=facts), actor=actor, at=at)
    append(
        f"cases.{kind.value}",
        actor=actor,
        subject=f"case:{join.case_id}",
        facts={**facts, "digest": digest_of(why)},
        now=at,
    )
