"""Jobs of cases: clocks fire at their moment, and once an hour whatever was missed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pehra.cases.actions.clocks import FIRE, fire_due
from pehra.cases.evidence import jobs as evidence  # noqa: F401 registers its jobs
from pehra.cases.fromfindings import jobs as fromfindings  # noqa: F401 registers its jobs
from pehra.cases.reported import jobs as reported  # noqa: F401 registers its jobs
from pehra.jobs.work import job
from pehra.kernel.actors import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Callable


@job(FIRE, every=timedelta(hours=1))
def fire(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Note which clocks of cases are over."""
    del payload, progress
    return {"over": fire_due(actor=SYSTEM, at=now)}
