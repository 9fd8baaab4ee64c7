"""CSV downloads (RFC 4180), streamed, with cells that a spreadsheet could run made harmless.

A cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return is a formula to a
spreadsheet (OWASP, CSV injection): an apostrophe is put before it.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from django.http import StreamingHttpResponse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ROWS_AT_ONCE = 500


class _Echo:
    """A file that hands back what is written: `csv` insists on writing somewhere."""

    def write(self, text: str) -> str:
        return text


def guarded(cell: str) -> str:
    """`cell`, or the same behind an apostrophe where a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Rows as text, some hundreds at a time."""
    writer = csv.writer(_Echo())
    held: list[str] = []
    for row in rows:
        held.append(writer.writerow([guarded(cell) for cell in row]))
        if len(held) >= _ROWS_AT_ONCE:
            yield "".join(held)
            held.clear()
    yield "".join(held)


def download(rows: Iterable[Sequence[str]], name: str) -> StreamingHttpResponse:
    """A response that streams `rows` as the file `name`."""
    response = StreamingHttpResponse(lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
