"""Delimited text (RFC 4180): bytes to text columns, exactly, or to rejects with a true place.

A part is cut at a line end and parsed by Polars, which is fast but forgiving: it pads short rows
and drops stray quotes. Its result therefore counts only if all quotes stand at the edges of fields
and every byte of the part is accounted for: values, quotes, separators and line ends must add up.
Otherwise the defect is closed in on by halving, and a short run around it is walked record by
record (`pehra.intake.rfc4180`). Both ways read the same bytes alike, wherever the cuts fall; a
property test holds this.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import polars as pl

from pehra.intake.pieces import Piece
from pehra.intake.rfc4180 import Grammar, Span, doubled_quotes, spans, text_frame
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
    from typing import BinaryIO

    from pehra.intake.source import Reject

SEPARATORS = ",;\t|"
_CHUNK = 1 << 17
"""Bytes that are counted at once: they stay in a processor's cache."""
_END = np.frombuffer(b"\n", np.uint8)
_BLOCK = 1 << 15
"""A defect is closed in on down to about this many bytes, which are then walked."""


def open_delimited(path: Path, part_bytes: int, separator: str = "") -> Table:
    """Open a delimited file with a header.

    Args:
        path: the file.
        part_bytes: at most how much to turn into one stretch (`STRETCH_BYTES` bounds it too).
        separator: one of `,;` tab `|`; empty: the one that the header uses most.

    Raises:
        UnreadableFile: the file is empty, or its first line is no header.
    """
    with path.open("rb") as stream:
        head = stream.read(2 * RECORD_BYTES)
    start = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    blank = re.compile(rb"(?:\r?\n)*+").match(head, start)
    begin = blank.end() if blank else start
    mark = separator or _sniff(head[begin : begin + RECORD_BYTES])
    grammar = Grammar.of(mark)
    names, end = _header(head, begin, grammar)
    reader = _Reader(path, Grammar.of(mark, len(names)), names)
    reader.offset = end
    reader.line = 1 + head.count(b"\n", 0, end)
    return Table(names=names, stretches=reader.stretches(min(part_bytes, STRETCH_BYTES)))


def _sniff(head: bytes) -> str:
    line = head.split(b"\n", 1)[0]
    return max(SEPARATORS, key=lambda mark: line.count(mark.encode()))


def _header(head: bytes, begin: int, grammar: Grammar) -> tuple[tuple[str, ...], int]:
    """Names of the columns and the byte at which the first record begins."""
    if begin == len(head):
        message = "The file is empty."
        raise UnreadableFile(message, mend="Fetch it again.")
    found = grammar.record.match(head, begin, begin + RECORD_BYTES)
    line = found[0].rstrip(b"\r\n") if found else b""
    try:
        fields = [field.decode() for field in grammar.split(line)]
    except UnicodeDecodeError:
        fields = []
    if found is None or not line or not fields or len(fields) > COLUMNS or b"\0" in line:
        message = "The first line is no header of a delimited file."
        raise UnreadableFile(message, mend="The file needs a line with the columns' names.")
    names: list[str] = []
    taken: set[str] = set()
    for position, field in enumerate(fields, 1):
        name = field.strip() or f"column {position}"
        while name in taken:
            name = f"{name}.{position}"
        taken.add(name)
        names.append(name)
    return tuple(names), found.end()


class _Run(msgspec.Struct, frozen=True):
    """Consecutive records: either lines that are all good, or records that were walked.

    Attributes:
        row: records of the file before it.
        line: line on which it begins.
        begin: its first byte, counted in the part.
        end: after its last byte.
        frame: its good records.
        plain: as in `Stretch`.
        only_quotes: as in `Stretch`.
        walked: its records where it was walked, else None.
    """

    row: int
    line: int
    begin: int
    end: int
    frame: pl.DataFrame
    plain: bool
    only_quotes: bool
    walked: list[Span] | None

    @property
    def rows(self) -> int:
        """Records in it."""
        return self.frame.height if self.walked is None else len(self.walked)

    def numbers(self) -> pl.Series:
        """Record numbers of its good records."""
        every = pl.int_range(self.row + 1, self.row + 1 + self.rows, dtype=pl.Int64, eager=True)
        if self.walked is None:
            return every
        return every.filter(pl.Series([not span.reason for span in self.walked], dtype=pl.Boolean))

    def place(self, index: int, part: Piece) -> Place:
        """The place of record `index` of the run, which is inside the part."""
        first = part.line(self.begin)
        if self.walked is None:
            begin = int(part.begins[first + index]) if index else self.begin
            end, line = part.end(first + index), self.line + index
        else:
            span = self.walked[index]
            begin, end = span.begin, span.end
            line = self.line + part.line(begin) - first
        raw = part.data[begin : min(end, begin + RAW_BYTES)].rstrip(b"\r\n")
        return Place(self.row + index + 1, line, part.offset + begin, raw)

    def good(self) -> list[int]:
        """Which records of it have no fault, where it was walked."""
        return [at for at, span in enumerate(self.walked or ()) if not span.reason]

    def faults(self, part: Piece) -> list[Reject]:
        """Its records with a fault."""
        return [
            reject(self.place(index, part), span.reason, span.detail)
            for index, span in enumerate(self.walked or ())
            if span.reason
        ]


