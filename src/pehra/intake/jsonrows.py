"""JSON (RFC 8259) rows to text columns: an array of objects, or one object a line (JSON Lines).

A file is taken in pieces: a piece ends between two records, is decoded at once by msgspec, and
only a piece that cannot be decoded is walked record by record to find the defective ones. An array
that is cut off keeps what was whole. After an array another may follow; each line of anything else
is a defective record. Nested objects become dotted names, lists stay JSON text. What a record may
cost is bounded: its bytes, its depth (msgspec's and ours), its keys, the different keys of a file,
and the cells of a stretch, since every row of it has every key.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from pehra.intake.pieces import Piece
from pehra.intake.stretches import (
    COLUMNS,
    RAW_BYTES,
    RECORD_BYTES,
    STRETCH_BYTES,
    Place,
    Stretch,
    Table,
    reject,
)
from pehra.kernel.errors import UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pehra.intake.source import Reject

Row = dict[str, str]

_SHARE = 4
"""A piece is this many times smaller than asked for: decoded JSON is larger than its text."""
_DEPTH = 8
_AFTER = "stands after the end of the array"
_TOO_MUCH = f"is nested deeper than {_DEPTH} levels or has more than {COLUMNS} keys"
_BLANK = b" \t\r\n"
CELLS = 500_000
"""A stretch has at most this many. Where all rows have all keys, a piece has fewer."""

_BETWEEN = re.compile(rb"[\s,]*+")
_BLANKS = re.compile(rb"\s*+")
_TOKEN = re.compile(rb'"(?:[^"\\\n]++|\\.)*+"|[{}\[\]"]', re.DOTALL)
_NEXT = re.compile(rb"[,\]\n]")
_OPENING = (b"{", b"[")
_CLOSING = (b"}", b"]")
_DEEPEST = 64
_ARRAY = msgspec.json.Decoder(list[dict[str, Any]])
_OBJECT = msgspec.json.Decoder(dict[str, Any])


class _Span(msgspec.Struct, frozen=True):
    begin: int
    end: int
    row: Row | None
    fault: tuple[str, str] | None


def open_json(path: Path, part_bytes: int) -> Table:
    """Open a file of JSON objects.

    Args:
        path: the file.
        part_bytes: about how much memory's worth of it to turn into one stretch.

    Raises:
        UnreadableFile: it begins with neither `[` nor `{`.
    """
    with path.open("rb") as stream:
        head = stream.read(RECORD_BYTES)
    begin = 3 if head.startswith(b"\xef\xbb\xbf") else 0
    begin += len(head[begin:]) - len(head[begin:].lstrip(_BLANK))
    first = head[begin : begin + 1]
    if first not in (b"[", b"{"):
        message = (
            "The file is empty." if not first else "The file is neither a JSON array nor lines."
        )
        raise UnreadableFile(message, mend="It has to begin with `[` or `{`.")
    array = first == b"["
    offset = begin + array
    reader = Reader(path, offset, 1 + head.count(b"\n", 0, offset), array=array)
    return Table(
        names=(), stretches=reader.stretches(min(max(1, part_bytes // _SHARE), STRETCH_BYTES))
    )


class Reader:
    """Where we are in one file."""

    def __init__(self, path: Path, offset: int, line: int, *, array: bool) -> None:
        self.path = path
        self.offset = offset
        self.line = line
        self.array = array
        self.ended = False
        """After the end of an array."""
        self.rows = 0
        self.names: set[str] = set()
        self.texts: set[str] = set()

    def stretches(self, size: int) -> Iterator[Stretch]:
        """Read to the end of the file."""
        with self.path.open("rb") as stream:
            wanted = size
            while True:
                stream.seek(self.offset)
                piece = stream.read(wanted)
                last = len(piece) < wanted
                if not piece:
                    return
                spans, used = self._records(piece, last=last)
                wanted = size if used else 2 * wanted
                for within in _bounded(spans, len(self.names)):
                    yield self._stretch(piece, spans, within)
                self.line += piece.count(b"\n", 0, used)
                self.offset += used
                self.rows += len(spans)
                if last:
                    return

    def _records(self, piece: bytes, *, last: bool) -> tuple[list[_Span], int]:
        rows, used = _decode_array(piece, last=last) if self.array else (None, 0)
        if rows is not None:
            return [self._span(-1, -1, row) for row in rows], used
        spans: list[_Span] = []
        at = 0
        while True:
            at = self._begin(piece, at)
            if at >= len(piece):
                return spans, len(piece)
            end = _record_end(piece, at, array=self.array, last=last)
            if end is None:
                if not last and len(piece) - at <= RECORD_BYTES:
                    return spans, at
                end = _resume(piece, at)
                spans.append(_Span(at, end, None, ("json", _unfinished(end - at))))
            elif self.ended:
                spans.append(_Span(at, end, None, ("json", _AFTER)))
            else:
                spans.append(self._decoded(piece, at, end))
            at = end

    def _begin(self, piece: bytes, at: int) -> int:
        """Where the next record begins, in or out of the arrays whose edges are passed on the way.

        What a caller reads again, because the piece ends within a record, begins with that record.
        """
        while True:
            between = _BLANKS if self.ended else _BETWEEN
            at = between.match(piece, at).end()  # type: ignore[union-attr]  # it matches anything
            mark = piece[at : at + 1]
            if self.array and mark == b"]":
                self.array, self.ended = False, True
            elif self.ended and mark == b"[":
                self.array, self.ended = True, False
            else:
                return at
            at += 1

    def _decoded(self, piece: bytes, begin: int, end: int) -> _Span:
        try:
            row = _OBJECT.decode(piece[begin:end])
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            return _Span(begin, end, None, ("json", str(error)))
        return self._span(begin, end, row)

    def _span(self, begin: int, end: int, record: dict[str, Any]) -> _Span:
        row: Row = {}
        if not flatten(record, "", _DEPTH, row, self.texts):
            return _Span(begin, end, None, ("json", _TOO_MUCH))
        fresh = row.keys() - self.names
        if len(self.names) + len(fresh) > COLUMNS:
            return _Span(begin, end, None, ("fields", f"brings more than {COLUMNS} different keys"))
        self.names |= fresh
        return _Span(begin, end, row, None)

    def _stretch(self, piece: bytes, spans: list[_Span], within: range) -> Stretch:
        row, line = self.rows, self.line
        again = Piece(self.path, self.offset, len(piece))
        found: list[tuple[int, int]] = []
        good = [index for index in within if spans[index].row is not None]

        def place(index: int, text: Piece) -> Place:
            begin, end = spans[index].begin, spans[index].end
            if begin < 0:
                begin, end = _find(text.data, index, found)
            raw = text.data[begin : min(end, begin + RAW_BYTES)].rstrip()
            return Place(row + index + 1, line + text.line(begin), text.offset + begin, raw)

        now = again.holding(piece)
        rejects: list[Reject] = [
            reject(place(index, now), *fault)
            for index in within
            if (fault := spans[index].fault) is not None
        ]
        frame = _frame([held for index in within if (held := spans[index].row) is not None])
        literal = frozenset(frame.columns) - self.texts
        numbers = pl.Series([row + index + 1 for index in good], dtype=pl.Int64)
        return Stretch(
            frame,
            numbers,
            rejects,
            len(within),
            lambda index: place(good[index], again),
            literal=literal,
        )


def _bounded(spans: list[_Span], names: int) -> Iterator[range]:
    """Cut the records of a piece so that each cut has at most `CELLS`; `names`: keys so far."""
    if not spans:
        return
    if len(spans) * names <= CELLS:
        yield range(len(spans))
        return
    begin = 0
    held: set[str] = set()
    for index, span in enumerate(spans):
        row = span.row or {}
        fresh = row.keys() - held
        if index > begin and (index + 1 - begin) * (len(held) + len(fresh)) > CELLS:
            yield range(begin, index)
            begin, held, fresh = index, set(), set(row)
        held |= fresh
    yield range(begin, len(spans))


def _decode_array(piece: bytes, *, last: bool) -> tuple[list[dict[str, Any]] | None, int]:
    """All records up to the last whole one of the piece; None where something does not decode."""
    cut = piece.rfind(b"]") if last else piece.rfind(b"},") + 1
    if cut <= 0 or _has_long_record(piece) or (last and piece[cut + 1 :].strip(_BLANK)):
        return None, 0
    body = piece[:cut].strip(_BLANK + b",")
    if not last and not body.endswith(b"}"):
        return None, 0
    try:
        rows = _ARRAY.decode(b"[" + body + b"]")
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None, 0
    return rows, len(piece) if last else cut


def _has_long_record(piece: bytes) -> bool:
    """Whether some stretch without a closing brace is longer than a record may be."""
    at = 0
    while len(piece) - at > RECORD_BYTES:
        end = piece.rfind(b"}", at, at + RECORD_BYTES)
        if end < 0:
            return True
        at = end + 1
    return False


def _record_end(piece: bytes, at: int, *, array: bool, last: bool) -> int | None:
    """Where the record that begins at `at` ends; None: not within the piece or the bound."""
    limit = min(len(piece), at + RECORD_BYTES)
    if not array:
        found = piece.find(b"\n", at, limit)
        whole = last and limit == len(piece)
        return found + 1 if found >= 0 else (limit if whole else None)
    if piece[at : at + 1] != b"{":
        stop = _NEXT.search(piece, at + 1, limit)
        return stop.start() if stop else None
    depth = 0
    for token in _TOKEN.finditer(piece, at, limit):
        mark = token[0]
        depth += (mark in _OPENING) - (mark in _CLOSING)
        if depth == 0 and mark in _CLOSING:
            return token.end()
        if mark == b'"' or depth > _DEEPEST:  # a string without an end; a hill of brackets
            return None
    return None


def _resume(piece: bytes, at: int) -> int:
    """Where to go on after a record without an end: the next line, else the end of the piece."""
    found = piece.find(b"\n", at)
    return found + 1 if found >= 0 else len(piece)


def _unfinished(size: int) -> str:
    if size > RECORD_BYTES:
        return f"is {size} bytes long, more than {RECORD_BYTES}"
    return "the record has no end"


def _find(text: bytes, index: int, found: list[tuple[int, int]]) -> tuple[int, int]:
    """Begin and end of the record `index` of a piece of an array that was decoded at once.

    `found` holds those of the records before, as far as they were asked for.
    """
    while len(found) <= index:
        at = found[-1][1] if found else 0
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # it matches anything
        found.append((at, _record_end(text, at, array=True, last=True) or len(text)))
    return found[index]


def flatten(record: dict[str, Any], prefix: str, depth: int, row: Row, texts: set[str]) -> bool:
    """Put a record's values into `row` as text; False where it is nested too deep or too wide.

    Names of values that were text before are added to `texts`.
    """
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            if depth == 0 or not flatten(value, f"{name}.", depth - 1, row, texts):
                return False
        elif isinstance(value, str):
            row[name] = value
            texts.add(name)
        elif value is not None:
            row[name] = msgspec.json.encode(value).decode()
    return len(row) <= COLUMNS


def _frame(rows: list[Row]) -> pl.DataFrame:
    """Text columns of rows that need not have the same keys."""
    names: dict[str, None] = {}
    for row in rows:
        names.update(dict.fromkeys(row))
    data = {name: [row.get(name, "") for row in rows] for name in names}
    if not data:
        return pl.DataFrame({"": [""] * len(rows)}, schema={"": pl.String})
    return pl.DataFrame(data, schema=dict.fromkeys(names, pl.String()))
