"""Jobs of intake: what is kept is sealed under the data key in use."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pehra.intake.actions import RESEAL, reseal, retire_keys
from pehra.jobs.work import job
from pehra.kernel.actors import SYSTEM
from pehra.kernel.settings import home_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_UNUSED_FOR = timedelta(days=1)
"""Who took the ring just before a new key came into use has long ended what it was sealing."""


@job(RESEAL, every=timedelta(days=1))
def seal_anew(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Seal anew what lies under older keys; when a day finds nothing there, drop them."""
    del payload
    home = home_path()
    moved = reseal(home, progress)
    retired = 0
    if not any(moved.values()):
        retired = retire_keys(home, _UNUSED_FOR, actor=SYSTEM, now=now)
    return {**moved, "retired": retired}
