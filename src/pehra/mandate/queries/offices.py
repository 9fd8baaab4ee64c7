"""Offices with who holds them, since when, and people with accounts."""

from __future__ import annotations

from datetime import date  # noqa: TC003 msgspec reads the annotation when it runs

import msgspec
from django.db.models import F

from pehra.mandate.models import Office, Tenure, User
from pehra.mandate.queries.standing import held_on, in_force_on


class Holding(msgspec.Struct, frozen=True):
    """A person in an office."""

    email: str
    name: str
    since: date | None
    until: date | None


_SINCE = F("valid_from").asc(nulls_first=True)
"""Whoever has been there since before anybody knows comes first, on both databases."""


class OfficeLine(msgspec.Struct, frozen=True, kw_only=True):
    """An office as a list shows it; nobody in `holders` means that it is vacant."""

    slug: str
    name: str
    role: str
    place: str
    """Team or organisation."""
    place_ur: str
    national: bool
    unconfirmed: bool
    holders: tuple[Holding, ...]


def offices(on: date) -> list[OfficeLine]:
    """Offices in force on a day, each with who holds it, those of teams first."""
    held: dict[int, list[Holding]] = {}
    tenures = Tenure.objects.filter(in_force_on(on), person__is_active=True)
    for office, email, name, since, until in tenures.order_by(_SINCE, "pk").values_list(
        "office_id", "person__email", "person__name", "valid_from", "valid_to"
    ):
        held.setdefault(office, []).append(Holding(email, name, since, until))
    rows = Office.objects.filter(in_force_on(on)).select_related("team", "organisation")
    return [
        OfficeLine(
            slug=row.slug,
            name=row.name,
            role=row.role,
            place=place.name if place else "",
            place_ur=place.name_ur if place else "",
            national=row.team is not None and row.team.tier == "national",
            unconfirmed=row.unconfirmed,
            holders=tuple(held.get(row.pk, ())),
        )
        for row in rows.order_by("organisation_id", "team_id", "slug")
        for place in (row.team or row.organisation,)
    ]


def open_accounts() -> list[tuple[str, str]]:
    """Mail address and name of every account that is open, by address."""
    rows = User.objects.filter(is_active=True).order_by("email")
    return list(rows.values_list("email", "name"))


def without_office(on: date) -> list[str]:
    """Addresses of open accounts whose holders hold no office on a day: they see nothing."""
    holding = Tenure.objects.filter(held_on(on)).values("person")
    rows = User.objects.filter(is_active=True).exclude(pk__in=holding)
    return list(rows.order_by("email").values_list("email", flat=True))
