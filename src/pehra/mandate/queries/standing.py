"""Whether a body or a ground of law stands on a day: what must be so before anything leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from pehra.mandate.models import Ground, Organisation, Team

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

_NAMED = 5000
"""More than these are chosen after reading, not in the statement."""


def standing_organisations(organisations: Iterable[int]) -> frozenset[int]:
    """Those of the ids that are registered and not dissolved."""
    wanted = frozenset(organisations)
    rows = Organisation.objects.exclude(standing=Organisation.Standing.DISSOLVED)
    if len(wanted) <= _NAMED:
        rows = rows.filter(pk__in=wanted)
    return wanted & frozenset(rows.values_list("pk", flat=True))


def standing_teams(on: date) -> frozenset[int]:
    """Ids of teams that are active and in force."""
    rows = Team.objects.filter(in_force_on(on), status=Team.Status.ACTIVE)
    return frozenset(rows.values_list("pk", flat=True))


def bodies(roles: Iterable[str], on: date) -> list[tuple[str, str, str]]:
    """Bodies of the state with one of some roles that stand on a day: slug and both names."""
    rows = Organisation.objects.filter(in_force_on(on), role__in=list(roles)).order_by("name")
    return list(rows.values_list("slug", "name", "name_ur"))


def names_of(organisations: Iterable[int]) -> list[tuple[str, str, str]]:
    """Slug and both names of organisations."""
    rows = Organisation.objects.filter(pk__in=list(organisations)).order_by("name")
    return list(rows.values_list("slug", "name", "name_ur"))


def grounds_in_force(on: date) -> frozenset[str]:
    """Slugs of grounds that are in force and confirmed by a public source."""
    rows = Ground.objects.filter(in_force_on(on), unconfirmed=False)
    return frozenset(rows.values_list("slug", flat=True))


def grounds_for(act: str, on: date) -> list[str]:
    """Slugs of grounds of an act that are in force and confirmed, in order."""
    rows = Ground.objects.filter(in_force_on(on), unconfirmed=False).order_by("slug")
    return [slug for slug, acts in rows.values_list("slug", "acts") if act in acts]


def in_force_on(on: date, of: str = "") -> Q:
    """Dated rows that hold on a day; `of`: those whose relation of that name holds."""
    name = f"{of}__" if of else ""
    begun = Q((f"{name}valid_from__isnull", True)) | Q((f"{name}valid_from__lte", on))
    return begun & (Q((f"{name}valid_to__isnull", True)) | Q((f"{name}valid_to__gt", on)))


def held_on(on: date) -> Q:
    """Tenures that hold on a day, in offices that do."""
    return in_force_on(on) & in_force_on(on, "office")
