"""What the register's pages read, inside the reader's scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db.models import Count, Q

from pehra.mandate.models import Organisation
from pehra.mandate.queries import with_constituents
from pehra.mandate.tenancy import seen_by
from pehra.registry.models import Claim, Contact, WorkItem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from django.db.models import QuerySet

    from pehra.mandate.viewers import Viewer

_MOST = 500


class Listed(msgspec.Struct, frozen=True):
    """A page of organisations by slug, with how many claims each holds."""

    rows: list[Organisation]
    holdings: dict[int, int]
    has_next: bool


class Held(msgspec.Struct, frozen=True):
    """An organisation with its claims, newest first, and its contacts."""

    organisation: Organisation
    claims: list[Claim]
    contacts: list[Contact]


def _visible(viewer: Viewer) -> QuerySet[Organisation]:
    rows = Organisation.objects.select_related("sector", "territory")
    return rows if viewer.sees_all else rows.filter(id__in=viewer.organisations)


def organisations(viewer: Viewer, on: date, *, search: str, after: str, size: int = 50) -> Listed:
    """Organisations whose name or slug contains `search`, by slug, after the slug `after`."""
    whole = with_constituents(viewer, on)
    rows = _visible(whole).order_by("slug").filter(slug__gt=after)
    if search:
        rows = rows.filter(
            Q(name__icontains=search) | Q(name_ur__icontains=search) | Q(slug__icontains=search)
        )
    found = list(rows[: size + 1])
    with seen_by(whole):
        claims = Claim.objects.filter(
            organisation__in=[row.pk for row in found], withdrawn_at__isnull=True
        )
        counted = claims.order_by().values_list("organisation").annotate(held=Count("id"))
        return Listed(found[:size], dict(counted), has_next=len(found) > size)


def organisation(viewer: Viewer, on: date, slug: str) -> Held | None:
    """One organisation; None where it is absent or another's."""
    whole = with_constituents(viewer, on)
    found = _visible(whole).filter(slug=slug).first()
    if found is None:
        return None
    with seen_by(whole):
        claims = Claim.objects.filter(organisation=found).select_related("asset")
        contacts = Contact.objects.filter(organisation=found).order_by("purpose", "id")
        return Held(found, list(claims.order_by("-id")[:_MOST]), list(contacts))


def open_work() -> list[WorkItem]:
    """Items that a person must decide, the oldest first."""
    rows = WorkItem.objects.filter(closed_at__isnull=True).select_related("team")
    return list(rows.order_by("opened_at", "id")[:_MOST])


def claims(viewer: Viewer, on: date, numbers: Sequence[int | None]) -> list[Claim]:
    """Claims by their ids, in that order, as far as the reader may see them."""
    wanted = [number for number in numbers if number is not None]
    with seen_by(with_constituents(viewer, on)):
        rows = Claim.objects.filter(id__in=wanted).select_related("asset", "organisation")
        return sorted(rows, key=lambda claim: wanted.index(claim.pk))
