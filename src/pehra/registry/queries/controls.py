"""Proofs of control: of an organisation for its page, and those that are due for the job."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it converts
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Max, OuterRef, Subquery

from pehra.mandate import queries as mandate
from pehra.mandate.tenancy import as_system, seen_by
from pehra.registry.control import MACHINE, Proof, due
from pehra.registry.models import Claim
from pehra.registry.models.control import ControlProof, RegistryMailbox

if TYPE_CHECKING:
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
    with as_system():
        others = (
            ControlProof.objects.filter(asset=OuterRef("asset"), state__in=OPEN)
            .exclude(organisation=OuterRef("organisation"))
            .values("asset")
            .annotate(last=Max("asked_at"))
            .values("last")
        )
        rows = (
            ControlProof.objects.filter(state__in=OPEN, method__in=MACHINE)
            .annotate(claimed_at=Subquery(others))
            .select_related("asset")
            .order_by("last_checked", "pk")
        )
        found = (row for row in rows if due(proof_of(row), now, claimed_at=row.claimed_at))
        return [_view(row) for row, _ in zip(found, range(most), strict=False)]


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
