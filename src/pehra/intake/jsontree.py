"""JSON (RFC 8259) whose records stand somewhere inside: in events, in bundles, one after another.

A walk goes into the objects and arrays that a format names and gives everything else as members, in
file order, without ever holding more than one of them. What a member may cost is bounded by its
bytes; brackets are counted, not descended into, and what is longer is passed over. A record that
begins a line and has no end is given up where the next line begins with a brace, since JSON keeps
no line break in a text.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.intake.stretches import RAW_BYTES, RECORD_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

_CHUNK = 1 << 18
_DEEPEST = 8
"""Containers inside each other that a walk goes into; no format has more."""

_BETWEEN = re.compile(rb"[ \t\r\n,]*+")
_RUN = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\\n]++|\\[^\n])*+")*+', re.DOTALL)
"""Whole texts, and all between them that is no bracket."""
_IN_TEXT = re.compile(rb'(?:[^"\\\n]++|\\[^\n])*+', re.DOTALL)
_BARE = re.compile(rb'[^ \t\r\n,\[\]{}"]*+')
_ENDS = {b"{": b"}", b"[": b"]"}
_CLOSING = frozenset(_ENDS.values())
_NO_END = "the record has no end"
_OBJECT = msgspec.json.Decoder(dict[str, Any])


class Kind(Enum):
    """What a walk comes upon."""

    OPENED = auto()
    CLOSED = auto()
    VALUE = auto()
    FAULT = auto()


class Member(msgspec.Struct, frozen=True):
    """One thing that a walk comes upon.

    Attributes:
        kind: the beginning or the end of a container that is gone into, a value, or a defect.
        name: the key under which it stands; things in an array have the array's.
        begin: its first byte in the file.
        end: after its last byte.
        line: line on which it begins, the first is 1.
        data: a value's bytes; the first `RAW_BYTES` of one that is too long; a container's bracket.
        fault: why it cannot be read, for people.
    """

    kind: Kind
    name: str
    begin: int
    end: int
    line: int
    data: bytes = b""
    fault: str = ""

    def record(self) -> dict[str, Any] | str:
        """The object that the value is; else, in words, why it is none."""
        if self.fault:
            return self.fault
        try:
            return _OBJECT.decode(self.data)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            return str(error) or "cannot be decoded"

    def value(self) -> Any:  # noqa: ANN401 any value of JSON
        """The value, None where it cannot be decoded."""
        try:
            return None if self.fault else msgspec.json.decode(self.data)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return None


def walk(
    path: Path, objects: frozenset[str], arrays: frozenset[str], begin: int = 0
) -> Iterator[Member]:
    """Go through a file.

    Args:
        path: the file.
        objects: names of objects that are gone into; the outermost is called "".
        arrays: names of arrays that are gone into.
        begin: byte to begin at; lines are counted from there.
    """
    with path.open("rb") as stream:
        stream.seek(begin)
        yield from _Walk(stream, begin).members({b"{": objects, b"[": arrays})


class _Walk:
    """A window on the file that only moves forward."""

    def __init__(self, stream: BinaryIO, begin: int) -> None:
        self.stream = stream
        self.buffer = stream.read(_CHUNK)
        self.base = begin
        self.at = 0
        self.last = b""
        if begin == 0 and self.buffer.startswith(b"\xef\xbb\xbf"):
            self.at = 3
        self._counted = 0
        self._line = 1

    def members(self, entered: dict[bytes, frozenset[str]]) -> Iterator[Member]:
        """Everything up to the end of the file."""
        inside: list[tuple[bytes, str]] = []
        while mark := self._peek():
            bracket, name = inside[-1] if inside else (b"", "")
            if mark in _CLOSING:
                yield self._closed(mark, bracket, name)
                if mark == _ENDS.get(bracket):
                    inside.pop()
            elif (key := self._key() if bracket == b"{" else name) is None:
                yield self._defect("a name and a colon are missing")
            else:
                yield from self._member(key, inside, entered)
        if inside:
            yield self._defect("the document has no end")

    def _member(
        self, name: str, inside: list[tuple[bytes, str]], entered: dict[bytes, frozenset[str]]
    ) -> Iterator[Member]:
        """A value, or the beginning of a container that is gone into."""
        mark = self._peek()
        if name in entered.get(mark, ()) and len(inside) < _DEEPEST:
            inside.append((mark, name))
            yield self._edge(Kind.OPENED, name)
        elif mark:
            yield self._value(name, mark)

    def _peek(self) -> bytes:
        """The next byte that is neither blank nor comma; empty at the end of the file."""
        while True:
            self.at = _end(_BETWEEN, self.buffer, self.at)
            if self.at < len(self.buffer) or not self._fill():
                return self.buffer[self.at : self.at + 1]

    def _fill(self) -> bool:
        """Drop what is behind, read on; False at the end of the file."""
        self._count_lines()
        self.last = self._before()
        more = self.stream.read(_CHUNK)
        self.base += self.at
        self.buffer = self.buffer[self.at :] + more
        self.at = self._counted = 0
        return bool(more)

    def _before(self) -> bytes:
        """The byte before the next one; empty where the file begins."""
        return self.buffer[self.at - 1 : self.at] if self.at else self.last

    def _count_lines(self) -> int:
        """The line of the next byte."""
        self._line += self.buffer.count(b"\n", self._counted, self.at)
        self._counted = self.at
        return self._line

    def _edge(self, kind: Kind, name: str) -> Member:
        begin, line = self.base + self.at, self._count_lines()
        mark = self.buffer[self.at : self.at + 1]
        self.at += 1
        return Member(kind, name, begin, begin + 1, line, mark)

    def _closed(self, mark: bytes, bracket: bytes, name: str) -> Member:
        """The end of the innermost container, or of none."""
        if mark == _ENDS.get(bracket):
            return self._edge(Kind.CLOSED, name)
        return self._defect(f"`{mark.decode()}` closes nothing")

    def _key(self) -> str | None:
        """The name of the next member of an object, and on to its value; None: there is none."""
        if self.buffer[self.at : self.at + 1] != b'"':
            return None
        found = self._value("", b'"')
        name = found.value()
        if self._peek() != b":" or not isinstance(name, str):
            return None
        self.at += 1
        return name

    def _defect(self, fault: str) -> Member:
        """The rest of the line, which no rule explains."""
        begin, line = self.base + self.at, self._count_lines()
        if len(self.buffer) - self.at < RAW_BYTES:
            self._fill()
        raw = self.buffer[self.at : self.at + RAW_BYTES].split(b"\n", 1)[0]
        while (found := self.buffer.find(b"\n", self.at)) < 0:
            self.at = len(self.buffer)
            if not self._fill():
                break
        self.at = found + 1 if found >= 0 else len(self.buffer)
        return Member(Kind.FAULT, "", begin, self.base + self.at, line, raw, fault)

    def _value(self, name: str, mark: bytes) -> Member:
        """A whole value, however long: more than `RECORD_BYTES` of it are not kept."""
        begin, line = self.base + self.at, self._count_lines()
        raw = b""
        scan = _Scan(mark, first_of_line=self._before() in (b"", b"\n"))
        scan.begin(self.buffer, self.at)
        while not scan.ended:
            if scan.at - self.at > RECORD_BYTES:
                raw = raw or self.buffer[self.at : self.at + RAW_BYTES]
                self.at = scan.at
            scan.at -= self.at
            if not self._fill():
                scan.ended = scan.bare
                break
            scan.on(self.buffer)
        size = self.base + scan.at - begin
        data = raw or self.buffer[self.at : scan.at]
        self.at = scan.at
        fault = "" if scan.ended and not scan.broken else _NO_END
        if raw or size > RECORD_BYTES:
            fault = f"is {size} bytes long, more than {RECORD_BYTES}"
            data = data[:RAW_BYTES]
        return Member(Kind.VALUE, name, begin, begin + size, line, data, fault)


class _Scan:
    """Where a value ends: brackets counted, texts passed over, across the edges of windows."""

    def __init__(self, mark: bytes, *, first_of_line: bool) -> None:
        self.mark = mark
        self.first_of_line = first_of_line and mark == b"{"
        self.depth = 0
        self.text = False
        self.ended = False
        self.broken = False
        self.at = 0

    @property
    def bare(self) -> bool:
        """Whether it is a number or a word."""
        return self.mark not in (b"{", b"[", b'"')

    def begin(self, buffer: bytes, at: int) -> None:
        """Begin at the value's first byte."""
        self.at = at
        if self.mark == b'"':
            self.text = True
            self.at += 1
        self.on(buffer)

    def on(self, buffer: bytes) -> None:
        """Go on in a window, from where the scan is."""
        if self.bare:
            self.at = _end(_BARE, buffer, self.at)
            self.ended = self.at < len(buffer)
            return
        while not self.ended and self.at < len(buffer):
            if self.text:
                if not self._end_of_text(buffer):
                    return
            else:
                self.at = _end(_RUN, buffer, self.at)
                self._bracket(buffer)

    def _end_of_text(self, buffer: bytes) -> bool:
        """Go to where a text ends that began earlier; False: not in this window."""
        self.at = _end(_IN_TEXT, buffer, self.at)
        mark = buffer[self.at : self.at + 1]
        if not mark or (mark == b"\\" and self.at + 1 == len(buffer)):
            return False
        self.at += mark == b'"'
        self.text = False
        self.ended = self.depth == 0
        return True

    def _bracket(self, buffer: bytes) -> None:
        mark = buffer[self.at : self.at + 1]
        if mark == b'"':
            self.text = True
        elif mark == b"{" and self.depth and self.first_of_line and _begins_line(buffer, self.at):
            self.ended = self.broken = True
            return
        self.depth += (mark in _ENDS) - (mark in _CLOSING)
        self.at += len(mark)
        self.ended = bool(mark) and self.depth <= 0 and not self.text


def _begins_line(buffer: bytes, at: int) -> bool:
    return buffer[at - 1 : at] == b"\n"


def _end(pattern: re.Pattern[bytes], buffer: bytes, at: int) -> int:
    found = pattern.match(buffer, at)
    return found.end() if found else at
