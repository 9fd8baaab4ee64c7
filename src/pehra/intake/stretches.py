"""A stretch of a file as text columns: what every format yields before anything is interpreted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.intake.source import Reject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    import polars as pl

RAW_BYTES = 4096
"""At most this much of a row is kept with its reject."""

RECORD_BYTES = 1 << 20
"""A record longer than this is not read: no published report comes near it."""

STRETCH_BYTES = 16 << 20
"""A part is made of stretches of at most this size: smaller ones take less memory, more time."""

COLUMNS = 2_000
"""A file with more columns than this is not a report; the widest known one has 130."""

DETAIL_CHARACTERS = 240

NUL = "\0"
"""The one character that PostgreSQL keeps in no text."""

INSTEAD = "\N{REPLACEMENT CHARACTER}"


class Place(msgspec.Struct, frozen=True):
    """Where a record stands in its file.

    Attributes:
        row: number of the record, the first after a header is 1.
        line: line on which it begins, the first line of the file is 1.
        offset: byte at which it begins.
        raw: its bytes, at most `RAW_BYTES`.
    """

    row: int
    line: int
    offset: int
    raw: bytes


class Stretch(msgspec.Struct, frozen=True):
    """Records in file order.

    Attributes:
        frame: String columns named as in the file; a missing value is an empty string.
        numbers: Int64, the record number of each row of `frame`.
        rejects: records of this stretch that are not in `frame`.
        rows: records in this stretch; `frame.height + len(rejects)`.
        place: finds the place of a row of `frame` by its index; slow, for rejects only.
        literal: columns whose values are all JSON, not text: numbers, true and false, lists.
        plain: it is known that no value holds a quote, a backslash or a control character.
        only_quotes: it is known that none holds a backslash or a control character.
    """

    frame: pl.DataFrame
    numbers: pl.Series
    rejects: list[Reject]
    rows: int
    place: Callable[[int], Place]
    plain: bool = False
    only_quotes: bool = False
    literal: frozenset[str] = frozenset()


class Table(msgspec.Struct, frozen=True):
    """A file opened by its format.

    Attributes:
        names: columns that the file announces; empty where each record names its own.
        stretches: the records.
    """

    names: tuple[str, ...]
    stretches: Iterator[Stretch]


def rest_of_line(stream: BinaryIO) -> int:
    """Pass over a line that is longer than any record, to its end; gives the bytes passed over."""
    size = 0
    while chunk := stream.read(STRETCH_BYTES):
        found = chunk.find(b"\n")
        if found >= 0:
            return size + found + 1
        size += len(chunk)
    return size


def reject(place: Place, reason: str, detail: str) -> Reject:
    """The reject for the record at `place`; long words are cut, and `NUL` in them replaced."""
    return Reject(
        row=place.row,
        line=place.line,
        offset=place.offset,
        reason=reason,
        detail=detail[:DETAIL_CHARACTERS].replace(NUL, INSTEAD),
        raw=place.raw[:RAW_BYTES],
    )
