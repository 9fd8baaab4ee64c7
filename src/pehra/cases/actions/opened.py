"""Open a case: with what is known of it, who is in it, and the team that leads."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import transaction

from pehra.cases.actions.clocks import refresh
from pehra.cases.actions.timeline import Line, digest_of, write
from pehra.cases.models.case import Case, Party
from pehra.cases.rules import EntryKind, Kind, Origin, PartyRole, State, check_title
from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.labels import Tlp
from pehra.ledger.actions import append
from pehra.mandate import queries as mandate
from pehra.mandate.queries.standing import standing_organisations, standing_teams
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from pehra.kernel.actors import Actor


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a case when it is opened.

    Attributes:
        title: in a few words.
        kind: `rules.Kind`.
        aware_at: from when the clocks run; null: the moment of opening.
        affected: ids of organisations.
        reporters: ids of organisations that reported it.
        team: id of the team that leads; null: the one that mandate's routing names for the first
            of the affected, or for a stranger.
        support: ids of teams that support.
        origin: `rules.Origin`.
        text: what was said of it, for the first line of its timeline.
        triaged: a person has looked at it already.
    """

    title: str
    kind: str = Kind.OTHER
    aware_at: datetime | None = None
    tlp: str = Tlp.AMBER
    affected: tuple[int, ...] = ()
    reporters: tuple[int, ...] = ()
    team: int | None = None
    support: tuple[int, ...] = ()
    origin: str = Origin.OFFICER
    text: str = ""
    exercise: bool = False
    triaged: bool = False


def open_case(opening: Opening, *, actor: Actor, at: datetime) -> int:
    """Open a case; gives its number.

    Raises:
        UsageError: no title, an unknown kind, label, origin, team or organisation, or a moment of
            awareness that is still to come.
        Refused: the nation has no team that could lead.
    """
    title = check_title(opening.title)
    _check(opening, at)
    with as_system(), transaction.atomic():
        lead = opening.team if opening.team is not None else _lead_of(opening.affected, at)
        case = Case.objects.create(
            title=title,
            kind=opening.kind,
            state=State.TRIAGED if opening.triaged else State.REPORTED,
            tlp=opening.tlp,
            aware_at=opening.aware_at or at,
            opened_at=at,
            changed_at=at,
            exercise=opening.exercise,
            origin=opening.origin,
        )
        _add_parties(case, opening, lead, actor, at)
        facts: dict[str, Any] = {"origin": opening.origin, "kind": opening.kind, "lead": lead}
        line = Line(kind=EntryKind.OPENED, text=opening.text, facts=facts, shared=False)
        write(case, line, actor=actor, at=at)
        refresh(case, at=at)
        append(
            "cases.open",
            actor=actor,
            subject=f"case:{case.pk}",
            facts={
                **facts,
                "affected": len(set(opening.affected)),
                "exercise": opening.exercise,
                "digest": digest_of(title + opening.text),
            },
            now=at,
        )
    return case.pk


def _check(opening: Opening, at: datetime) -> None:
    for name, word, known in (
        ("kind", opening.kind, set(Kind)),
        ("label", opening.tlp, set(Tlp)),
        ("origin", opening.origin, set(Origin)),
    ):
        if word not in known:
            message = f"`{word}` is no {name} of a case."
            raise UsageError(message, mend=f"Possible: {', '.join(sorted(known))}.")
    if opening.aware_at is not None and opening.aware_at > at:
        message = "The moment of awareness is still to come."
        raise UsageError(message, mend="Say when somebody first knew of it.")
    named = {*opening.affected, *opening.reporters}
    if strange := named - standing_organisations(named):
        message = f"There is no organisation {min(strange)}."
        raise UsageError(message, mend="Name those of the register.")
    teams = {*opening.support, *(() if opening.team is None else (opening.team,))}
    if strange := teams - standing_teams(at.date()):
        message = f"Team {min(strange)} is not active."
        raise UsageError(message, mend="Name one that is.")


def _lead_of(affected: tuple[int, ...], at: datetime) -> int:
    found = mandate.routing(affected[0] if affected else 0, at.date()).lead
    if found is None:
        message = "The nation has no team that could lead on this case."
        raise Refused(message, mend="`pehra structure show` says which teams are in force.")
    return found


def _add_parties(case: Case, opening: Opening, lead: int, actor: Actor, at: datetime) -> None:
    teams = dict.fromkeys(opening.support, PartyRole.SUPPORT) | {lead: PartyRole.LEAD}
    organisations = [
        *((one, PartyRole.AFFECTED) for one in dict.fromkeys(opening.affected)),
        *((one, PartyRole.REPORTER) for one in dict.fromkeys(opening.reporters)),
    ]
    common = {"case": case, "since": at, "by": actor.name[:254]}
    Party.objects.bulk_create(
        [
            *(Party(team_id=team, role=role, **common) for team, role in sorted(teams.items())),
            *(Party(organisation_id=one, role=role, **common) for one, role in organisations),
        ]
    )
