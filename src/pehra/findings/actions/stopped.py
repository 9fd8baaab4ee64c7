"""Bulk acts whose job was cancelled, or failed for good, before their end: gone on with, or ended.

What was done up to there is done; nothing else is lost, since an act knows how far it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from pehra.findings.actions.bulk import CARRY_OUT, TAKE_BACK, close, own
from pehra.jobs.actions import enqueue
from pehra.jobs.queries import alive
from pehra.kernel.errors import IllegalStep
from pehra.mandate.tenancy import seen_by

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.mandate.viewers import Viewer


def go_on(number: int, *, viewer: Viewer, now: datetime) -> None:
    """Queue an act, or its undoing, again from where it stands; asking twice is asking once.

    Raises:
        UsageError: there is no such act for this reader.
        Refused: somebody else asked for it.
        IllegalStep: it is at its end.
    """
    with seen_by(viewer), transaction.atomic():
        act = own(number, viewer)
        if (act.undone_at if act.undo_by else act.finished_at) is not None:
            message = "It is at its end."
            raise IllegalStep(message, mend="Act on the findings anew.")
        kind = TAKE_BACK if act.undo_by else CARRY_OUT
        enqueue(kind, {"bulk": number}, now=now, unique_key=f"bulk:{number}")


def end_here(number: int, *, viewer: Viewer, now: datetime) -> None:
    """Let an act that stopped end where it stands, so that it can be undone; one entry says so.

    Raises:
        UsageError: there is no such act for this reader.
        Refused: somebody else asked for it.
        IllegalStep: somebody works on it.
    """
    with seen_by(viewer), transaction.atomic():
        act = own(number, viewer)
        if act.finished_at is not None:
            return
        if alive(f"bulk:{number}"):
            message = "It is still being done."
            raise IllegalStep(message, mend="Wait for its end, or cancel its job.")
        close(act, now)
