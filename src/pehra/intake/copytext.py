r"""Rows of a PostgreSQL dump (`pg_dump`, plain text) as text columns.

A table stands between `COPY name (columns) FROM stdin;` and `\.`. A line is a row, cells stand
apart by tabs, `\N` is null, and a backslash escapes what would break a line:
https://www.postgresql.org/docs/current/sql-copy.html, "Text Format". A dump holds many tables, and
a partitioned one as many as it has partitions; those that are wanted are told by their columns.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from pehra.intake.pieces import Piece
from pehra.intake.stretches import (
    COLUMNS,
    NUL,
    RAW_BYTES,
    RECORD_BYTES,
    STRETCH_BYTES,
    Place,
    Stretch,
    Table,
    reject,
    rest_of_line,
)
from pehra.kernel.errors import UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

_COPY = re.compile(rb"^COPY [^(]+\((.+)\) FROM stdin;\r?\n?$")
_NAME = re.compile(rb'"((?:[^"]|"")+)"|([^\s,"]+)')
_END = re.compile(rb"^\\\.\r?$", re.MULTILINE)
_ENDS = (b"\\.\n", b"\\.\r\n", b"\\.")
_MEANT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}

LINE = "line"


def open_copied(path: Path, part_bytes: int, wanted: Callable[[frozenset[str]], bool]) -> Table:
    """Open a dump.

    Args:
        path: the file.
        part_bytes: at most how much to turn into one stretch (`STRETCH_BYTES` bounds it too).
        wanted: whether a table with these columns is read.

    Raises:
        UnreadableFile: it holds no such table.
    """
    reader = _Reader(path, wanted)
    with path.open("rb") as stream:
        if reader.find(stream) is None:
            message = "The dump holds no table with the columns of events."
            mend = "Make it with `pg_dump --table=events`, as plain text without --inserts."
            raise UnreadableFile(message, mend=mend)
    again = _Reader(path, wanted)
    return Table(names=(), stretches=again.stretches(min(max(1, part_bytes), STRETCH_BYTES)))


def _names(listed: bytes) -> tuple[str, ...]:
    found = (quoted or plain for quoted, plain in _NAME.findall(listed))
    return tuple(name.replace(b'""', b'"').decode(errors="replace") for name in found)


class _Reader:
    """Where we are in one dump; a stretch moves it on."""

    def __init__(self, path: Path, wanted: Callable[[frozenset[str]], bool]) -> None:
        self.path = path
        self.wanted = wanted
        self.offset = 0
        self.line = 1
        self.rows = 0

    def find(self, stream: BinaryIO) -> tuple[str, ...] | None:
        """Go behind the head of the next wanted table; its columns, None where there is none."""
        stream.seek(self.offset)
        within = False
        while text := stream.readline(RECORD_BYTES):
            self.offset += len(text)
            self.line += text.endswith(b"\n")
            if within:
                within = text not in _ENDS
                continue
            head = _COPY.match(text)
            if head is None:
                continue
            names = _names(head[1])
            known = frozenset(names)
            if 1 < len(names) == len(known) <= COLUMNS and self.wanted(known):
                return names
            within = True
        return None

    def stretches(self, size: int) -> Iterator[Stretch]:
        """Read all wanted tables, about `size` bytes at a time."""
        with self.path.open("rb") as stream:
            while (names := self.find(stream)) is not None:
                yield from self._table(stream, names, size)

    def _table(self, stream: BinaryIO, names: tuple[str, ...], size: int) -> Iterator[Stretch]:
        wanted = size
        while True:
            stream.seek(self.offset)
            piece = stream.read(wanted)
            if not piece:
                return
            end = len(piece) if len(piece) < wanted else piece.rfind(b"\n") + 1
            if not end and len(piece) <= RECORD_BYTES:
                wanted *= 2
                continue
            wanted = size
            if not end:
                yield self._endless(stream, piece)
                continue
            mark = _END.search(piece, 0, end)
            stretch = self._stretch(piece[: mark.start() if mark else end], names)
            if stretch.rows:
                yield stretch
            if mark:
                return

    def _endless(self, stream: BinaryIO, piece: bytes) -> Stretch:
        """Pass over a line that is longer than any record."""
        size = len(piece) + rest_of_line(stream)
        self.rows += 1
        place = Place(self.rows, self.line, self.offset, piece[:RAW_BYTES])
        self.offset += size
        self.line += 1
        fault = reject(place, "fields", _too_long(size))
        numbers = pl.Series(dtype=pl.Int64)
        return Stretch(pl.DataFrame(schema={LINE: pl.String}), numbers, [fault], 1, lambda _: place)

    def _stretch(self, body: bytes, names: tuple[str, ...]) -> Stretch:
        """Whole lines: their rows, and rejects for those that are none."""
        before = Place(self.rows, self.line, self.offset, b"")
        again = Piece(self.path, self.offset, len(body))
        held = again.holding(body)
        lines = _lines(body)
        good = lines.filter(_is_row(names))
        rejects = [
            reject(_place(held, before, at), *_fault(text, size, fields, len(names)))
            for at, text, size, fields in lines.filter(~_is_row(names)).rows()
        ]
        found = good["at"].to_numpy()

        def place(index: int) -> Place:
            return _place(again, before, int(found[index]))

        self.rows += lines.height
        self.line += body.count(b"\n")
        self.offset += len(body)
        numbers = good["at"] + before.row + 1
        return Stretch(_cells(good, names), numbers, rejects, lines.height, place)


def _lines(body: bytes) -> pl.DataFrame:
    """Each line with its index, its size and how many cells it has; null where it is no UTF-8."""
    inner = body.removesuffix(b"\n")
    if not body:
        texts = pl.Series(LINE, [], dtype=pl.String)
    else:
        try:
            texts = pl.Series(LINE, [inner.decode()]).str.split("\n").explode()
        except UnicodeDecodeError:
            decoded = [_decoded(line) for line in inner.split(b"\n")]
            texts = pl.Series(LINE, decoded, dtype=pl.String)
    text = pl.col(LINE).str.strip_suffix("\r")
    return texts.to_frame().select(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("at"),
        text.alias(LINE),
        pl.col(LINE).str.len_bytes().alias("size"),
        (text.str.count_matches("\t", literal=True) + 1).alias("fields"),
    )


def _decoded(line: bytes) -> str | None:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None


def _is_row(names: tuple[str, ...]) -> pl.Expr:
    whole = pl.col("fields") == len(names)
    short = pl.col("size") <= RECORD_BYTES
    return (whole & short & ~pl.col(LINE).str.contains(NUL, literal=True)).fill_null(value=False)


def _cells(lines: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    parts = pl.col(LINE).str.split_exact("\t", len(names) - 1).struct
    frame = lines.select(
        parts.field(f"field_{at}").alias(name) for at, name in enumerate(names)
    ).with_columns(pl.all().fill_null(""))
    escaped = [column.name for column in frame if column.str.contains("\\", literal=True).any()]
    return frame.with_columns(_unescaped(pl.col(name)) for name in escaped)


def _unescaped(cell: pl.Expr) -> pl.Expr:
    r"""What a cell means; a `NUL`, which no cell holds, stands for `\\` meanwhile."""
    text = cell.str.replace_all("\\\\", NUL, literal=True)
    for mark, meant in _MEANT.items():
        text = text.str.replace_all(f"\\{mark}", meant, literal=True)
    text = text.str.replace_all("\\", "", literal=True).str.replace_all(NUL, "\\", literal=True)
    return pl.when(cell != "\\N").then(text).otherwise(pl.lit(""))


def _place(piece: Piece, before: Place, at: int) -> Place:
    """The place of a line of a piece that begins at `before`, by its index."""
    begin = int(piece.begins[at])
    raw = piece.data[begin : min(piece.end(at), begin + RAW_BYTES)].rstrip(b"\r\n")
    return Place(before.row + at + 1, before.line + at, before.offset + begin, raw)


def _fault(text: str | None, size: int | None, fields: int | None, width: int) -> tuple[str, str]:
    if text is None or size is None:
        return "encoding", "is no UTF-8"
    if size > RECORD_BYTES:
        return "fields", _too_long(size)
    if NUL in text:
        return "encoding", "holds a NUL"
    return "fields", f"has {fields} fields, a row has {width}"


def _too_long(size: int) -> str:
    return f"is {size} bytes long, more than {RECORD_BYTES}"
