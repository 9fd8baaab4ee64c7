"""Counts by holder and team, kept for every day, so that no page looks through all findings.

Counting is no act of anybody: it changes nothing but what pages read, and the ledger has no word
of it.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, cast

from django.db import connection, transaction
from django.db.models import Count, Q

from pehra.engines.tables import statistics
from pehra.findings.models import CountedDay, DayCount, Finding
from pehra.findings.queries import UNRESOLVED
from pehra.findings.rules import State
from pehra.jobs import actions as jobs
from pehra.kernel.labels import Severity
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from zoneinfo import ZoneInfo

SOON = timedelta(hours=24)
"""A deadline that is nearer than this runs out."""
FEED = "cases.feed"
"""Job of the room above: rules open cases with what was counted."""
KEPT = timedelta(days=400)
"""A year and a month: this month can be held against the same one of last year."""
_AT_ONCE = 2_000
_LEVELS = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)


def count_day(now: datetime, zone: ZoneInfo) -> int:
    """Count the day of `now`, and end the count of the day before; how many rows it has.

    Args:
        now: the moment of counting, aware.
        zone: of the nation; its days begin and end there.
    """
    today = now.astimezone(zone).date()
    before = today - timedelta(days=1)
    with as_system(), transaction.atomic():
        rows = _counted(_stood(now) | _flowed(today, zone))
        begun = _begin(today, zone)
        if CountedDay.objects.filter(day=before, at__lt=begun).exists():
            _end_day(before, zone, begun)
        DayCount.objects.filter(day=today).delete()
        made = [DayCount(day=today, **row) for row in rows]
        DayCount.objects.bulk_create(made, batch_size=_AT_ONCE)
        CountedDay.objects.update_or_create(day=today, defaults={"at": now})
        for table in (DayCount, CountedDay):
            table.objects.filter(day__lt=today - KEPT).delete()
        jobs.enqueue(FEED, {}, now=now, unique_key=FEED)
    return len(rows)


def renew_statistics() -> None:
    """Let the database's planner learn what the tables hold now."""
    with connection.cursor() as cursor:
        statistics.renew(cursor, connection.vendor)


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _stood(now: datetime) -> dict[str, Count]:
    """What stands now."""
    stands = Q(state__in=sorted(UNRESOLVED))
    by_level = {
        level.word: Count("id", filter=stands & Q(severity=int(level))) for level in _LEVELS
    }
    untaken = Q(severity=int(Severity.CRITICAL), state__in=[State.OPEN, State.RELAPSED])
    return by_level | {
        "overdue": Count("id", filter=stands & Q(due_at__lte=now)),
        "due_soon": Count("id", filter=stands & Q(due_at__gt=now, due_at__lte=now + SOON)),
        "untaken": Count("id", filter=untaken),
        "disputed": Count("id", filter=Q(state=State.DISPUTED)),
    }


def _flowed(day: date, zone: ZoneInfo) -> dict[str, Count]:
    """What came and went on a day."""
    begun, ended = _begin(day, zone), _begin(day + timedelta(days=1), zone)
    return {
        "opened": Count("id", filter=Q(opened_at__gte=begun, opened_at__lt=ended)),
        "gone": Count("id", filter=Q(gone_at__gte=begun, gone_at__lt=ended)),
    }


def _counted(what: dict[str, Count]) -> list[dict[str, Any]]:
    """Rows of which anything is not zero."""
    grouped = Finding.objects.order_by().values("organisation_id", "team_id")
    rows: Iterable[dict[str, Any]] = cast("Any", grouped.annotate(**what))
    return [row for row in rows if any(row[name] for name in what)]


def _end_day(day: date, zone: ZoneInfo, ended: datetime) -> None:
    """Count again what came and went on a day that was last counted before its end."""
    rows = _counted(_flowed(day, zone))
    for row in rows:
        holder = {"organisation_id": row.pop("organisation_id"), "team_id": row.pop("team_id")}
        named = DayCount.objects.filter(day=day, **holder)
        if not named.update(**row):
            DayCount.objects.create(day=day, **holder, **row)
    CountedDay.objects.filter(day=day).update(at=ended)