class _Reader:
    """Where we are in one file; a stretch moves it on."""

    def __init__(self, path: Path, grammar: Grammar, names: tuple[str, ...]) -> None:
        self.path = path
        self.grammar = grammar
        self.names = names
        self.offset = 0
        self.line = 1
        self.rows = 0
        self.tail = b""

    def stretches(self, part_bytes: int) -> Iterator[Stretch]:
        """Read to the end, about `part_bytes` at a time, more where one record is longer."""
        with self.path.open("rb") as stream:
            size = part_bytes
            while True:
                wanted = self._to_line_end(stream, size)
                stream.seek(self.offset)
                part = stream.read(wanted or size)
                last = not wanted
                if not part:
                    return
                part = part if last else part[: _cut(part)]
                runs = list(self._runs(part, last=last))
                used = runs[-1].end if runs else 0
                stretch = self._joined(part, runs)
                self.offset += used
                self.tail = part[max(0, used - 8) : used] or self.tail
                size = part_bytes if used else 2 * size
                del part, runs
                if stretch.rows:
                    yield stretch
                del stretch
                if last:
                    return

    def _to_line_end(self, stream: BinaryIO, size: int) -> int:
        """Of the next `size` bytes, those to a line end: none is copied to be cut off. 0: all."""
        tail = min(size, _BLOCK)
        stream.seek(self.offset + size - tail)
        end = stream.read(tail)
        return 0 if len(end) < tail else size - tail + (end.rfind(b"\n") + 1 or tail)

    def _runs(self, part: bytes, *, last: bool) -> Iterator[_Run]:
        """Take good lines by Polars in runs as long as possible; walk what is between them."""
        at, size = 0, len(part)
        while at < len(part):
            whole = at + size >= len(part)
            end = len(part) if whole else part.rfind(b"\n", at, at + size) + 1
            # A record of which the end is still to come is a whole one to Polars.
            ended = last or part.endswith(b"\n", at, end)
            parsed = self._fast(part, at, end) if ended else None
            if parsed is None and size > _BLOCK:
                size //= 8
                continue
            run = parsed or self._walk(part, at, last=last)
            if run.end == at:
                return
            self.rows += run.rows
            self.line += run.rows if run.walked is None else part.count(b"\n", at, run.end)
            at = run.end
            size = size * 2 if parsed else _BLOCK * 2
            yield run

    def _fast(self, part: bytes, begin: int, end: int) -> _Run | None:
        lines = part if end - begin == len(part) else part[begin:end]
        parsed = _parsed(lines, self.names, self.grammar) if lines else None
        if parsed is None:
            return None
        return _Run(self.rows, self.line, begin, end, *parsed, None)

    def _walk(self, part: bytes, begin: int, *, last: bool) -> _Run:
        stop = min(len(part), begin + _BLOCK)
        walked, end = spans(part, self.grammar, (begin, stop), last=last, before=self.tail)
        frame = text_frame([span for span in walked if not span.reason], self.names)
        at = self.rows, self.line, begin, end, frame
        return _Run(*at, plain=False, only_quotes=False, walked=walked)

    def _joined(self, part: bytes, runs: list[_Run]) -> Stretch:
        """One stretch of several runs; it finds a place by reading its part of the file again."""
        piece = Piece(self.path, self.offset, len(part))
        held = piece.holding(part)
        firsts = [0]
        for run in runs:
            firsts.append(firsts[-1] + run.frame.height)

        good: dict[int, list[int]] = {}

        def place(index: int) -> Place:
            at = bisect_right(firsts, index) - 1
            within = index - firsts[at]
            if runs[at].walked is not None:
                good[at] = good.get(at) or runs[at].good()
                within = good[at][within]
            return runs[at].place(within, piece)

        if not runs:
            empty = pl.DataFrame(schema=dict.fromkeys(self.names, pl.String()))
            return Stretch(empty, pl.Series(dtype=pl.Int64), [], 0, place)
        return Stretch(
            frame=pl.concat([run.frame for run in runs]) if len(runs) > 1 else runs[0].frame,
            numbers=pl.concat([run.numbers() for run in runs]),
            rejects=[fault for run in runs for fault in run.faults(held)],
            rows=sum(run.rows for run in runs),
            place=place,
            plain=all(run.plain for run in runs),
            only_quotes=all(run.only_quotes for run in runs),
        )


