"""Let findings follow their lead teams, when the structure or the day has changed them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count, Q

from pehra.findings.actions.settled import take_turn
from pehra.findings.models import Finding
from pehra.findings.models.epochs import in_any_epoch
from pehra.ledger import actions as ledger
from pehra.mandate import queries as mandate
from pehra.mandate.tenancy import as_system
from pehra.registry import queries as registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from pehra.kernel.actors import Actor

_STRETCH = 5_000
"""Findings of one transaction, at most."""
_HOLDERS = 500
"""Holders, or claims, asked for in one statement."""


def follow_leads(*, now: datetime, actor: Actor, progress: Callable[[int, int], None]) -> int:
    """Give findings the team that leads on their holder on the day of `now`; returns how many.

    A decision on the asset itself stands over routing; what nobody holds is the national team's.
    Each stretch has its own transaction and its own entry in the ledger.
    """
    done = 0
    with as_system():
        for team, wrong in _wrong(now):
            while moved := _hand_over(team, wrong, now, actor):
                done += moved
                progress(done, done)
    return done


def _wrong(now: datetime) -> Iterator[tuple[int | None, Q]]:
    """A team, and which findings it should lead that another does."""
    leads, national = mandate.lead_teams(now.date()), mandate.national_team(now.date())
    decided = registry.decided_leads()
    strays: dict[int | None, list[int]] = {}
    unheld = False
    told = Finding.objects.order_by().values_list("organisation_id", "team_id")
    for holder, team, _ in told.annotate(number=Count("id")):
        lead = national if holder is None else leads.get(holder, national)
        if holder is None:
            unheld = unheld or team != lead
        elif team != lead:
            strays.setdefault(lead, []).append(holder)
    free = ~Q(claim__in=list(decided)) if decided else Q()
    if unheld:
        yield national, Q(organisation__isnull=True) & in_any_epoch()
    for lead, holders in strays.items():
        for at in range(0, len(holders), _HOLDERS):
            held = Q(organisation__in=holders[at : at + _HOLDERS]) & in_any_epoch()
            yield lead, held & free
    yield from _decided(decided)


def _decided(decided: dict[int, int]) -> Iterator[tuple[int, Q]]:
    """Whoever holds it, a decision on the asset names its team."""
    for team in set(decided.values()):
        claims = [claim for claim, by in decided.items() if by == team]
        for at in range(0, len(claims), _HOLDERS):
            yield team, Q(claim__in=claims[at : at + _HOLDERS])


def _hand_over(team: int | None, wrong: Q, now: datetime, actor: Actor) -> int:
    """One stretch of it."""
    with transaction.atomic():
        take_turn()
        rows = Finding.objects.filter(wrong).exclude(team=team).order_by("id")
        ids = list(rows.values_list("id", flat=True)[:_STRETCH])
        if ids:
            Finding.objects.filter(pk__in=ids).update(team=team)
            ledger.append(
                "findings.follow-lead",
                actor=actor,
                subject=f"team:{team}" if team else "team:none",
                facts={"findings": len(ids)},
                now=now,
            )
    return len(ids)
