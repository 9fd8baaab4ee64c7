"""Acts on what leaves: release it, switch sending on and off, hear what became of it."""

from __future__ import annotations

from pehra.dispatch.actions.heard import record_bounce, resolve
from pehra.dispatch.actions.openings import open_letter
from pehra.dispatch.actions.pulling import fetched, waiting_letters
from pehra.dispatch.actions.releasing import Released, release
from pehra.dispatch.actions.switch import confirm_live, propose_live, set_sending

__all__ = [
    "Released",
    "confirm_live",
    "fetched",
    "open_letter",
    "propose_live",
    "record_bounce",
    "release",
    "resolve",
    "set_sending",
    "waiting_letters",
]
