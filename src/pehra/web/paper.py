"""Pages on paper: PDF/UA-1, tagged, in the reader's language, from the values that pages show.

Set by typst from `paper.typ`. Its fonts are those of the pages; those of the machine are not asked.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from django.http import HttpResponse
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _

from pehra.web import figures
from pehra.web.assets import FONT_PACKAGES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import typst

    from pehra.web.tables import Cell, Table

MOST_ROWS = 1_000
"""Longer tables are read as files: nobody turns a hundred leaves, and a worker would be held."""

LONG = 18
"""Characters from which on the cells of a column share what room is left."""


class Part(msgspec.Struct, frozen=True):
    """A heading and the table under it."""

    title: str
    table: Table
    intro: str = ""


class Paper(msgspec.Struct, frozen=True):
    """What is printed."""

    title: str
    intro: str
    parts: list[Part]


@cache
def _fonts() -> typst.Fonts:
    import typst  # noqa: PLC0415 81 MB, which a worker that prints nothing need not map

    folders = [Path(str(resources.files(name))) / "files" for name in FONT_PACKAGES]
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[*folders]
    )


def _cell(cell: Cell, *, number: bool) -> dict[str, object]:
    text, code, time = cell.text, cell.code or number, ""
    if cell.badge:
        text, code = cell.badge.word, False
    elif cell.severity:
        text, code = cell.severity.word, False
    elif cell.at:
        text, code, time = cell.at.day, False, cell.at.time
    if cell.unsure:
        text = f"{text} ({_('unconfirmed')})"
    return {"text": text, "sub": cell.sub, "code": code, "time": time}


def _part(part: Part) -> dict[str, object]:
    long = [False] * len(part.table.columns)
    for row in part.table.rows:
        for place, (_column, cell) in enumerate(row):
            long[place] |= max(len(cell.text), len(cell.sub)) > LONG
    return {
        "title": part.title,
        "intro": part.intro,
        "empty": part.table.empty or figures.NOTHING,
        "columns": [
            {"label": one.label, "number": one.number, "long": wide}
            for one, wide in zip(part.table.columns, long, strict=True)
        ],
        "rows": [
            [_cell(cell, number=column.number) for column, cell in row] for row in part.table.rows
        ],
    }


def pdf(paper: Paper, *, now: datetime) -> bytes:
    """The paper as PDF/UA-1; what does not keep to it is an error of typst."""
    import typst  # noqa: PLC0415 as above

    at = figures.moment(now, now=now)
    told = {
        "title": paper.title,
        "intro": paper.intro,
        "language": get_language() or "en",
        "direction": "rtl" if get_language_bidi() else "ltr",
        "foot": _("Pehra, as of %(day)s") % {"day": at.day if at else ""},
        "time": f"{at.time} ({at.utc})" if at else "",
        "parts": [_part(part) for part in paper.parts],
    }
    made_of = resources.files("pehra.web").joinpath("paper.typ").read_bytes()
    inputs = {"told": msgspec.json.encode(told).decode()}
    compiler = typst.Compiler(made_of, font_paths=_fonts(), sys_inputs=inputs)
    found = compiler.compile(format="pdf", pdf_standards="ua-1", timestamp=int(now.timestamp()))
    return found if isinstance(found, bytes) else b"".join(found or [])


def download(paper: Paper, name: str, *, now: datetime) -> HttpResponse:
    """A response with the paper as the file `name`."""
    response = HttpResponse(pdf(paper, now=now), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def shortened(count: int, rows: Sequence[object]) -> str:
    """What stands over a table that has not all its rows; empty where it has."""
    if count <= len(rows):
        return ""
    words = _("The first %(n)s of %(total)s; all are in the file of CSV.")
    return words % {"n": figures.number(len(rows)), "total": figures.total(count)}
