"""Territories as a map shows them, each with how many organisations are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db.models import Count

from pehra.mandate.models import Organisation, Territory
from pehra.mandate.queries import with_constituents

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


class TerritoryLine(msgspec.Struct, frozen=True):
    """A territory with its place on the tile map, and how many organisations are there."""

    code: str
    name: str
    name_ur: str
    tile: str
    organisations: int


def territories(*, viewer: Viewer) -> list[TerritoryLine]:
    """Territories by code; organisations are those that `viewer` may see."""
    seen = Organisation.objects.exclude(standing=Organisation.Standing.DISSOLVED)
    if not viewer.sees_all:
        seen = seen.filter(pk__in=with_constituents(viewer).organisations)
    counted = seen.order_by().values_list("territory__code").annotate(found=Count("pk"))
    held = dict(counted)
    names = ("code", "name", "name_ur", "tile")
    return [
        TerritoryLine(code, name, name_ur, tile, held.get(code, 0))
        for code, name, name_ur, tile in Territory.objects.order_by("code").values_list(*names)
    ]


def critical_infrastructure() -> frozenset[int]:
    """Ids of the organisations that are designated as critical information infrastructure."""
    graded = Organisation.objects.exclude(cii_grade=Organisation.Grade.NONE)
    return frozenset(graded.values_list("pk", flat=True))


def of_the_state() -> frozenset[int]:
    """Ids of the organisations that belong to the state."""
    return frozenset(Organisation.objects.filter(is_public=True).values_list("pk", flat=True))


def peers_of(organisation: int) -> list[int]:
    """Confirmed organisations of the same sector, itself too; none where its sector is unknown."""
    sector = Organisation.objects.filter(pk=organisation).values("sector")
    rows = Organisation.objects.filter(sector__in=sector, standing=Organisation.Standing.CONFIRMED)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def cii_grades(organisations: set[int]) -> dict[int, str]:
    """Grade of critical infrastructure of each of the ids that has one."""
    graded = Organisation.objects.filter(pk__in=organisations)
    return dict(graded.exclude(cii_grade=Organisation.Grade.NONE).values_list("pk", "cii_grade"))
