"""Jobs of intake: what is kept is sealed under the data key in use, and goes in time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.dispatch.actions.carrying import prune as prune_letters
from pehra.intake.actions import RESEAL, prune, reseal, retire_keys
from pehra.intake.queries import holds
from pehra.jobs.work import job
from pehra.kernel import settings
from pehra.kernel.actors import SYSTEM
from pehra.kernel.settings import home_path
from pehra.mandate.viewers import SYSTEM_VIEWER

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


@job("dispatch.prune", every=timedelta(days=1))
def take_letters_away(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Delete what is inside old envelopes; that they left, and the digest, stays.

    It is here because legal holds are. Which letters a network, a source or a batch is in, nobody
    knows without opening them, so such a hold keeps them all.
    """
    del payload, progress
    standing = holds(viewer=SYSTEM_VIEWER)
    if any(one["kind"] != "organisation" for one in standing):
        return {"letters": 0, "holds": len(standing)}
    held = frozenset(int(one["value"]) for one in standing)
    days = settings.load(home_path()).retention.letter_days
    return {"letters": prune_letters(days, held, now=now), "holds": len(standing)}
