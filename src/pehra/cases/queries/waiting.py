"""What cases wait for, counted for a desk: clocks, a first look, a team that accepts the lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db.models import Count, Q

from pehra.cases.models.case import Case, Party
from pehra.cases.rules import OPEN, PartyRole, State
from pehra.mandate.tenancy import seen_by

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from pehra.mandate.viewers import Viewer


class Waiting(msgspec.Struct, frozen=True):
    """Counts of cases that are no exercises.

    Attributes:
        open: that somebody works on, or must.
        overdue: with a clock that is over; the review of one that is closed, too.
        reported: of those, that nobody looked at yet.
        offered: of those, whose lead waits for a team of the reader's to accept it.
        provisional: of those, whose grade the director must still confirm.
    """

    open: int
    overdue: int
    reported: int
    offered: int
    provisional: int


def offered_to(viewer: Viewer) -> QuerySet[Party, int | None]:
    """Numbers of cases whose lead is offered to a team of the viewer's, inside an open scope."""
    rows = Party.objects.filter(role=PartyRole.OFFERED)
    if viewer.teams or not viewer.sees_all:
        rows = rows.filter(team__in=viewer.teams)
    return rows.values_list("case_id", flat=True)


def waiting(*, viewer: Viewer, now: datetime) -> Waiting:
    """What waits among the cases that `viewer` may see."""
    with seen_by(viewer):
        worked_on = Q(state__in=sorted(OPEN))
        told = Case.objects.filter(exercise=False).aggregate(
            open=Count("pk", filter=worked_on),
            overdue=Count("pk", filter=Q(next_due__lte=now)),
            reported=Count("pk", filter=Q(state=State.REPORTED)),
            offered=Count("pk", filter=worked_on & Q(pk__in=offered_to(viewer))),
            provisional=Count("pk", filter=worked_on & Q(provisional=True)),
        )
    return Waiting(**told)
