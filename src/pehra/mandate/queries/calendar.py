"""The nation's holidays as rows."""

from __future__ import annotations

from pehra.mandate.calendar import Calendar, HolidayFacts
from pehra.mandate.models import Holiday


def calendar() -> Calendar:
    """All weekends and holidays that the structure knows, whoever looks: they are public."""
    names = ("day", "valid_from", "valid_to")
    rows = Holiday.objects.order_by("pk").values(*names, "territory_id")
    return Calendar(tuple(HolidayFacts(territory=row.pop("territory_id"), **row) for row in rows))
