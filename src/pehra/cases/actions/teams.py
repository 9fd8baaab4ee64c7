"""Who is in a case: teams that support, organisations, and the lead, handed on with acceptance.

Until a team accepts, the one before leads; no clock stops for a hand-off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from pehra.cases.actions.clocks import refresh
from pehra.cases.actions.timeline import Line, digest_of, locked, write
from pehra.cases.models.case import Case, Party
from pehra.cases.rules import TEAM_ROLES, EntryKind, PartyRole
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.actions import append
from pehra.mandate.queries.standing import standing_organisations, standing_teams
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pehra.kernel.actors import Actor


def support(case: int, team: int, *, actor: Actor, at: datetime) -> None:
    """Let a team support a case.

    Raises:
        UsageError: no such case, or the team is not active.
        Refused: it is in the case.
    """
    with as_system(), transaction.atomic():
        row = locked(case)
        _check_team(team, at)
        if Party.objects.filter(case=row, team=team).exists():
            message = f"Team {team} is in case {case} already."
            raise Refused(message, mend="Nothing is to be done.")
        _add(row, actor, at, team_id=team, role=PartyRole.SUPPORT)
        _note(row, EntryKind.PARTY, {"team": team, "role": "support"}, (actor, at))


def bring_in(case: int, organisation: int, role: str, *, actor: Actor, at: datetime) -> None:
    """Add an organisation to a case, as affected, as reporter, or as suspected.

    Raises:
        UsageError: no such case, organisation or role.
        Refused: it is that already.
    """
    if role in TEAM_ROLES or role not in set(PartyRole):
        message = f"An organisation is not `{role}` in a case."
        raise UsageError(message, mend="Possible: affected, reporter, suspected.")
    if not standing_organisations([organisation]):
        message = f"There is no organisation {organisation}."
        raise UsageError(message, mend="Name one of the register.")
    with as_system(), transaction.atomic():
        row = locked(case)
        if Party.objects.filter(case=row, organisation=organisation, role=role).exists():
            message = f"It is {role} in case {case} already."
            raise Refused(message, mend="Nothing is to be done.")
        _add(row, actor, at, organisation_id=organisation, role=role)
        facts = {"organisation": organisation, "role": role}
        _note(row, EntryKind.PARTY, facts, (actor, at))
        refresh(row, at=at)


def offer(case: int, team: int, *, why: str, actor: Actor, at: datetime) -> None:
    """Offer the lead to another team.

    Raises:
        UsageError: no such case, no reason, or the team is not active.
        Refused: it leads already, or the lead is offered to somebody.
    """
    if not why.strip():
        message = "Say why the lead is handed on."
        raise UsageError(message, mend="The other team reads it before it accepts.")
    with as_system(), transaction.atomic():
        row = locked(case)
        _check_team(team, at)
        if Party.objects.filter(case=row, role=PartyRole.OFFERED).exists():
            message = f"The lead of case {case} is offered already."
            raise Refused(message, mend="Wait for the answer, or let that team decline.")
        known = Party.objects.filter(case=row, team=team).first()
        if known is not None and known.role == PartyRole.LEAD:
            message = f"Team {team} leads on case {case} already."
            raise Refused(message, mend="Nothing is to be done.")
        if known is None:
            _add(row, actor, at, team_id=team, role=PartyRole.OFFERED)
        else:
            known.role = PartyRole.OFFERED
            known.save(update_fields=["role"])
        facts = {"team": team, "did": "offered", "supported": known is not None}
        _note(row, EntryKind.HAND_OFF, facts, (actor, at), why)


def answer(case: int, *, accept: bool, why: str, actor: Actor, at: datetime) -> None:
    """Accept the lead that was offered, or decline it; a team that declines goes on supporting.

    Raises:
        UsageError: no such case, or a refusal without a reason.
        Refused: nothing was offered.
    """
    if not accept and not why.strip():
        message = "Say why the lead is declined."
        raise UsageError(message, mend="The team that leads must know.")
    with as_system(), transaction.atomic():
        row = locked(case)
        offered = Party.objects.filter(case=row, role=PartyRole.OFFERED).first()
        if offered is None:
            message = f"The lead of case {case} is offered to nobody."
            raise Refused(message, mend="Its lead team offers it.")
        if accept:
            Party.objects.filter(case=row, role=PartyRole.LEAD).update(role=PartyRole.SUPPORT)
        offered.role = PartyRole.LEAD if accept else PartyRole.SUPPORT
        offered.since = at
        offered.save(update_fields=["role", "since"])
        facts = {"team": offered.team_id, "did": "accepted" if accept else "declined"}
        _note(row, EntryKind.HAND_OFF, facts, (actor, at), why)


def offered_to(case: int) -> int | None:
    """Id of the team to which the lead is offered; null: to none."""
    with as_system():
        rows = Party.objects.filter(case=case, role=PartyRole.OFFERED)
        return rows.values_list("team_id", flat=True).first()


def _check_team(team: int, at: datetime) -> None:
    if team not in standing_teams(at.date()):
        message = f"Team {team} is not active."
        raise UsageError(message, mend="Name one that is.")


def _add(case: Case, actor: Actor, at: datetime, **facts: object) -> None:
    Party.objects.create(case=case, since=at, by=actor.name[:254], **facts)


def _note(
    case: Case,
    kind: EntryKind,
    facts: Mapping[str, Any],
    by: tuple[Actor, datetime],
    text: str = "",
) -> None:
    actor, at = by
    write(case, Line(kind=kind, text=text, facts=dict(facts)), actor=actor, at=at)
    append(
        f"cases.{kind.value}",
        actor=actor,
        subject=f"case:{case.pk}",
        facts={**facts, "digest": digest_of(text)},
        now=at,
    )
