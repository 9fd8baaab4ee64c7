"""Who is on duty and on call, and what was handed over, for those of the team and the nation."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING

import msgspec

from pehra.mandate.models import Handover, Shift, Tenure
from pehra.mandate.queries.standing import held_on
from pehra.mandate.tenancy import seen_by

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet

    from pehra.mandate.viewers import Viewer


class ShiftView(msgspec.Struct, frozen=True):
    """A shift; `was` is whose it is by the plan, where a colleague took it."""

    id: int
    team: str
    role: str
    person: str
    name: str
    was: str
    starts: datetime
    ends: datetime


class HandoverView(msgspec.Struct, frozen=True):
    """What one shift handed to the next; fields as in `models.Handover`."""

    id: int
    since: datetime
    until: datetime
    notes: str
    counts: dict[str, int]
    given_by: str
    given_at: datetime
    taken_by: str
    taken_at: datetime | None


def _views(rows: QuerySet[Shift]) -> list[ShiftView]:
    found = rows.select_related("team", "person", "was").order_by("starts", "role", "pk")
    return [
        ShiftView(
            row.pk,
            row.team.slug,
            row.role,
            row.person.email,
            row.person.name or row.person.email,
            row.was.email if row.was else "",
            row.starts,
            row.ends,
        )
        for row in found
    ]


def shifts(
    since: datetime, until: datetime, *, viewer: Viewer, team: int | None = None
) -> list[ShiftView]:
    """Shifts that are in a span, of one team or of all that the viewer may see."""
    with seen_by(viewer):
        rows = Shift.objects.filter(ends__gt=since, starts__lt=until)
        return _views(rows if team is None else rows.filter(team=team))


def on_duty(team: int, at: datetime, *, viewer: Viewer, role: str = "") -> list[ShiftView]:
    """Who is on duty in a team at a moment; by `role` alone, such as who is on call."""
    with seen_by(viewer):
        rows = Shift.objects.filter(team=team, starts__lte=at, ends__gt=at)
        return _views(rows.filter(role=role) if role else rows)


def teams_with_shifts(*, viewer: Viewer) -> list[int]:
    """Numbers of teams that have a roster."""
    with seen_by(viewer):
        return sorted(set(Shift.objects.values_list("team", flat=True)))


def members(team: int, on: date) -> dict[str, int]:
    """Accounts that hold an office of a team on a day, by their address in lower case."""
    rows = Tenure.objects.filter(held_on(on), office__team=team, person__is_active=True)
    found = rows.values_list("person__email", "person_id")
    return {email.lower(): number for email, number in found}


def handovers(team: int, *, viewer: Viewer, size: int = 10) -> list[HandoverView]:
    """The newest hand-overs of a team."""
    with seen_by(viewer):
        rows = Handover.objects.filter(team=team).order_by("-pk")[:size]
        names = HandoverView.__struct_fields__
        return [HandoverView(**{name: getattr(row, name) for name in names}) for row in rows]
