"""Periods are counted in place of what was kept."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from pehra.kernel.errors import UsageError
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices.actions.periods import keep_newest, keep_periods
from pehra.notices.models import Behind
from pehra.notices.queries.periods import kept
from pehra.notices.spans import Every

if TYPE_CHECKING:
    from tests.findings.conftest import House

ZONE = ZoneInfo("Asia/Karachi")


def silent(done: int, total: int) -> None:
    del done, total


def test_the_newest_that_are_over(told: House) -> None:
    assert keep_newest(zone=ZONE, now=told.now, progress=silent) == len(Every)
    assert keep_newest(zone=ZONE, now=told.now, progress=silent) == len(Every)
    found = {every: kept(every, viewer=SYSTEM_VIEWER) for every in Every}
    assert found == {
        Every.DAILY: [date(2026, 11, 21)],
        Every.WEEKLY: [date(2026, 11, 9)],
        Every.MONTHLY: [date(2026, 10, 1)],
        Every.OPEN: [date(2026, 1, 1)],
    }
    kinds = {one.split(" ")[0] for one in Behind.objects.values_list("measure", flat=True)}
    assert kinds == {"daily", "weekly", "monthly"}


def test_what_has_not_begun_is_not_counted(told: House) -> None:
    later = told.now.date() + timedelta(days=3)
    with pytest.raises(UsageError, match="has not begun"):
        keep_periods([(Every.DAILY, later)], zone=ZONE, now=told.now, progress=silent)
