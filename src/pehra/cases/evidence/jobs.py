"""Jobs of evidence: large files are digested, and what never came to be an item goes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pehra.cases.evidence.actions.closing import CLOSE
from pehra.cases.evidence.actions.taking import close, sweep
from pehra.jobs.work import job
from pehra.kernel.actors import Actor
from pehra.kernel.settings import home_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


@job("cases.evidence-sweep", every=timedelta(days=1))
def take_leftovers_away(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Remove sealed files that no row names: a form that broke off before it was whole."""
    del payload, progress
    return {"gone": sweep(home_path(), older_than=(now - timedelta(days=1)).timestamp())}


@job(CLOSE)
def digest_and_keep(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Read a large file that came by pieces for its digests, and keep it."""
    del progress
    actor = Actor(payload["name"], payload["office"])
    found = close(home_path(), payload["item"], actor=actor, now=now)
    return {"item": payload["item"], "size": found.size, "sha256": found.sha256}
