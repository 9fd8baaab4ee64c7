"""A chart with all that belongs to it: title, table, CSV, source and time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext as _

from pehra.web import figures
from pehra.web.charts import bars, lines, tiles
from pehra.web.paging import address
from pehra.web.spreadsheet import download
from pehra.web.tables import Cell, Column, Table, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.http import HttpRequest, StreamingHttpResponse

WIDE, NARROW = 640, 320
"""Drawn for both, as text that is scaled down on a phone cannot be read; the sheet shows one."""
CSV = "csv"
"""The address's parameter that asks for the numbers of a chart, by its name."""


class Data(msgspec.Struct, frozen=True):
    """The numbers behind a chart: a heading for each column, None where nothing is known."""

    columns: list[str]
    rows: list[tuple[str, list[int | None]]]


class Figure(msgspec.Struct, frozen=True):
    """A chart on a page.

    Attributes:
        name: within the page; also of its file.
        summary: what it shows, in a sentence, for those who do not see it.
        kind: `bars`, `lines` or `tiles`: which template draws it.
        source: where the numbers come from.
        at: when they were counted.
        drawings: look of the stylesheet, and what is drawn.
        unfinished: a bar is hatched, and a word says why.
    """

    name: str
    title: str
    summary: str
    kind: str
    source: str
    data: Data
    table: Table
    drawings: list[tuple[str, bars.Drawn | lines.Drawn | tiles.Drawn]]
    at: figures.Moment | None = None
    unfinished: bool = False
    csv: str = ""


class Words(msgspec.Struct, frozen=True):
    """What is said about a chart; fields as in `Figure`."""

    name: str
    title: str
    summary: str
    source: str
    at: figures.Moment | None = None


def number_table(data: Data, *, caption: str, empty: str) -> Table:
    """The numbers behind a chart as a table."""
    first, *others = data.columns
    columns = [Column(first), *(Column(name, number=True) for name in others)]
    rows = [
        [
            Cell(label, main=True),
            *(Cell(figures.NOTHING if one is None else figures.number(one)) for one in values),
        ]
        for label, values in data.rows
    ]
    return table(columns, rows, caption=caption, empty=empty)


def _figure(
    words: Words, kind: str, data: Data, drawings: list[tuple[str, bars.Drawn | lines.Drawn]]
) -> Figure:
    return Figure(
        name=words.name,
        title=words.title,
        summary=words.summary,
        kind=kind,
        source=words.source,
        data=data,
        table=number_table(data, caption=words.title, empty=""),
        drawings=[*drawings],
        at=words.at,
    )


def bar_figure(words: Words, shown: Sequence[bars.Bar], data: Data) -> Figure:
    """A chart of bars."""
    looks = (("wide", WIDE), ("narrow", NARROW))
    drawings = [(look, bars.draw(shown, width=width)) for look, width in looks]
    made = _figure(words, "bars", data, [*drawings])
    return msgspec.structs.replace(made, unfinished=any(bar.hatched for bar in shown))


def line_figure(words: Words, series: Sequence[lines.Series], labels: list[str]) -> Figure:
    """A chart of lines; `labels` are days, and head the rows of its table."""
    looks = (("wide", WIDE), ("narrow", NARROW))
    drawings = [(look, lines.draw(series, labels, width=width)) for look, width in looks]
    rows = [(label, [one.values[place] for one in series]) for place, label in enumerate(labels)]
    data = Data([_("Day"), *(one.name for one in series)], rows)
    return _figure(words, "lines", data, [*drawings])


def tile_figure(words: Words, shown: Sequence[tiles.Tile], data: Data, words_of: Table) -> Figure:
    """A map of tiles; `words_of` is its table, which says more than numbers."""
    drawn = tiles.draw(shown)
    made = _figure(words, "tiles", data, [])
    drawings: list[tuple[str, bars.Drawn | lines.Drawn | tiles.Drawn]] = [("tiles", drawn)]
    return msgspec.structs.replace(made, table=words_of, drawings=drawings if drawn.squares else [])


def with_links(request: HttpRequest, shown: Iterable[Figure]) -> list[Figure]:
    """The same charts, each with the address of its numbers as a file."""
    return [msgspec.structs.replace(one, csv=address(request, {CSV: one.name})) for one in shown]


def asked_file(request: HttpRequest, shown: Iterable[Figure]) -> StreamingHttpResponse | None:
    """The numbers of the chart that the address asks for; None where it asks for none."""
    name = request.GET.get(CSV, "")
    found = next((one for one in shown if one.name == name), None)
    if found is None:
        return None
    rows = [
        found.data.columns,
        *(
            [label, *("" if one is None else str(one) for one in values)]
            for label, values in found.data.rows
        ),
    ]
    return download(rows, f"{found.name}.csv")
