"""Proposals: an organisation for each holder of a country's ASNs, and a person's review of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import polars as pl
from django.db import transaction
from django.db.models import Q

from pehra.kernel.errors import Refused, UsageError
from pehra.mandate import actions as mandate_actions
from pehra.mandate import queries as mandate
from pehra.mandate.tenancy import as_system
from pehra.registry import holders
from pehra.registry.actions.imports import Import, Imported, Manner
from pehra.registry.actions.upkeep import changed, work_item
from pehra.registry.models import Asset, Claim, WorkItem

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor
    from pehra.mandate.rules import HolderRow
    from pehra.registry.networks import Networks
    from pehra.registry.register import Register

_BATCH = 5000
_GREATER_PART = 0.5


def import_country(
    country: str, networks: Networks, *, actor: Actor, now: datetime, dry_run: bool = False
) -> Imported:
    """Propose an organisation for each holder of an ASN of a country, for a person's review.

    An ASN is a country's when the greater part of the address space that it announces lies there.
    One that anybody already claims is left alone, and so is one whose proposal was dismissed. The
    claims have no beginning, for nobody knows it, and are weak (source `registry`): findings have
    an owner while the review lasts, and any person's word beats it.

    Args:
        country: ISO 3166-1 alpha-2.
        networks: the address table.
        actor: who asks.
        now: aware, UTC.
        dry_run: only say what would be proposed.

    Raises:
        UsageError: no announced network lies in the country.
    """
    code = country.strip().upper()
    here = networks.holders(code).filter(pl.col("share") > _GREATER_PART)
    if here.is_empty():
        message = f"The address table has no holder in `{code}`."
        raise UsageError(message, mend="Give an ISO 3166 code, or run `pehra networks update`.")
    with as_system():
        settled = Q(withdrawn_at__isnull=True) | Q(source=Claim.Source.REGISTRY)
        claims = Claim.objects.filter(settled, asset__kind=Asset.Kind.ASN)
        taken = list(claims.values_list("asset__value", flat=True).distinct())
    register = holders.proposals(code, here.filter(~pl.col("asn").cast(pl.String).is_in(taken)))
    with transaction.atomic():
        work = Import(register, (actor, now), Manner(dry_run=dry_run), proposed=True)
        found = work.done("registry.import-country", {"country": code, "holders": here.height})
        if not dry_run:
            _open_proposals(register, now)
    return found


def _open_proposals(register: Register, now: datetime) -> None:
    """One item for each organisation that a person is to confirm, merge or dismiss."""
    team = mandate.national_team(now.date())
    notes = dict(register.claims.select("organisation", "note").iter_rows())
    WorkItem.objects.bulk_create(
        (
            work_item(
                WorkItem.Kind.PROPOSAL,
                f"organisation {stated.slug}",
                f"{stated.name}: {notes[stated.slug]}.",
                (team, now),
            )
            for stated in register.organisations
        ),
        batch_size=_BATCH,
        ignore_conflicts=True,
    )


def decide_proposal(slug: str, *, accept: bool, actor: Actor, now: datetime) -> None:
    """Confirm a proposed organisation with its claims, or withdraw them.

    Raises:
        UsageError: no such organisation.
        Refused: it is not a proposal.
    """
    with transaction.atomic(), as_system():
        number, row = _holder(slug)
        if row.standing != "proposed":
            message = f"`{slug}` is not a proposal: it is {row.standing}."
            raise Refused(message, mend="Import a register to change a confirmed organisation.")
        standing = "confirmed" if accept else "dissolved"
        mandate_actions.record_holders(
            [], {number: msgspec.structs.replace(row, standing=standing)}
        )
        claims = Claim.objects.filter(organisation=number, proposed=True, withdrawn_at__isnull=True)
        if accept:
            claims.update(proposed=False, approved_by=actor.name[:160])
        else:
            claims.update(withdrawn_at=now)
        WorkItem.objects.filter(subject=f"organisation {slug}", closed_at__isnull=True).update(
            closed_at=now, outcome=standing
        )
        changed("registry.decide-proposal", f"organisation:{number}", (actor, now), accept=accept)


def _holder(slug: str) -> tuple[int, HolderRow]:
    found = mandate.holders().get(slug)
    if found is None:
        message = f"There is no organisation `{slug}`."
        raise UsageError(message, mend="See `pehra registry export` for those that there are.")
    return found
