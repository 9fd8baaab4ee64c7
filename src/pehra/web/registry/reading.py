"""The list of organisations with a search, inside the reader's scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db.models import Count, Q

from pehra.mandate.models import Organisation
from pehra.mandate.queries import with_constituents
from pehra.mandate.tenancy import seen_by
from pehra.registry.models import Claim

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from pehra.mandate.viewers import Viewer


class Listed(msgspec.Struct, frozen=True):
    """A page of organisations by slug, with how many claims each holds."""

    rows: list[Organisation]
    holdings: dict[int, int]
    has_next: bool


def _visible(viewer: Viewer) -> QuerySet[Organisation]:
    rows = Organisation.objects.select_related("sector", "territory")
    return rows if viewer.sees_all else rows.filter(id__in=viewer.organisations)


def organisations(
    viewer: Viewer, *, search: str, after: str, territory: str = "", size: int = 50
) -> Listed:
    """Organisations whose name or slug contains `search`, by slug, after the slug `after`.

    Only those of one territory, where its code is given.
    """
    whole = with_constituents(viewer)
    rows = _visible(whole).order_by("slug").filter(slug__gt=after)
    if territory:
        rows = rows.filter(territory__code=territory)
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
