"""Jobs of the house itself: sign the ledger, forget old jobs.

They stand here since the ledger lies below the queue and knows nothing of it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pehra.jobs import actions, rules
from pehra.jobs.work import job
from pehra.kernel.settings import home_path
from pehra.ledger.actions import checkpoint
from pehra.ledger.checkpoint import parse
from pehra.ledger.keys import signing_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


@job("ledger.checkpoint", every=timedelta(hours=1))
def sign_ledger(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Sign the ledger as it stands."""
    del payload, progress
    return {"size": parse(checkpoint(signing_key(home_path()), now=now)).tree.size}


@job("jobs.prune", every=timedelta(days=1))
def forget(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Delete jobs that ended long ago."""
    del payload, progress
    return {"deleted": actions.prune(now - rules.KEPT)}
