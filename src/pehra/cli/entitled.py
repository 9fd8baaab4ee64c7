"""The options with which a command says why it looks one victim's address up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pehra.cli import door
from pehra.kernel.time import clock
from pehra.mandate.powers import Purpose

if TYPE_CHECKING:
    from pehra.kernel.settings import Home
    from pehra.observations.queries import Asked

For = Annotated[
    Purpose | None, typer.Option("--purpose", help="Why one address, older than a week, is asked.")
]
Ground = Annotated[str, typer.Option("--ground", help="By what law: a ground of the structure.")]
Reference = Annotated[str, typer.Option("--reference", help="Number of the case or the order.")]


def check(home: Home, asked: Asked, purpose: Purpose | None, ground: str, reference: str) -> None:
    """Let a look-up through as `pehra.findings.actions.looking` does.

    Raises:
        Refused: purpose or ground is missing, or does not carry it.
    """
    from pehra.findings.actions.looking import Reason, look_up
    from pehra.mandate.viewers import SYSTEM_VIEWER

    reason = Reason(purpose, ground, reference)
    look_up(home, asked, reason, viewer=SYSTEM_VIEWER, actor=door.operator(), now=clock())