def _cut(buffer: bytes) -> int:
    """After the last line end that is outside quotes, as far as counting them can tell."""
    whole = np.frombuffer(buffer, np.uint8)
    chunks = (whole[at : at + _CHUNK] for at in range(0, len(whole), _CHUNK))
    quotes = sum(int(np.count_nonzero(chunk == ord('"'))) for chunk in chunks)
    end = len(buffer)
    while True:
        at = buffer.rfind(b"\n", max(0, len(buffer) - RECORD_BYTES), end)
        if at < 0:
            return len(buffer)
        quotes -= buffer.count(b'"', at, end)
        if quotes % 2 == 0:
            return at + 1
        end = at


class _Tally(msgspec.Struct):
    """Counts over a part.

    `opening` quotes follow a separator or line end, `closing` ones precede one. Of the quotes that
    do neither, `pairs` counts neighbours, and `runs` three side by side.
    """

    quotes: int = 0
    opening: int = 0
    closing: int = 0
    both: int = 0
    pairs: int = 0
    runs: int = 0
    ends: int = 0
    returns: int = 0
    low: int = 0

    @classmethod
    def of(cls, part: bytes, separator: bytes) -> _Tally:
        """Count by stretches that fit a processor's cache: the part is looked at once."""
        tally = cls()
        whole = np.frombuffer(part, np.uint8)
        mark = separator[0]
        before = np.zeros(2, np.bool_)
        for at in range(0, len(whole), _CHUNK):
            # A byte more on either side; the part stands between two line ends.
            around = whole[max(at - 1, 0) : at + _CHUNK + 1]
            if at == 0:
                around = np.concatenate((_END, around))
            if at + _CHUNK >= len(whole):
                around = np.concatenate((around, _END))
            here = around[1:-1]
            low = around < ord(" ")
            bound = low | (around == mark)
            quote = here == ord('"')
            opening = quote & bound[:-2]
            closing = quote & bound[2:]
            tally.quotes += int(np.count_nonzero(quote))
            tally.opening += int(np.count_nonzero(opening))
            tally.closing += int(np.count_nonzero(closing))
            tally.both += int(np.count_nonzero(opening & closing))
            inner = np.concatenate((before, quote & ~(bound[:-2] | bound[2:])))
            pairs = inner[1:-1] & inner[2:]
            tally.pairs += int(np.count_nonzero(pairs))
            tally.runs += int(np.count_nonzero(pairs & inner[:-2]))
            before = inner[-2:]
            tally.ends += int(np.count_nonzero(here == ord("\n")))
            tally.low += int(np.count_nonzero(low[1:-1]))
        tally.returns = part.count(b"\r") if tally.low > tally.ends else 0
        return tally

    def doubled(self, part: bytes, separator: bytes) -> int | None:
        """How many quotes inside quoted fields are written twice; None: one is out of place."""
        inner = self.quotes - self.opening - self.closing
        if not self.both and not self.runs and 2 * self.pairs == inner:
            return self.pairs
        return doubled_quotes(part, separator)


def _parsed(  # one exit for each way of not adding up
    part: bytes, names: tuple[str, ...], grammar: Grammar
) -> tuple[pl.DataFrame, bool, bool] | None:
    """Parse with Polars; None unless every byte is accounted for and every line is a record.

    The flags are `plain` and `only_quotes` as in `Stretch`. Polars pads short rows and drops stray
    quotes, so quotes must all stand at the edges of fields or be doubled inside one, and values,
    quotes, separators and line ends must add up.
    """
    tally = _Tally.of(part, grammar.separator)
    doubled = tally.doubled(part, grammar.separator)
    if doubled is None or b"\0" in part or _has_long_line(part):
        return None
    if tally.returns and tally.returns != part.count(b"\r\n"):
        return None
    frame = _polars(part, names, grammar)
    if frame is None or frame.height != tally.ends + (not part.endswith(b"\n")):
        return None
    values = sum(frame.select(pl.all().str.len_bytes().cast(pl.Int64).sum()).row(0))
    marks = frame.height * (len(names) - 1) + tally.ends + tally.returns
    # Of a doubled quote one is in the value, so one of the two is counted twice here.
    if values + tally.quotes - doubled + marks != len(part):
        return None
    only_quotes = tally.low == tally.ends + tally.returns and b"\\" not in part
    return frame, only_quotes and not doubled, only_quotes


def _polars(part: bytes, names: tuple[str, ...], grammar: Grammar) -> pl.DataFrame | None:
    try:
        return pl.read_csv(
            part,
            has_header=False,
            schema=dict.fromkeys(names, pl.String()),
            separator=grammar.separator.decode(),
            empty_string_is_null=False,
        )
    except pl.exceptions.PolarsError:  # ragged rows, stray quotes, bytes that are no UTF-8
        return None


def _has_long_line(part: bytes) -> bool:
    at = 0
    while len(part) - at > RECORD_BYTES:
        end = part.rfind(b"\n", at, at + RECORD_BYTES)
        if end < 0:
            return True
        at = end + 1
    return False
