"""What triage takes a report for: a guess with reasons, shown to officers, never a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.cases.reported.rules import ROOMS, Room

if TYPE_CHECKING:
    from pehra.cases.reported.rules import Wish


class Suggested(msgspec.Struct, frozen=True):
    """A guess: a word, the chance of harm from 0 to 1, and why."""

    word: str = ""
    score: float = 0.0
    reasons: tuple[str, ...] = ()


def suggested(wish: Wish) -> Suggested:
    """What a report may be; nothing is guessed of incidents and weaknesses."""
    if ROOMS[wish.kind] != Room.HARM:
        return Suggested()
    return Suggested()
