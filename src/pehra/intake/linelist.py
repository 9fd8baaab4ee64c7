"""Text lists, one record a line with notes between them: bytes to lines, or to rejects.

What most publishers of block lists write: UTF-8, a record a line, and lines that begin with a mark
such as `#` or `;` are notes. Blank lines and notes are no rows. A line of any length costs no more
memory than one record may have; lines are cut from the file columnar, and only a piece with bytes
that are no UTF-8 is looked at line by line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import msgspec
import polars as pl

from pehra.intake.pieces import Piece
from pehra.intake.stretches import (
    RAW_BYTES,
    RECORD_BYTES,
    STRETCH_BYTES,
    Place,
    Stretch,
    reject,
    rest_of_line,
)
from pehra.kernel.errors import UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINE = "line"
"""The one column of a list that is not yet cut into fields; blanks around the line are off."""

_HEAD_BYTES = 1 << 16
_BOM = b"\xef\xbb\xbf"
_OTHERS = {
    b"\x1f\x8b": "is compressed (gzip)",
    b"PK\x03\x04": "is compressed (zip)",
    b"\x28\xb5\x2f\xfd": "is compressed (zstd)",
    b"\xff\xfe": "is UTF-16, not UTF-8",
    b"\xfe\xff": "is UTF-16, not UTF-8",
}
_NUL_SHARE = 8
"""A head of which more than one byte in so many is NUL is no text."""


class LineList(msgspec.Struct, frozen=True):
    """A list, looked at.

    Attributes:
        path: the file.
        marks: each of these characters at the beginning of a line makes it a note.
        notes: the notes before the first record, without their marks and blanks.
        first: the first record; empty where there is none near the beginning.
    """

    path: Path
    marks: str
    notes: tuple[str, ...]
    first: str


def open_lines(path: Path, marks: str) -> LineList:
    """Look at the head of a list.

    Raises:
        UnreadableFile: it is empty, a web page, or no text at all.
    """
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES).removeprefix(_BOM)
    for magic, what in _OTHERS.items():
        if head.startswith(magic):
            _refuse(f"The file {what}.", "Unpack it first, or fetch it as text.")
    if not head.strip():
        _refuse("The file is empty.", "Fetch it again.")
    if head.lstrip().startswith(b"<"):
        _refuse("The file is a web page, not a list.", "Check the address that it comes from.")
    if head.count(b"\0") * _NUL_SHARE > len(head):
        _refuse("The file is no text.", "Check that it is the list in its text form.")
    notes: list[str] = []
    for line in head.decode(errors="replace").splitlines():
        text = line.strip()
        if text and text[0] not in marks:
            return LineList(path, marks, tuple(notes), text)
        notes.append(text.strip(f"{marks} \t"))
    return LineList(path, marks, tuple(notes), "")


def _refuse(message: str, mend: str) -> None:
    raise UnreadableFile(message, mend=mend)


def read_lines(listed: LineList, part_bytes: int, *, headed: bool = False) -> Iterator[Stretch]:
    """The records, in the one column `LINE`.

    Args:
        listed: the list.
        part_bytes: at most how much to turn into one stretch (`STRETCH_BYTES` bounds it too).
        headed: the first record names the columns and is no row.
    """
    return _Reader(listed, headed=headed).stretches(min(max(1, part_bytes), STRETCH_BYTES))


class _Reader:
    """Where we are in one list; a stretch moves it on."""

    def __init__(self, listed: LineList, *, headed: bool) -> None:
        self.path = listed.path
        self.marks = listed.marks
        self.headed = headed
        self.offset = 0
        self.line = 1
        self.rows = 0

    def stretches(self, size: int) -> Iterator[Stretch]:
        """Read to the end, about `size` bytes at a time, more where one line is longer."""
        with self.path.open("rb") as stream:
            self.offset = len(_BOM) if stream.read(len(_BOM)) == _BOM else 0
            wanted = size
            while True:
                stream.seek(self.offset)
                piece = stream.read(wanted)
                last = len(piece) < wanted
                if not piece:
                    return
                end = len(piece) if last else piece.rfind(b"\n") + 1
                if not end and len(piece) <= RECORD_BYTES:
                    wanted *= 2
                    continue
                stretch = self._stretch(piece[:end]) if end else self._endless(stream, piece)
                del piece
                wanted = size
                if stretch.rows:
                    yield stretch
                del stretch

    def _endless(self, stream: BinaryIO, piece: bytes) -> Stretch:
        """Pass over a line that is longer than a piece and than any record."""
        size = len(piece) + rest_of_line(stream)
        noted = piece.lstrip()[:1].decode(errors="replace") in self.marks
        row, line, offset = self.rows + 1, self.line, self.offset
        self.offset += size
        self.line += 1
        place = Place(row, line, offset, piece[:RAW_BYTES])
        lines = pl.DataFrame(schema={LINE: pl.String()})
        numbers = pl.Series(dtype=pl.Int64)
        if noted:
            return Stretch(lines, numbers, [], 0, lambda _: place)
        self.rows += 1
        return Stretch(
            lines, numbers, [reject(place, "fields", _too_long(size))], 1, lambda _: place
        )

    def _stretch(self, piece: bytes) -> Stretch:
        """Whole lines: their records, and rejects for what is no text or too long."""
        lines = _lines(piece)
        text = pl.col(LINE).str.strip_chars()
        frame = lines.select(
            pl.int_range(pl.len()).alias("at"),
            text.alias(LINE),
            pl.col(LINE).str.len_bytes().alias("size"),
        )
        noted = pl.col(LINE).str.slice(0, 1).is_in(list(self.marks))
        frame = frame.filter(pl.col(LINE).is_null() | ((pl.col(LINE) != "") & ~noted))
        if self.headed and frame.height:
            frame, self.headed = frame[1:], False
        before = Place(self.rows, self.line, self.offset, b"")
        again = Piece(self.path, self.offset, len(piece))
        held = again.holding(piece)
        numbered = frame.with_columns(n=pl.int_range(1, pl.len() + 1) + self.rows)
        is_good = pl.col(LINE).is_not_null() & (pl.col("size") <= RECORD_BYTES)
        good, bad = numbered.filter(is_good), numbered.filter(~is_good)
        rejects = [
            reject(_place(held, before, (at, n)), *_fault(held, at))
            for at, n in bad.select("at", "n").rows()
        ]
        found, numbers = good["at"].to_numpy(), good["n"].to_numpy()

        def place(index: int) -> Place:
            return _place(again, before, (int(found[index]), int(numbers[index])))

        self.rows += frame.height
        self.line += piece.count(b"\n")
        self.offset += len(piece)
        return Stretch(good.select(LINE), good["n"], rejects, frame.height, place)


def _lines(piece: bytes) -> pl.DataFrame:
    """Every line of a piece, null where it is no UTF-8."""
    try:
        texts = pl.Series(LINE, [piece.decode()]).str.split("\n").explode()
    except UnicodeDecodeError:
        texts = pl.Series(LINE, [_decoded(line) for line in piece.split(b"\n")], dtype=pl.String)
    return texts.to_frame()


def _decoded(line: bytes) -> str | None:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None


def _place(piece: Piece, before: Place, numbered: tuple[int, int]) -> Place:
    """The place of a line of a piece that begins at `before`; its index and record number."""
    at, number = numbered
    raw = _raw(piece, at)[:RAW_BYTES].rstrip(b"\r\n")
    return Place(number, before.line + at, before.offset + int(piece.begins[at]), raw)


def _raw(piece: Piece, at: int) -> bytes:
    return piece.data[int(piece.begins[at]) : piece.end(at)]


def _fault(piece: Piece, at: int) -> tuple[str, str]:
    line = _raw(piece, at)
    if len(line) > RECORD_BYTES:
        return "fields", _too_long(len(line))
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return "encoding", f"byte {error.start + 1} of the line is not UTF-8"
    return "fields", _too_long(len(line))


def _too_long(size: int) -> str:
    return f"is {size} bytes long, more than {RECORD_BYTES}"
