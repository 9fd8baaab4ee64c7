"""Files of rows, streamed: CSV (RFC 4180), whose cells run in no spreadsheet, and JSON Lines."""

from __future__ import annotations

import csv
from datetime import date, datetime
from itertools import chain
from typing import TYPE_CHECKING

import msgspec
from django.http import StreamingHttpResponse

from pehra.kernel.cells import guarded
from pehra.kernel.time import iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_ROWS_AT_ONCE = 500


class _Echo:
    """A file that hands back what is written: `csv` insists on writing somewhere."""

    def write(self, text: str) -> str:
        return text


def _plain(value: object) -> object:
    """A value of a row as a value of JSON; moments in UTC."""
    if isinstance(value, datetime):
        return iso(value)
    return value.isoformat() if isinstance(value, date) else value


def _cell(value: object) -> object:
    text = _plain(value)
    return guarded(text) if isinstance(text, str) else text


def _gathered(lines: Iterable[str]) -> Iterator[str]:
    """Lines, the first by itself, so that a download begins at once, then hundreds at a time."""
    held: list[str] = []
    most = 1
    for line in lines:
        held.append(line)
        if len(held) >= most:
            yield "".join(held)
            held.clear()
            most = _ROWS_AT_ONCE
    yield "".join(held)


def lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Rows as CSV."""
    writer = csv.writer(_Echo())
    return _gathered(writer.writerow([_cell(cell) for cell in row]) for row in rows)


def json_lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Rows as one object a line."""
    encode = msgspec.json.encode
    return _gathered(
        encode(dict(zip(columns, map(_plain, row), strict=True))).decode() + "\n" for row in rows
    )


def file(
    columns: Sequence[str], rows: Iterable[Sequence[object]], name: str
) -> StreamingHttpResponse:
    """A response that streams `rows` as the file `name`; what is not `.jsonl` is CSV."""
    if name.endswith(".jsonl"):
        return _attached(json_lines(columns, rows), "application/jsonl; charset=utf-8", name)
    return _attached(lines(chain([columns], rows)), "text/csv; charset=utf-8", name)


def download(rows: Iterable[Sequence[object]], name: str) -> StreamingHttpResponse:
    """A response that streams `rows`, the first of which names the columns, as CSV."""
    return _attached(lines(rows), "text/csv; charset=utf-8", name)


def _attached(text: Iterator[str], kind: str, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(text, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
