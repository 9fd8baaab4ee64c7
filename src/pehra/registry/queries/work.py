"""What in the register waits for a person's decision."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it converts
from typing import TYPE_CHECKING

import msgspec

from pehra.registry.models import WorkItem

if TYPE_CHECKING:
    from django.db import models

    from pehra.mandate.viewers import Viewer


class WorkItemView(msgspec.Struct, frozen=True):
    """Something in the register that a person must decide."""

    id: int
    kind: str
    subject: str
    detail: str
    opened_at: datetime
    closed_at: datetime | None
    outcome: str


def _work(viewer: Viewer, kind: str) -> models.QuerySet[WorkItem]:
    """Items of a team's own, or all for national staff; of one kind where one is named."""
    rows = WorkItem.objects.filter(kind=kind) if kind else WorkItem.objects.all()
    return rows if viewer.sees_all else rows.filter(team__in=viewer.teams)


def waiting_work(*, viewer: Viewer, kind: str = "") -> int:
    """How many items wait for a decision."""
    return _work(viewer, kind).filter(closed_at__isnull=True).count()


def work_items(
    *, viewer: Viewer, closed: bool = False, after: int = 0, size: int = 100, kind: str = ""
) -> list[WorkItemView]:
    """Open (or closed) items by id; those of a team's own, or all for national staff."""
    rows = _work(viewer, kind).filter(closed_at__isnull=not closed, pk__gt=after).order_by("pk")
    names = WorkItemView.__struct_fields__
    return [WorkItemView(**row) for row in rows.values(*names)[:size]]
