"""Who looks up one victim's address over more than a week says what for, and is counted."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from pehra.cli import door
from pehra.kernel.errors import Refused
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from pehra.kernel.settings import Home
    from pehra.observations.queries import Asked


class Purpose(StrEnum):
    """Why somebody looks one address up over a longer time."""

    INCIDENT = "incident"
    NOTICE = "notice"
    COURT_ORDER = "court-order"
    DATA_SUBJECT = "data-subject"
    AUDIT = "audit"


For = Annotated[
    Purpose | None, typer.Option("--purpose", help="Why one address, older than a week, is asked.")
]
Ground = Annotated[str, typer.Option("--ground", help="By what law, order or case.")]
_WEEK = timedelta(days=7)
_GROUND = re.compile(r"[\w .,/()§-]{3,80}")


def check(home: Home, asked: Asked, purpose: Purpose | None, ground: str) -> None:
    """Let a look-up through, and write it down without its address.

    Raises:
        Refused: purpose or ground is missing.
    """
    from pehra.ledger import actions as ledger
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.observations import queries

    now = clock()
    older = queries.of_one_victim(home, asked, now - _WEEK, viewer=SYSTEM_VIEWER)
    if not older:
        return
    if purpose is None or not _GROUND.fullmatch(ground):
        message = f"{older:,} observations of this address came more than {_WEEK.days} days ago."
        since = f"{now - _WEEK:%Y-%m-%d}"
        mend = f"Say `--purpose` and `--ground` (letters and digits), or ask `--since {since}`."
        raise Refused(message, mend=mend)
    ledger.record(
        "observations.look-up",
        actor=door.operator(),
        subject="address",
        facts={"purpose": purpose.value, "ground": ground, "rows": older},
        now=now,
    )
