"""Who is told of a breach of personal data, by dated rows: today these, tomorrow a Commission."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.mandate.models import Organisation, Team
from pehra.mandate.queries import national_team
from pehra.mandate.queries.standing import in_force_on

if TYPE_CHECKING:
    from datetime import date

ROLE = "data-authority"
"""Role of the body that a law on personal data sets up. While none is in force, the regulator of
the sector and the national team are told."""


class Authority(msgspec.Struct, frozen=True):
    """A body or a team that is told; `key` names it for good, such as `team:ncert`."""

    key: str
    name: str
    name_ur: str
    organisation: int | None = None
    team: int | None = None
    unconfirmed: bool = False


def breach_authorities(organisation: int, on: date) -> list[Authority]:
    """Whom an organisation's breach is told to on a day."""
    bodies = Organisation.objects.filter(in_force_on(on), role=ROLE).order_by("slug")
    found = [_body(one) for one in bodies]
    if found:
        return found
    holder = Organisation.objects.select_related("sector__regulator").filter(pk=organisation)
    row = holder.first()
    if row is not None and row.sector is not None and row.sector.regulator is not None:
        found.append(_body(row.sector.regulator))
    national = Team.objects.filter(pk=national_team(on) or 0)
    return found + [
        Authority(f"team:{one.slug}", one.name, one.name_ur, team=one.pk,
                  unconfirmed=one.unconfirmed)
        for one in national
    ]  # fmt: skip


def _body(one: Organisation) -> Authority:
    key = f"organisation:{one.slug}"
    return Authority(key, one.name, one.name_ur, organisation=one.pk, unconfirmed=one.unconfirmed)
