"""What triage takes a report for: a guess with reasons, shown to officers, never a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.cases.reported.rules import ROOMS, Kind, Room
from pehra.cases.triage.suggestions import suggest

if TYPE_CHECKING:
    from pehra.cases.reported.rules import Wish

_MOST = 8
"""Reasons that are kept."""
_LOOKED_AT = 4_000


class Suggested(msgspec.Struct, frozen=True):
    """A guess: a word, the chance of harm from 0 to 1, and why."""

    word: str = ""
    score: float = 0.0
    reasons: tuple[str, ...] = ()


def suggested(wish: Wish) -> Suggested:
    """What a report may be; nothing is guessed of incidents, weaknesses and bare numbers."""
    words = "\n".join(one for one in (wish.subject, wish.text, wish.url) if one)
    if ROOMS[wish.kind] != Room.HARM or wish.kind == Kind.NUMBER or not words:
        return Suggested()
    alone = wish.url if wish.url and wish.text in ("", wish.url) else ""
    found = suggest("url", alone) if alone else suggest("text", words[:_LOOKED_AT])
    reasons = tuple(one.words for one in found.reasons[:_MOST])
    return Suggested(found.suggestion, found.score, reasons)
