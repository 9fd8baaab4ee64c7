"""Jobs of the register: proofs of control are looked at when they are due."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pehra.jobs.work import job
from pehra.kernel import settings as kernel_settings
from pehra.kernel.actors import SYSTEM
from pehra.registry.actions.controls import end_letters, note_look
from pehra.registry.looks import Means, look, means_of
from pehra.registry.queries.controls import ProofView, due_controls

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pehra.kernel.actors import Actor


def look_at(view: ProofView, means: Means, *, actor: Actor, now: datetime) -> str:
    """Look at one proof and note what was found; gives the state that follows."""
    found = look(view.proof.method, view.asset, view.token, means)
    return note_look(view.id, found, actor=actor, now=now)


@job("registry.check-controls", every=timedelta(minutes=10))
def check_controls(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Look at the proofs that are due: asked for, 90 days old, missing, or with a rival."""
    del payload
    settings = kernel_settings.load(kernel_settings.home_path())
    ended = end_letters(now)
    if settings.fetch.offline:
        return {"looked": 0, "ended": ended, "offline": True}
    means, due = means_of(settings), due_controls(now)
    states: dict[str, int] = {}
    for number, view in enumerate(due):
        state = look_at(view, means, actor=SYSTEM, now=now)
        states[state] = states.get(state, 0) + 1
        progress(number + 1, len(due))
    return {"looked": len(due), "ended": ended, **states}
