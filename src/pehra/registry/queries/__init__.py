"""Who holds what: claims as columns for the index, and rows for people."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import msgspec
import polars as pl
from django.db.models import Count, Q

from pehra.kernel.time import iso
from pehra.mandate import queries as mandate
from pehra.mandate.tenancy import as_system, seen_by
from pehra.registry.difference import STANDING
from pehra.registry.explanations import ClaimView, Explanation, reason
from pehra.registry.models import Asset, Claim, Revision
from pehra.registry.queries.contacts import (
    ContactCard,
    ContactView,
    KeyView,
    contact_card,
    contact_cards,
    contact_rows,
    contacts_of,
    keys_of,
    keys_of_all,
    reachable_contacts,
)
from pehra.registry.queries.controls import (
    ProofView,
    assets_of,
    control,
    controls_of,
    due_controls,
    letter_digests,
    mailboxes_of,
    proven_assets,
)
from pehra.registry.queries.subscriptions import SubscriptionView, subscriptions
from pehra.registry.queries.work import WorkItemView, waiting_work, work_items
from pehra.registry.register_text import COLUMNS
from pehra.registry.rules import POOLED, Conflict, conflicts, specificity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from django.db import models

    from pehra.mandate.rules import HolderRow
    from pehra.mandate.viewers import Viewer

__all__ = [
    "CLAIMS",
    "ContactCard",
    "ContactView",
    "Held",
    "KeyView",
    "OrganisationLine",
    "OrganisationView",
    "ProofView",
    "SubscriptionView",
    "WorkItemView",
    "asset_ids",
    "assets_of",
    "claims_frame",
    "claims_of",
    "contact_card",
    "contact_cards",
    "contacts_of",
    "contested",
    "control",
    "controls_of",
    "decided_leads",
    "due_controls",
    "explain",
    "holders_of",
    "keys_of",
    "keys_of_all",
    "letter_digests",
    "mailboxes_of",
    "organisation",
    "organisations",
    "proven_assets",
    "reachable_contacts",
    "register_rows",
    "revision",
    "standing",
    "subscriptions",
    "waiting_work",
    "work_items",
]

CLAIMS: dict[str, pl.DataType] = {
    "claim": pl.Int64(),
    "organisation": pl.Int64(),
    "team": pl.Int64(),
    "kind": pl.String(),
    "value": pl.String(),
    "source": pl.String(),
    "confidence": pl.Int16(),
    "use": pl.String(),
    "valid_from": pl.Datetime("us", "UTC"),
    "valid_to": pl.Datetime("us", "UTC"),
    "pool": pl.Int64(),
}
"""Columns of `claims_frame`: ids are of rows, `value` is canonical, null times are open. `pool` is
the first claim by which this organisation held this asset as a pool; null where it is none now."""
_TOLD: dict[str, pl.DataType] = {name: kind for name, kind in CLAIMS.items() if name != "pool"}

_CHUNK = 50_000
_HELD = 1_000


def revision() -> int:
    """Number of the register's state; grows with every act that changes what is held."""
    return Revision.objects.filter(id=1).values_list("number", flat=True).first() or 0


def claims_frame(on: date) -> pl.DataFrame:
    """All claims that were not withdrawn, whoever looks: for the compiled index.

    Args:
        on: day whose structure decides the lead team, UTC.

    Returns:
        Columns of `CLAIMS`; `team` is the one that leads on the asset (a decision on the asset
        itself, else routing), null where the nation has no team.
    """
    leads = mandate.lead_teams(on)
    names = [name for name in _TOLD if name not in ("claim", "organisation", "team")]
    names[:2] = ["asset__kind", "asset__value"]
    with as_system():
        rows = Claim.objects.filter(withdrawn_at__isnull=True).order_by("id")
        found = _frame(
            rows.values_list("id", "organisation_id", "asset__lead_team_id", *names), _TOLD
        )
        pools = _pools()
    lead = pl.col("organisation").replace_strict(
        list(leads), list(leads.values()), default=None, return_dtype=pl.Int64
    )
    held = found.with_columns(team=pl.coalesce("team", lead))
    return held.join(pools, on="claim", how="left", maintain_order="left")


def _pools() -> pl.DataFrame:
    """Claims on pools, `claim`, each with the first of the same holder and asset, `pool`.

    A claim is closed and another follows it when only a word of it changes; what is known of the
    pool must not be lost by that, so the pool keeps the first one's id, also where that one was
    withdrawn.
    """
    names = ("id", "organisation_id", "asset_id")
    schema: dict[str, pl.DataType] = dict.fromkeys(names, pl.Int64())
    rows = Claim.objects.filter(use__in=POOLED).order_by("id")
    found = _frame(rows.values_list(*names), schema)
    return found.select(claim="id", pool=pl.col("id").min().over("organisation_id", "asset_id"))


