"""A claim for people, and in words why one beat another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.time import iso

if TYPE_CHECKING:
    from datetime import datetime


class ClaimView(msgspec.Struct, frozen=True, kw_only=True):
    """A claim for people. Times are UTC; null is open."""

    claim: int
    organisation: str
    name: str
    kind: str
    asset: str
    source: str
    confidence: int
    use: str
    valid_from: datetime | None
    valid_to: datetime | None
    proposed: bool
    withdrawn_at: datetime | None
    note: str

    @property
    def words(self) -> str:
        """One sentence."""
        since = f" since {iso(self.valid_from)}" if self.valid_from else ""
        until = f" until {iso(self.valid_to)}" if self.valid_to else ""
        return (
            f"{self.name} holds {self.asset}{since}{until}, by {self.source} word,"
            f" confidence {self.confidence} %"
        )


class Explanation(msgspec.Struct, frozen=True):
    """Why an observation belongs to whom it does.

    Attributes:
        winner: the claim that won; null: none, or not the viewer's to see.
        beaten: the best claim that lost; null: none, or not the viewer's to see.
        reason: in words.
        hidden: a claim took part that the viewer may not see.
    """

    winner: ClaimView | None
    beaten: ClaimView | None
    reason: str
    hidden: bool


_ORDER = (
    ("source", "a {} claim beats one that is {}"),
    ("asset", "{} is nearer than {}"),
    ("confidence", "confidence {} % beats {} %"),
)


def reason(winner: ClaimView | None, loser: ClaimView | None, beaten: int | None) -> str:
    """Why `winner` holds, in words; `beaten` is the id of the loser, which may be hidden."""
    if winner is None:
        return "No claim that you may see was in force."
    if beaten is None:
        return f"{winner.words}. No other claim was in force."
    if loser is None:
        return f"{winner.words}. It beat a claim of an organisation that you may not see."
    for name, words in _ORDER:
        mine, other = getattr(winner, name), getattr(loser, name)
        if mine != other:
            return f"{winner.words}. {words.format(mine, other).capitalize()} of {loser.name}."
    return f"{winner.words}. The older claim beats that of {loser.name}."
