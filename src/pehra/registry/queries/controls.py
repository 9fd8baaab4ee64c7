"""Proofs of control: of an organisation for its page, and those that are due for the job."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it converts
from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import Max, OuterRef, Subquery

from pehra.mandate import queries as mandate
from pehra.mandate.tenancy import as_system, seen_by
from pehra.registry.control import MACHINE, Proof, due
from pehra.registry.models import Claim
from pehra.registry.models.control import ControlProof, RegistryMailbox

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from pehra.mandate.viewers import Viewer

OPEN = (ControlProof.State.ASKED, ControlProof.State.PROVED)


class ProofView(msgspec.Struct, frozen=True, kw_only=True):
    """A proof of control for people."""

    id: int
    organisation: int
    kind: str
    asset: str
    token: str
    mailbox: str
    detail: str
    proof: Proof


def proof_of(row: ControlProof) -> Proof:
    """A row as `control` sees it."""
    return Proof(**{name: getattr(row, name) for name in Proof.__struct_fields__})


def _view(row: ControlProof) -> ProofView:
    return ProofView(
        id=row.pk,
        organisation=row.organisation_id,
        kind=row.asset.kind,
        asset=row.asset.value,
        token=row.token,
        mailbox=row.mailbox,
        detail=row.detail,
        proof=proof_of(row),
    )


def controls_of(organisation_id: int, *, viewer: Viewer) -> list[ProofView]:
    """Proofs of an organisation that are open, then the newest of those that ended."""
    with seen_by(mandate.with_constituents(viewer)):
        rows = ControlProof.objects.filter(organisation=organisation_id).select_related("asset")
        live = list(rows.filter(state__in=OPEN).order_by("asset__value", "pk"))
        ended = list(rows.exclude(state__in=OPEN).order_by("-pk")[:20])
        return list(map(_view, [*live, *ended]))


def control(proof: int, *, viewer: Viewer) -> ProofView | None:
    """One proof; null where there is none, or the viewer may not see it."""
    with seen_by(mandate.with_constituents(viewer)):
        row = ControlProof.objects.filter(pk=proof).select_related("asset").first()
        return _view(row) if row else None


def proven_assets(organisation_id: int, *, viewer: Viewer) -> list[tuple[str, str]]:
    """Kind and value of each asset whose control an organisation has proven."""
    with seen_by(mandate.with_constituents(viewer)):
        rows = ControlProof.objects.filter(
            organisation=organisation_id, state=ControlProof.State.PROVED
        )
        return sorted(set(rows.values_list("asset__kind", "asset__value")))


def mailboxes_of(kind: str, value: str) -> list[tuple[int, str]]:
    """Id and address of each mailbox that a registry names for an asset; registries are public."""
    rows = RegistryMailbox.objects.filter(asset__kind=kind, asset__value=value).order_by("pk")
    return list(rows.values_list("pk", "address"))


def due_controls(now: datetime, *, most: int = 500) -> list[ProofView]:
    """Proofs that a machine is to look at now, the one looked at longest ago first."""
    same = {"asset": OuterRef("asset")}
    with as_system():
        rivals = ControlProof.objects.filter(state__in=OPEN, **same)
        claims = Claim.objects.filter(withdrawn_at__isnull=True, **same)
        rows = (
            ControlProof.objects.filter(state__in=OPEN, method__in=MACHINE)
            .annotate(asked_by_other=_last(rivals, "asked_at"))
            .annotate(claimed_by_other=_last(claims, "recorded_at"))
            .select_related("asset")
            .order_by("last_checked", "pk")
        )
        found = (row for row in rows if due(proof_of(row), now, claimed_at=_later(row)))
        return [_view(row) for row, _ in zip(found, range(most), strict=False)]


def _last(rows: QuerySet[Any], column: str) -> Subquery:
    """The last moment at which another organisation did something about the asset."""
    others = rows.exclude(organisation=OuterRef("organisation")).values("asset")
    return Subquery(others.annotate(last=Max(column)).values("last"))


def _later(row: Any) -> datetime | None:  # noqa: ANN401 a row with two annotations
    moments = (row.asked_by_other, row.claimed_by_other)
    return max((at for at in moments if at is not None), default=None)


def letter_digests() -> set[str]:
    """SHA-256 of the letters on which a proof rests: retention keeps their copies."""
    with as_system():
        rows = ControlProof.objects.filter(state__in=OPEN).exclude(letter="")
        return set(rows.values_list("letter", flat=True))


def assets_of(organisation_id: int, *, viewer: Viewer) -> list[tuple[str, str]]:
    """Kind and value of each asset that an organisation holds now, by whomever's word."""
    with seen_by(mandate.with_constituents(viewer)):
        rows = Claim.objects.filter(
            organisation=organisation_id, withdrawn_at__isnull=True, valid_to__isnull=True
        )
        return sorted(set(rows.values_list("asset__kind", "asset__value")))
