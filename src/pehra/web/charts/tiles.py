"""A map of tiles: a square for each territory where its data says; no border is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

SIDE, GAP = 96, 6
STEPS = 5
"""Of the ramp, from the lightest on."""


class Tile(msgspec.Struct, frozen=True):
    """One territory.

    Attributes:
        tile: `column,row`, from 1; empty: it has no place and is in the table only.
        share: between 0 and 1, by which it is filled; None: not known.
        title: the whole of it in words.
    """

    code: str
    tile: str
    share: float | None
    figure: str
    note: str
    title: str
    href: str = ""


class Square(msgspec.Struct, frozen=True):
    """A tile as it is drawn; `step` of the ramp is 0 where nothing is known."""

    x: int
    y: int
    middle: int
    step: int
    tile: Tile


class Drawn(msgspec.Struct, frozen=True):
    """The map."""

    width: int
    height: int
    side: int
    squares: list[Square]


def step_of(share: float | None) -> int:
    """1 to `STEPS` by fifths; what is more than nothing is never the first step of nothing."""
    if share is None:
        return 0
    return min(STEPS, int(share * STEPS) + 1)


def _place(tile: str) -> tuple[int, int]:
    column, _, row = tile.partition(",")
    return int(column), int(row)


def draw(tiles: Sequence[Tile]) -> Drawn:
    """Draw the tiles that have a place, the first column and row of those at the edge."""
    places = [(tile, *_place(tile.tile)) for tile in tiles if tile.tile]
    if not places:
        return Drawn(0, 0, SIDE, [])
    first_column = min(column for _, column, _ in places)
    first_row = min(row for _, _, row in places)
    squares = [
        Square(
            x=(column - first_column) * (SIDE + GAP),
            y=(row - first_row) * (SIDE + GAP),
            middle=(column - first_column) * (SIDE + GAP) + SIDE // 2,
            step=step_of(tile.share),
            tile=tile,
        )
        for tile, column, row in places
    ]
    return Drawn(
        width=max(square.x for square in squares) + SIDE,
        height=max(square.y for square in squares) + SIDE,
        side=SIDE,
        squares=squares,
    )
