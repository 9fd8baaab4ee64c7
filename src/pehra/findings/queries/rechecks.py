"""Re-checks as they are read: what a service is, who consented, what was heard."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Exists, OuterRef

from pehra.findings.models import Finding
from pehra.findings.models.rechecks import Knocked, Recheck, RecheckConsent
from pehra.findings.rechecks import NEWS, Consent, Service, kinds
from pehra.findings.rules import State
from pehra.kernel.time import EPOCH, micros
from pehra.mandate import queries as mandate
from pehra.mandate.tenancy import seen_by

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


class ConsentView(msgspec.Struct, frozen=True):
    """A consent, and by whose word it began and ended."""

    since: datetime
    until: datetime
    given_by: str
    ended_at: datetime | None
    ended_by: str


class RecheckView(msgspec.Struct, frozen=True):
    """What was heard at a finding's port; empty: it never came back to say."""

    at: datetime
    heard: str
    status: int | None
    by: str


def service_of(finding: int, *, viewer: Viewer) -> Service | None:
    """What a finding says of a service; null where it is absent or another's."""
    with seen_by(viewer):
        row = Finding.objects.filter(id=finding).first()
    if row is None:
        return None
    return Service(
        finding=row.id,
        asset=row.asset,
        at_address=row.asset_kind == Finding.AssetKind.ADDRESS,
        port=row.port,
        identifier=row.identifier,
        exposed=row.exposed,
        state=State(row.state),
        organisation=row.organisation_id,
        holder=None,
    )


def consents_of(organisation: int, *, viewer: Viewer) -> list[Consent]:
    """Consents of an organisation, ended ones too, as rules read them."""
    told = consent_views(organisation, viewer=viewer)
    return [Consent(organisation, one.since, one.until, one.ended_at) for one in told]


def consent_views(organisation: int, *, viewer: Viewer, size: int = 20) -> list[ConsentView]:
    """Consents of an organisation, the newest first."""
    with seen_by(mandate.with_constituents(viewer)):
        rows = RecheckConsent.objects.filter(organisation=organisation).order_by("-since", "-pk")
        return [ConsentView(**row) for row in rows.values(*ConsentView.__struct_fields__)[:size]]


def last_knock(asset: str) -> datetime | None:
    """When a host was last knocked at, for whatever finding."""
    try:
        host = str(ipaddress.ip_address(asset))
    except ValueError:
        return None
    return Knocked.objects.filter(host=host).values_list("at", flat=True).first()


def rechecks_of(finding: int, *, viewer: Viewer, size: int = 5) -> list[RecheckView]:
    """What was heard at a finding's port, the newest first."""
    with seen_by(viewer):
        rows = Recheck.objects.filter(finding=finding).order_by("-at", "-pk")
        found = list(rows.values_list("at", "heard", "status", "by")[:size])
    return [
        RecheckView(EPOCH + timedelta(microseconds=at), heard, status, by)
        for at, heard, status, by in found
    ]


def claimed_unchecked(now: datetime, *, viewer: Viewer, size: int = 100) -> list[int]:
    """Findings whose holder consents and has just said that they are fixed, not heard of since.

    What is refused by the register of the day, as where the host moved, is asked for again and
    again; so a claim is news for a day, and the oldest comes first.
    """
    with seen_by(viewer):
        given = RecheckConsent.objects.filter(
            organisation=OuterRef("organisation"), since__lte=now, until__gt=now, ended_at=None
        )
        since = Recheck.objects.filter(finding=OuterRef("pk"), at__gte=OuterRef("fix_claimed_at"))
        rows = Finding.objects.filter(
            Exists(given), ~Exists(since.exclude(heard="")), state=State.FIX_CLAIMED, exposed=True
        )
        rows = rows.filter(
            asset_kind=Finding.AssetKind.ADDRESS,
            identifier__in=kinds(),
            port__isnull=False,
            fix_claimed_at__gt=micros(now - NEWS),
        ).order_by("fix_claimed_at", "id")
        return list(rows.values_list("id", flat=True)[:size])
