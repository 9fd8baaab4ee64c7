"""Organisations as figures group them: sector, grade, and whether they are of the state."""

from __future__ import annotations

import msgspec

from pehra.mandate.models import Organisation, Sector


class Grouped(msgspec.Struct, frozen=True):
    """An organisation; `sector` is a slug, empty where it is not known."""

    organisation: int
    slug: str
    name: str
    name_ur: str
    sector: str
    graded: bool
    is_public: bool | None
    role: str


def grouped() -> list[Grouped]:
    """All organisations, in order of number: for figures, never for a page's list."""
    rows = Organisation.objects.order_by("pk").values_list(
        *("pk", "slug", "name", "name_ur", "sector__slug", "cii_grade", "is_public", "role")
    )
    none = Organisation.Grade.NONE
    return [
        Grouped(number, slug, name, urdu, sector or "", grade != none, public, role)
        for number, slug, name, urdu, sector, grade, public, role in rows
    ]


def sector_names() -> dict[str, tuple[str, str]]:
    """Names of sectors by slug: English, Urdu."""
    rows = Sector.objects.values_list("slug", "name", "name_ur")
    return {slug: (name, urdu) for slug, name, urdu in rows}


def grades() -> dict[int, str]:
    """Grades of critical infrastructure of those organisations that have one."""
    rows = Organisation.objects.exclude(cii_grade=Organisation.Grade.NONE)
    return dict(rows.values_list("pk", "cii_grade"))
