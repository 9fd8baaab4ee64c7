"""Count periods for the reports, and keep the counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra.kernel.errors import UsageError
from pehra.notices.actions.measures import Asked, read
from pehra.notices.behind import marks, packed
from pehra.notices.models import Behind, Measure
from pehra.notices.outcomes import period, told_of, with_sectors
from pehra.notices.queries.periods import BEGINNING, reached, scope
from pehra.notices.spans import Every, begin, last_whole, span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime
    from zoneinfo import ZoneInfo


def keep_periods(
    wanted: Iterable[tuple[Every, date]],
    *,
    zone: ZoneInfo,
    now: datetime,
    progress: Callable[[int, int], None],
) -> int:
    """Count the periods in which some days are, in place of what was kept; returns how many.

    Raises:
        UsageError: one of them has not begun.
    """
    spans = {(every, begin(every, day)): span(every, day, zone) for every, day in wanted}
    for (every, first), (begun, _ended) in spans.items():
        if begun > now:
            message = f"The {every.value} report of {first} has not begun."
            raise UsageError(message, mend="Name a day that is not in the future.")
    rows = read(Asked(BEGINNING, now), progress)
    able = reached(rows["organisation"].drop_nulls().unique().to_list(), now=now)
    for (every, first), (begun, ended) in spans.items():
        last = min(ended, now)
        known = with_sectors(rows, last)
        marked = marks(known, told_of(begun, last, able))
        body = msgspec.json.encode(period(known, marked, (begun, last), able)).decode()
        key = scope(every, first)
        with transaction.atomic():
            kept, _ = Measure.objects.update_or_create(
                scope=key, defaults={"at": now, "body": body}
            )
            # Nothing leads on from what everybody reads.
            if every != Every.OPEN:
                rows_ = {"rows": packed(marked)}
                Behind.objects.update_or_create(measure=kept, defaults=rows_)
    return len(spans)


def keep_newest(*, zone: ZoneInfo, now: datetime, progress: Callable[[int, int], None]) -> int:
    """Count the newest period of each kind that is over."""
    today = now.astimezone(zone).date()
    wanted = [(every, last_whole(every, today)) for every in Every]
    return keep_periods(wanted, zone=zone, now=now, progress=progress)
