"""Count what is exposed when an edition is published, and 7 and 30 days later."""

from __future__ import annotations

from datetime import datetime, timedelta

from pehra.findings.queries.exposed import exposed
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.outreach.advisories.actions.writing import text_of
from pehra.outreach.advisories.rules import Stage
from pehra.outreach.models import Edition, Exposure

AFTER = (0, 7, 30)
"""Days."""
_LATE = timedelta(days=2)
"""A count that is later than this says nothing of its day, and is not made."""


def count(edition: Edition, days: int, *, now: datetime) -> None:
    """Keep how many assets have what an edition is about open now; once for each day."""
    text = text_of(edition)
    if not text.identifiers and not text.cves:
        return
    assets = exposed(text.identifiers, text.cves, viewer=SYSTEM_VIEWER)
    Exposure.objects.get_or_create(
        edition=edition, days=days, defaults={"assets": assets, "at": now}
    )


def count_first(number: int, *, now: datetime) -> None:
    """Count for an edition that was published just now."""
    count(Edition.objects.get(pk=number), 0, now=now)


def count_due(*, now: datetime) -> int:
    """Count for editions whose day has come; returns how many."""
    found = 0
    for days in AFTER:
        until = now - timedelta(days=days)
        rows = Edition.objects.filter(
            stage=Stage.PUBLISHED, published_at__lte=until, published_at__gt=until - _LATE
        )
        for one in rows.exclude(exposures__days=days).order_by("pk"):
            count(one, days, now=now)
            found += 1
    return found
