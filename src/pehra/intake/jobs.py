"""Jobs of intake: what is kept is sealed under the data key in use, and goes in time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.intake.actions import RESEAL, prune, reseal, retire_keys
from pehra.jobs.work import job
from pehra.kernel import settings
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


@job("intake.prune", every=timedelta(days=1))
def take_away(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Cut and delete what is older than the terms of retention allow."""
    del payload, progress
    home = home_path()
    done = prune(home, settings.load(home).retention, actor=SYSTEM, now=now)
    told: dict[str, Any] = msgspec.to_builtins(done)
    return told
