"""Records of delimited text, one by one: the exact way, for the stretches that are defective.

The grammar of RFC 4180, linear in the bytes that it looks at: a field that begins with a quote is
quoted, `""` inside it is a quote, and it ends with the quote before a separator or line end; any
other field is literal. LF and CRLF end a line; blank lines are skipped and are no records; text is
UTF-8 without NUL. A line that is no record so is tried with quotes escaped by a backslash, which
some writers do. A row that lacks one field is read as if its last one were empty, where the row
before it ends with an empty field and the file does not break off there: writers that trim line
ends produce such rows.
"""

from __future__ import annotations

import re

import msgspec
import numpy as np
import polars as pl

from pehra.intake.stretches import RECORD_BYTES

_TAIL = 8
"""Bytes before a record that tell how the one before it ended."""


class Grammar(msgspec.Struct, frozen=True):
    """Patterns of one separator; all are linear in the bytes they look at."""

    separator: bytes
    width: int
    record: re.Pattern[bytes]
    field: re.Pattern[bytes]
    escaped: re.Pattern[bytes]

    @classmethod
    def of(cls, separator: str, width: int = 0) -> Grammar:
        """Compile the patterns for a one-byte `separator` and rows of `width` fields."""
        mark = re.escape(separator.encode())
        literal = rb'[^"' + mark + rb"\r\n][^" + mark + rb"\r\n]*+"
        value = rb'(?:"(?:[^"]++|"")*+"|' + literal + rb"|)"
        record = value + rb"(?:" + mark + value + rb")*+(?:\r?\n|\r?\Z)"
        ends = rb"(?:" + mark + rb"|\r?\Z)"
        return cls(
            separator.encode(),
            width,
            re.compile(record),
            re.compile(rb'(?:"((?:[^"]++|"")*+)"|(' + literal + rb")|)" + ends),
            re.compile(rb'(?:"((?:[^"\\]++|\\.|"")*+)"|(' + literal + rb")|)" + ends),
        )

    def split(self, record: bytes) -> list[bytes]:
        """Fields of one record that fits the grammar, without its line end."""
        return [literal or quoted.replace(b'""', b'"') for quoted, literal in self._found(record)]

    def split_escaped(self, record: bytes) -> list[bytes]:
        r"""Fields where quotes inside quoted fields are escaped as `\"`; empty where it is none."""
        fields: list[bytes] = []
        at = 0
        while one := self.escaped.match(record, at):
            fields.append(one[2] or (one[1] or b"").replace(b'\\"', b'"'))
            at = one.end()
            if not one[0].endswith(self.separator):
                return fields if at == len(record) else []
        return []

    def ends_empty(self, line: bytes) -> bool:
        """Whether the bytes of a line that are given end with an empty field."""
        end = line.rstrip(b"\r\n")
        return end.endswith((self.separator, self.separator + b'""'))

    def _found(self, record: bytes) -> list[tuple[bytes, bytes]]:
        found: list[tuple[bytes, bytes]] = self.field.findall(record)
        if not record.endswith(self.separator):
            found.pop()  # the empty match at the end
        return found


class Span(msgspec.Struct, frozen=True):
    """A record in a part.

    Attributes:
        begin: its first byte.
        end: after its line end.
        fields: its fields; empty where it has a fault.
        reason: code of the fault; empty where it has none.
        detail: the fault in words.
    """

    begin: int
    end: int
    fields: tuple[str, ...] = ()
    reason: str = ""
    detail: str = ""


