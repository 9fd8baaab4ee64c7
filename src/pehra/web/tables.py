"""Tables as values: views say what is in them, one template draws them all.

On a phone each row becomes a card, so every cell knows its column's label. The list of findings has
a template of its own, which is twice as fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from pehra.web import figures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pehra.web.figures import Moment
    from pehra.web.marks import Badge


class Cell(msgspec.Struct, frozen=True):
    """One cell.

    Attributes:
        text: what it says.
        sub: a second, quieter line.
        href: makes the text a link.
        code: the text is a name, an address or a number of a machine: left to right, monospaced.
        badge: a state instead of text.
        at: a moment instead of text.
        severity: a severity's mark instead of text.
        unsure: no public source confirms this.
        main: the row is about this.
        anchor: by which an address leads to this row.
    """

    text: str = ""
    sub: str = ""
    href: str = ""
    code: bool = False
    badge: Any = None
    at: Any = None
    severity: Any = None
    unsure: bool = False
    main: bool = False
    anchor: str = ""


class Column(msgspec.Struct, frozen=True):
    """One column: its heading, and whether it holds numbers."""

    label: str
    number: bool = False


class Table(msgspec.Struct, frozen=True):
    """A table with the words for when it is empty."""

    columns: list[Column]
    rows: list[list[tuple[Column, Cell]]]
    caption: str
    empty: str


class Fact(msgspec.Struct, frozen=True):
    """One line of a list of facts."""

    label: str
    text: str = ""
    code: bool = False
    at: Any = None
    href: str = ""
    unsure: bool = False


class Link(msgspec.Struct, frozen=True):
    """Words that lead somewhere."""

    href: str
    text: str


class Section(msgspec.Struct, frozen=True):
    """A heading with what stands under it; `more` leads on to the rest, `csv` to all as a file."""

    title: str
    table: Table | None = None
    intro: str = ""
    anchor: str = ""
    more: Link | None = None
    csv: str = ""


def table(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *, caption: str, empty: str
) -> Table:
    """Build a table; every row has a cell for every column."""
    joined = [list(zip(columns, row, strict=True)) for row in rows]
    return Table(list(columns), joined, caption, empty)


def moment_cell(at: Moment | None) -> Cell:
    """A cell with a moment; empty where there is none."""
    return Cell(at=at) if at else Cell(figures.NOTHING)


def badge_cell(badge: Badge, sub: str = "") -> Cell:
    """A cell with a state."""
    return Cell(badge=badge, sub=sub)