def decided_leads() -> dict[int, int]:
    """Claim -> team, for assets whose lead team was decided on and is not that of routing."""
    with as_system():
        rows = Claim.objects.filter(asset__lead_team__isnull=False)
        return dict(rows.values_list("id", "asset__lead_team_id"))


def _frame(rows: models.QuerySet[Claim], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Rows of values as columns, by chunks, so that Python's objects do not pile up."""
    parts, chunk = [], []
    for row in rows.iterator(chunk_size=10_000):
        chunk.append(row)
        if len(chunk) == _CHUNK:
            parts.append(pl.DataFrame(chunk, schema=schema, orient="row"))
            chunk = []
    parts.append(pl.DataFrame(chunk, schema=schema, orient="row"))
    return pl.concat(parts)


def standing(organisations: Iterable[int] | None = None) -> pl.DataFrame:
    """Claims that stand, in a register's words (`difference.STANDING`).

    Args:
        organisations: ids; null: of all.
    """
    names = [name for name in STANDING if name not in ("claim", "organisation", "kind", "value")]
    with as_system():
        rows = Claim.objects.filter(withdrawn_at__isnull=True)
        if organisations is not None:
            rows = rows.filter(organisation__in=list(organisations))
        values = rows.values_list("id", "organisation__slug", "asset__kind", "asset__value", *names)
        return _frame(values, STANDING)


def asset_ids() -> pl.DataFrame:
    """All assets: `kind`, `value`, `asset` (id)."""
    schema = {"kind": pl.String(), "value": pl.String(), "asset": pl.Int64()}
    rows = list(Asset.objects.values_list("kind", "value", "id").iterator(chunk_size=10_000))
    return pl.DataFrame(rows, schema=schema, orient="row")


def contested() -> list[Conflict]:
    """Assets that several organisations claim by equal words at one time, whoever looks."""
    names = [name for name in _TOLD if name not in ("claim", "organisation", "team")]
    names[:2] = ["asset__kind", "asset__value"]
    with as_system():
        live = Claim.objects.filter(withdrawn_at__isnull=True).order_by()
        several = (
            live.values("asset_id", "source")
            .annotate(holders=Count("organisation", distinct=True))
            .filter(holders__gt=1)
        )
        rows = live.filter(asset__in=several.values("asset_id"))
        found = rows.values_list("id", "organisation_id", "asset__lead_team_id", *names)
        return conflicts(_frame(found, _TOLD))


def _view(claim: Claim) -> ClaimView:
    return ClaimView(
        claim=claim.pk,
        organisation=claim.organisation.slug,
        name=claim.organisation.name,
        kind=claim.asset.kind,
        asset=str(claim.asset),
        source=claim.source,
        confidence=claim.confidence,
        use=claim.use,
        valid_from=claim.valid_from,
        valid_to=claim.valid_to,
        proposed=claim.proposed,
        withdrawn_at=claim.withdrawn_at,
        note=claim.note,
    )


def explain(claim: int | None, beaten: int | None, *, viewer: Viewer) -> Explanation:
    """Say which claim beat which, as far as the viewer may know."""
    wanted = [number for number in (claim, beaten) if number is not None]
    with seen_by(mandate.with_constituents(viewer)):
        rows = Claim.objects.filter(pk__in=wanted).select_related("organisation", "asset")
        found = {row.pk: _view(row) for row in rows}
    winner = found.get(claim) if claim is not None else None
    loser = found.get(beaten) if beaten is not None else None
    return Explanation(winner, loser, reason(winner, loser, beaten), len(found) < len(set(wanted)))


class OrganisationView(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation for people; references are names."""

    id: int
    slug: str
    name: str
    name_ur: str
    sector: str
    territory: str
    country: str
    is_public: bool | None
    cii_grade: str
    standing: str
    lead: str
    support: tuple[str, ...]
    gaps: tuple[str, ...]
    claims: int
    in_urdu: dict[str, str]
    """Of the names above, those that have one in Urdu."""


def organisation(slug: str, *, viewer: Viewer, on: date) -> OrganisationView | None:
    """One organisation; null where there is none, or the viewer may not see it."""
    found = mandate.organisation_row(slug)
    widened = mandate.with_constituents(viewer)
    if found is None or not (widened.sees_all or found.pk in widened.organisations):
        return None
    routed = mandate.routing(found.pk, on)
    teams = mandate.team_names()
    near = (row for row in (found.sector, found.territory) if row is not None)
    in_urdu = dict([*teams.values(), *((row.name, row.name_ur) for row in near)])
    with seen_by(widened):
        held = Claim.objects.filter(organisation=found.pk, withdrawn_at__isnull=True).count()
    return OrganisationView(
        id=found.pk,
        slug=found.slug,
        name=found.name,
        name_ur=found.name_ur,
        sector=found.sector.name if found.sector else "",
        territory=found.territory.name if found.territory else "",
        country=found.country,
        is_public=found.is_public,
        cii_grade=found.cii_grade,
        standing=found.standing,
        lead=teams[routed.lead][0] if routed.lead else "",
        support=tuple(teams[team][0] for team in routed.support),
        gaps=tuple(gap.step for gap in routed.gaps),
        claims=held,
        in_urdu={name: name_ur for name, name_ur in in_urdu.items() if name_ur},
    )


class OrganisationLine(msgspec.Struct, frozen=True):
    """An organisation in a list."""

    id: int
    slug: str
    name: str
    sector: str
    standing: str
    claims: int


def organisations(*, viewer: Viewer, after: str = "", size: int = 50) -> list[OrganisationLine]:
    """Organisations that the viewer may see, by slug, from the one after `after` on."""
    widened = mandate.with_constituents(viewer)
    rows = mandate.organisation_lines(widened, after=after, size=size)
    with seen_by(widened):
        counts = dict(
            Claim.objects.filter(organisation__in=[row[0] for row in rows])
            .filter(withdrawn_at__isnull=True)
            .values_list("organisation")
            .annotate(held=Count("id"))
        )
    return [OrganisationLine(*row, counts.get(row[0], 0)) for row in rows]


def claims_of(
    organisation_id: int, *, viewer: Viewer, after: int = 0, size: int = 200
) -> list[ClaimView]:
    """Claims of an organisation by id, from the one after `after` on; withdrawn ones too."""
    with seen_by(mandate.with_constituents(viewer)):
        rows = Claim.objects.filter(organisation=organisation_id, pk__gt=after).order_by("pk")
        return [_view(row) for row in rows.select_related("organisation", "asset")[:size]]


class Held(msgspec.Struct, frozen=True):
    """An asset that somebody holds, as a search finds it."""

    organisation: int
    kind: str
    asset: str


def holders_of(assets: Iterable[tuple[str, str]], *, viewer: Viewer, limit: int = 10) -> list[Held]:
    """Who holds any of `assets` (kind, canonical value), the narrowest first, claim by claim."""
    kinds: dict[str, list[str]] = {}
    for kind, value in assets:
        kinds.setdefault(kind, []).append(value)
    wanted = reduce(
        or_, (Q(asset__kind=kind, asset__value__in=values) for kind, values in kinds.items()), Q()
    )
    if not kinds:
        return []
    with seen_by(mandate.with_constituents(viewer)):
        rows = Claim.objects.filter(wanted, withdrawn_at__isnull=True, valid_to__isnull=True)
        found = set(rows.values_list("organisation_id", "asset__kind", "asset__value")[:_HELD])
    ranked = sorted(found, key=lambda row: (-specificity(row[1], row[2]), row))
    return [Held(*row) for row in ranked[:limit]]


def register_rows(*, viewer: Viewer) -> pl.DataFrame:
    """The register as rows of text (`register_text.COLUMNS`), as an import reads them.

    Each organisation has one row with its facts, then one for each claim that was not withdrawn,
    and one for each contact.
    """
    widened = mandate.with_constituents(viewer)
    rows: list[dict[str, str]] = []
    for slug, (number, row) in sorted(mandate.holders().items()):
        if widened.sees_all or number in widened.organisations:
            rows.append({"organisation": slug, **_facts(row)})
    with seen_by(widened):
        held = Claim.objects.filter(withdrawn_at__isnull=True)
        rows.extend(map(_claim_cells, held.select_related("organisation", "asset").iterator()))
        rows.extend(contact_rows())
    columns = {name: [row.get(name, "") for row in rows] for name in COLUMNS}
    return pl.DataFrame(columns, schema=dict.fromkeys(COLUMNS, pl.String())).sort(
        "organisation", maintain_order=True
    )


def _facts(row: HolderRow) -> dict[str, str]:
    public = {True: "true", False: "false", None: ""}[row.is_public]
    names = ("name", "name_ur", "sector", "territory", "country", "cii_grade")
    return {"public": public, **{name: getattr(row, name) or "" for name in names}}


def _claim_cells(claim: Claim) -> dict[str, str]:
    return {
        "organisation": claim.organisation.slug,
        "kind": claim.asset.kind,
        "asset": claim.asset.value,
        "source": claim.source,
        "confidence": str(claim.confidence),
        "use": claim.use,
        "valid_from": iso(claim.valid_from) if claim.valid_from else "",
        "valid_to": iso(claim.valid_to) if claim.valid_to else "",
        "note": claim.note,
    }
