"""What stands in a case now, counted from indexes: for its page and its situation reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count

from pehra.cases.models.case import Case, Deadline, Grade, Link, Statement, Task
from pehra.cases.rules import LinkKind

if TYPE_CHECKING:
    from collections.abc import Collection


def counts(case: Case) -> dict[str, int]:
    """Counts of one case, inside the scope that is open."""
    return counts_of([case.pk])


def standing(number: int) -> Grade | None:
    """The newest grade that was confirmed, or needed no confirmation; inside the open scope."""
    rows = Grade.objects.filter(case=number, confirmed_at__isnull=False)
    return rows.order_by("-pk").first()


def unconfirmed(number: int) -> list[Grade]:
    """Grades given since one stood, the first of them first; inside the scope that is open."""
    last = standing(number)
    rows = Grade.objects.filter(
        case=number, confirmed_at__isnull=True, pk__gt=last.pk if last else 0
    )
    return list(rows.order_by("pk"))


def counts_of(numbers: Collection[int]) -> dict[str, int]:
    """Counts over cases that are read as one, inside the scope that is open."""
    linked = Link.objects.filter(case__in=numbers).order_by().values_list("kind")
    by_kind = dict(linked.annotate(found=Count("pk")))
    tasks = Task.objects.filter(case__in=numbers, done_at__isnull=True)
    said = Statement.objects.filter(case__in=numbers, state=Statement.State.UNVERIFIED)
    over = Deadline.objects.filter(
        case__in=numbers, fired_at__isnull=False, met_at__isnull=True, dropped_at__isnull=True
    )
    return {
        **{kind.value: by_kind.get(kind.value, 0) for kind in LinkKind},
        "tasks": tasks.count(),
        "unverified": said.count(),
        "overdue": over.count(),
    }
