"""One JSON object that holds lists of records under their names: `{"17": [{...}], "18": [{...}]}`.

What abuse.ch exports. It is read as the array of all its records would be (`pehra.intake.jsonrows`,
whose bounds hold here too), each with the name under which it stood.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.intake.jsonrows import Reader, open_json
from pehra.intake.stretches import STRETCH_BYTES, Table

if TYPE_CHECKING:
    from pathlib import Path

_KEYED = re.compile(rb'\s*+\{\s*+"(?:[^"\\\n]|\\.)*+"\s*+:\s*+\[')
_BETWEEN = re.compile(rb'(?:[\s,\[\]}]|("(?:[^"\\\n]|\\.)*+")\s*+:)*+')
_HEAD_BYTES = 4096
_SHARE = 4
"""As in `jsonrows`: decoded JSON is larger than its text."""


def open_keyed(path: Path, part_bytes: int, key: str) -> Table:
    """Open such an object, or else an array or lines of JSON.

    Args:
        path: the file.
        part_bytes: about how much memory's worth of it to turn into one stretch.
        key: the column for the names.

    Raises:
        UnreadableFile: it begins with neither `[` nor `{`.
    """
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    body = head.removeprefix(b"\xef\xbb\xbf")
    if not _KEYED.match(body):
        return open_json(path, part_bytes)
    offset = len(head) - len(body) + body.index(b"{") + 1
    reader = _Reader(path, offset, 1 + head.count(b"\n", 0, offset), array=True)
    reader.column = key
    size = min(max(1, part_bytes // _SHARE), STRETCH_BYTES)
    return Table(names=(), stretches=reader.stretches(size))


class _Reader(Reader):
    """A reader that takes names, brackets and the last brace for what stands between records."""

    column = ""
    key = ""

    def _begin(self, piece: bytes, at: int) -> int:
        found = _BETWEEN.match(piece, at)
        if found is None:  # it matches anything
            return at
        if found[1] is not None:
            self.key = _text(found[1])
        return found.end()

    def _span(self, begin: int, end: int, record: dict[str, Any]) -> Any:  # noqa: ANN401 the base's own
        return super()._span(begin, end, {self.column: self.key, **record})


def _text(quoted: bytes) -> str:
    try:
        return msgspec.json.decode(quoted, type=str)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return quoted[1:-1].decode(errors="replace")