def spans(
    part: bytes, grammar: Grammar, bounds: tuple[int, int], *, last: bool, before: bytes = b""
) -> tuple[list[Span], int]:
    """Walk the records that begin within `bounds`.

    Args:
        part: whole records, the last one perhaps unfinished.
        grammar: of the file.
        bounds: the byte at which a record begins, and the byte at which to stop.
        last: the file ends with the part.
        before: the last bytes before the part.

    Returns:
        The records and where the next one begins: an unfinished one is not taken.
    """
    found: list[Span] = []
    at, stop = bounds
    while at < stop:
        limit = min(len(part), at + RECORD_BYTES)
        match = grammar.record.match(part, at, limit)
        whole = match is not None and (match[0].endswith(b"\n") or (last and limit == len(part)))
        if match and whole:
            line = match[0]
            span = _judged(at, line, grammar, part[max(0, at - _TAIL) : at] or before)
            if span and span.reason and b"\n" in line[:-1]:
                span = _line(part, at, grammar)  # more likely a quote that is not closed
        elif not last and limit == len(part):
            break  # it may go on in the next part
        else:
            line, span = b"", _line(part, at, grammar)
        at = span.end if span else at + len(line)
        if span:
            found.append(span)
    return found, at


def text_frame(records: list[Span], names: tuple[str, ...]) -> pl.DataFrame:
    """Text columns of records without a fault."""
    columns = zip(*(span.fields for span in records), strict=True)
    data = dict(zip(names, columns, strict=True)) if records else None
    return pl.DataFrame(data, schema=dict.fromkeys(names, pl.String()))


def _judged(begin: int, line: bytes, grammar: Grammar, before: bytes) -> Span | None:
    """A record that fits the grammar, with its fault if it still is no row; None: a blank line."""
    record = line.rstrip(b"\r\n")
    if not record:
        return None
    fields = grammar.split(record)
    width = grammar.width
    if len(fields) == width - 1 and line.endswith(b"\n") and grammar.ends_empty(before):
        fields.append(b"")
    span = Span(begin, begin + len(line))
    if len(fields) != width:
        return _faulty(span, "fields", f"has {len(fields)} fields, the header names {width}")
    return _readable(span, fields)


def _line(part: bytes, begin: int, grammar: Grammar) -> Span:
    """A line that is no record by itself: it may be one of a writer that escapes its quotes."""
    span = Span(begin, part.find(b"\n", begin) + 1 or len(part))
    size = span.end - begin
    if size > RECORD_BYTES:
        return _faulty(span, "quote", f"is {size} bytes long, more than {RECORD_BYTES}")
    line = part[begin : span.end].rstrip(b"\r\n")
    fields = grammar.split_escaped(line) if b"\\" in line else []
    if len(fields) == grammar.width:
        return _readable(span, fields)
    detail = "a quote is not closed, or something follows the closing quote"
    return _faulty(span, "quote", detail)


def _readable(span: Span, fields: list[bytes]) -> Span:
    """The span with its text, if it is text."""
    if any(b"\0" in field for field in fields):
        return _faulty(span, "encoding", "holds a NUL byte, which is no text")
    try:
        texts = tuple(field.decode() for field in fields)
    except UnicodeDecodeError as error:
        return _faulty(span, "encoding", f"byte {error.start + 1} of a field is not UTF-8")
    return msgspec.structs.replace(span, fields=texts)


def _faulty(span: Span, reason: str, detail: str) -> Span:
    return msgspec.structs.replace(span, reason=reason, detail=detail)


def doubled_quotes(part: bytes, separator: bytes) -> int | None:
    """How many quotes inside quoted fields are written twice; None where a quote is out of place.

    Quotes open and close in turn. One that opens stands at the beginning of a field, one that
    closes at its end; else a closing and an opening one are neighbours: a quote inside the field.

    Args:
        part: whole records, the first at the beginning.
        separator: one byte.
    """
    bytes_ = np.frombuffer(part, np.uint8)
    quotes = np.flatnonzero(bytes_ == ord('"'))
    if quotes.size % 2:
        return None
    opens, closes = quotes[0::2], quotes[1::2]
    doubled = opens[1:] == closes[:-1] + 1
    mark, end = separator[0], ord("\n")
    before = bytes_[opens - (opens > 0)]
    begins = (opens == 0) | (before == mark) | (before == end)
    after = bytes_[np.minimum(closes + 1, bytes_.size - 1)]
    ends = (closes == bytes_.size - 1) | (after == mark) | (after == end) | (after == ord("\r"))
    begins[1:] |= doubled
    ends[:-1] |= doubled
    return int(np.count_nonzero(doubled)) if begins.all() and ends.all() else None
