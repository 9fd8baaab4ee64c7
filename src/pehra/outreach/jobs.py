"""Jobs of outreach: letters about advisories, and what is measured of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.findings.keys import secret_of
from pehra.jobs.work import job
from pehra.kernel import settings as kernel_settings
from pehra.kernel.actors import SYSTEM
from pehra.outreach.advisories.actions import counting, subscribing, telling
from pehra.outreach.advisories.actions.publishing import COUNT, TELL

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


def desk() -> telling.Desk:
    """From where letters about advisories are sent in this home."""
    home = kernel_settings.home_path()
    return telling.Desk(kernel_settings.load(home).outside, secret_of(home), SYSTEM)


@job(TELL)
def tell(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Tell of an edition, named as `edition`, as the advisory stood: `standing`."""
    found = telling.tell(
        payload["edition"], payload["standing"], desk(), now=now, progress=progress
    )
    told: dict[str, Any] = msgspec.to_builtins(found)
    return told


@job(COUNT)
def count(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Count what is exposed as an edition is published."""
    del progress
    counting.count_first(payload["edition"], now=now)
    return {}


@job("outreach.upkeep", every=timedelta(days=1))
def upkeep(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Count again after some days, and forget addresses that never answered."""
    del payload, progress
    counted = counting.count_due(now=now)
    return {"counted": counted, "forgotten": subscribing.forget_unanswered(now=now)}
