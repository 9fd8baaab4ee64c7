"""Who wants early warnings of which asset: only while control of it stands proven."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db.models import Exists, OuterRef

from pehra.mandate import queries as mandate
from pehra.mandate.tenancy import seen_by
from pehra.registry.models.control import ControlProof
from pehra.registry.models.subscriptions import Subscription

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pehra.mandate.viewers import Viewer


class SubscriptionView(msgspec.Struct, frozen=True, kw_only=True):
    """An early warning: severities are words; `kind` and `asset` name what it is of."""

    id: int
    organisation: int
    kind: str
    asset: str
    at_once: tuple[str, ...]
    digest: tuple[str, ...]


def subscriptions(
    *, viewer: Viewer, organisations: Iterable[int] | None = None
) -> list[SubscriptionView]:
    """Subscriptions in force, of some organisations or of all, in one query.

    One whose proof has lapsed is left out, and is there again when control is proven anew.
    """
    with seen_by(mandate.with_constituents(viewer)):
        proven = ControlProof.objects.filter(
            asset=OuterRef("asset"),
            organisation=OuterRef("organisation"),
            state=ControlProof.State.PROVED,
        )
        rows = Subscription.objects.filter(Exists(proven)).select_related("asset").order_by("pk")
        if organisations is not None:
            rows = rows.filter(organisation__in=list(organisations))
        return [
            SubscriptionView(
                id=row.pk,
                organisation=row.organisation_id,
                kind=row.asset.kind,
                asset=row.asset.value,
                at_once=tuple(row.at_once),
                digest=tuple(row.digest),
            )
            for row in rows
        ]
