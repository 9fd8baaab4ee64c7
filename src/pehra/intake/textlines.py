"""Lines of text with comments and no header: one record a line, fields between a separator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.intake.records import Found, Row
from pehra.intake.stretches import NUL, RECORD_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Line(msgspec.Struct, frozen=True):
    """One line.

    Attributes:
        number: the first is 1.
        begin: its first byte in the file.
        end: after its last byte.
        text: without its end; None where it is longer than `RECORD_BYTES` or no UTF-8.
    """

    number: int
    begin: int
    end: int
    text: str | None


def lines(path: Path) -> Iterator[Line]:
    """All lines of a file; a longer one than a record may be is passed over, not held."""
    with path.open("rb") as stream:
        number, begin = 0, 0
        while data := stream.readline(RECORD_BYTES):
            end = begin + len(data)
            text = _decoded(data)
            while not data.endswith(b"\n") and len(data) == RECORD_BYTES:
                text = None
                data = stream.readline(RECORD_BYTES)
                end += len(data)
            number += 1
            yield Line(number, begin, end, text)
            begin = end


def _decoded(data: bytes) -> str | None:
    try:
        return data.removeprefix(b"\xef\xbb\xbf").decode().rstrip("\r\n")
    except UnicodeDecodeError:
        return None


def records(
    path: Path, comment: str, row: Callable[[list[str]], Row], mark: str
) -> Iterator[Found]:
    """Records of lines that are neither blank nor comments.

    Args:
        path: the file.
        comment: what a comment begins with.
        row: makes a row of trimmed fields; raises `ValueError`, in words.
        mark: what stands between fields.
    """
    for line in lines(path):
        if line.text is None:
            yield _refused(line, "encoding", "is no UTF-8, or too long for a line")
        elif line.text.strip() and not line.text.lstrip().startswith(comment):
            if NUL in line.text:
                yield _refused(line, "encoding", "holds a NUL")
                continue
            try:
                told = row([field.strip() for field in line.text.split(mark)])
            except ValueError as error:
                yield _refused(line, "fields", str(error))
            else:
                yield Found(line.begin, line.end, line.number, [told])


def _refused(line: Line, reason: str, detail: str) -> Found:
    return Found(line.begin, line.end, line.number, [], reason, detail)
