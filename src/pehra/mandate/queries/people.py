"""People: the viewer's teams, colleagues to whom work is given, and names of accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.mandate.models import Team, Tenure, User
from pehra.mandate.queries.standing import held_on

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from pehra.mandate.viewers import Viewer


class Person(msgspec.Struct, frozen=True):
    """An account and what its owner is called."""

    id: int
    name: str


def colleagues(viewer: Viewer, on: date) -> list[Person]:
    """People who hold an office in one of the viewer's teams on a day, by name."""
    tenures = Tenure.objects.filter(
        held_on(on), office__team__in=viewer.teams, person__is_active=True
    )
    rows = tenures.values_list("person_id", "person__name", "person__email")
    found = {person: Person(person, name or email) for person, name, email in rows}
    return sorted(found.values(), key=lambda person: (person.name, person.id))


def own_teams(viewer: Viewer) -> list[tuple[int, str, str]]:
    """The viewer's teams: id, name and name in Urdu, by name."""
    rows = Team.objects.filter(pk__in=viewer.teams).order_by("name", "id")
    return list(rows.values_list("id", "name", "name_ur"))


class Holds(msgspec.Struct, frozen=True):
    """Who holds an office of an organisation."""

    office: str
    role: str
    name: str
    email: str


def people_of(organisation: int, on: date) -> list[Holds]:
    """People who hold an office of an organisation on a day, by office; for those who see it."""
    tenures = Tenure.objects.filter(
        held_on(on), office__organisation=organisation, person__is_active=True
    )
    rows = tenures.order_by("office__name", "person__email").values_list(
        "office__name", "office__role", "person__name", "person__email"
    )
    return [Holds(*row) for row in rows]


def has_account(email: str) -> bool:
    """Whether an address has an account, of whomever; for those who open accounts."""
    return User.objects.filter(email__iexact=email).exists()


def people_named(accounts: Iterable[int]) -> dict[int, str]:
    """What the owners of accounts are called; for rows that the reader already sees."""
    rows = User.objects.filter(pk__in=set(accounts)).values_list("id", "name", "email")
    return {number: name or email for number, name, email in rows}
