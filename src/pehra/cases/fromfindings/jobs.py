"""Rules open and feed cases with what reports brought, as a job."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from pehra.cases.fromfindings.actions import feed
from pehra.findings.actions.counting import FEED
from pehra.jobs.work import job
from pehra.kernel import settings as kernel_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


@job(FEED, every=timedelta(minutes=10))
def feed_cases(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Let rules open and feed cases; also after every report."""
    del payload
    zone = ZoneInfo(kernel_settings.load(kernel_settings.home_path()).nation.time_zone)
    done: dict[str, Any] = msgspec.to_builtins(feed(now=now, zone=zone, progress=progress))
    return done
