"""Acts on early warnings: say what is wanted of a proven asset, and no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.actions import append
from pehra.mandate.tenancy import as_system
from pehra.registry.contacts import SEVERITIES
from pehra.registry.models import Asset, ControlProof, Subscription

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor


class Wanted(msgspec.Struct, frozen=True):
    """What an organisation wants to hear of an asset; severities are words."""

    organisation: int
    kind: str
    asset: str
    at_once: tuple[str, ...] = ()
    digest: tuple[str, ...] = ()


def subscribe(wanted: Wanted, *, actor: Actor, now: datetime) -> int:
    """Want early warnings of an asset; the same asset again changes what is wanted. Gives the id.

    Raises:
        UsageError: no severity, an unknown one, or one that is both at once and in the digest.
        Refused: control of the asset is not proven.
    """
    chosen = [*wanted.at_once, *wanted.digest]
    if not chosen or len(set(chosen)) < len(chosen) or not set(chosen) <= set(SEVERITIES):
        msg = "Each severity is told at once, in the digest, or not at all."
        raise UsageError(msg, mend=f"Choose among: {', '.join(SEVERITIES)}.")
    with transaction.atomic(), as_system():
        asset = Asset.objects.filter(kind=wanted.kind, value=wanted.asset).first()
        proven = ControlProof.objects.filter(
            asset=asset, organisation=wanted.organisation, state=ControlProof.State.PROVED
        )
        if asset is None or not proven.exists():
            message = f"Control of {wanted.asset} is not proven."
            raise Refused(message, mend="Prove it first; then you are warned.")
        row, _new = Subscription.objects.update_or_create(
            asset=asset,
            organisation_id=wanted.organisation,
            defaults={"at_once": list(wanted.at_once), "digest": list(wanted.digest)},
            create_defaults={
                "at_once": list(wanted.at_once),
                "digest": list(wanted.digest),
                "since": now,
            },
        )
        _enter("subscribe", row, actor, now)
    return row.pk


def unsubscribe(subscription: int, *, actor: Actor, now: datetime) -> None:
    """Want no early warnings of an asset any more.

    Raises:
        UsageError: no such subscription.
    """
    with transaction.atomic(), as_system():
        row = Subscription.objects.filter(pk=subscription).first()
        if row is None:
            message = f"There is no subscription {subscription}."
            raise UsageError(message, mend="See the organisation's workspace.")
        _enter("unsubscribe", row, actor, now)
        row.delete()


def _enter(act: str, row: Subscription, actor: Actor, now: datetime) -> None:
    append(
        f"registry.{act}",
        actor=actor,
        subject=f"subscription:{row.pk}",
        facts={"organisation": row.organisation_id, "asset": row.asset_id},
        now=now,
    )
