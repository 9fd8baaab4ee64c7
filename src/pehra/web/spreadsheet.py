"""CSV downloads (RFC 4180), streamed, with cells that a spreadsheet could run made harmless."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from django.http import StreamingHttpResponse

from pehra.kernel.cells import guarded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_ROWS_AT_ONCE = 500


class _Echo:
    """A file that hands back what is written: `csv` insists on writing somewhere."""

    def write(self, text: str) -> str:
        return text


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
