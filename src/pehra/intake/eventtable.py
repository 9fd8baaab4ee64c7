"""Events of IntelMQ in the forms in which a team has them, as text columns of the same names.

JSON Lines or a JSON array, CSV with a header, or a dump of the table `events` of its PostgreSQL
output (`pehra.intake.copytext`). CSV and dump hold `extra` as one cell of JSON; its keys become
columns `extra.*`, as they are in JSON. A cell that is no object stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from pehra.intake.copytext import open_copied
from pehra.intake.delimited import open_delimited
from pehra.intake.jsonrows import CELLS, flatten, open_json
from pehra.intake.stretches import COLUMNS, STRETCH_BYTES, Table
from pehra.kernel.errors import UnreadableFile

if TYPE_CHECKING:
    from pathlib import Path

    from pehra.intake.jsonrows import Row
    from pehra.intake.stretches import Stretch

EXTRA = "extra"
_TIMES = frozenset({"time.source", "time.observation"})
_DUMP = (b"--", b"COPY ", b"SET ", b"\\restrict")
_HEAD_BYTES = 4096
_DEPTH = 8
_FEWEST = 64
_OBJECT = msgspec.json.Decoder(dict[str, Any])


def open_events(path: Path, part_bytes: int) -> Table:
    """Open an export, whichever form it has.

    Raises:
        UnreadableFile: it has none of them, or no column for a time.
    """
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
    # Decoded JSON takes more than its text.
    share = min(part_bytes, STRETCH_BYTES // 4)
    if head.startswith((b"[", b"{")) or not head:
        table = open_json(path, part_bytes)
    elif head.startswith(_DUMP):
        table = open_copied(path, share, _has_time)
    else:
        table = open_delimited(path, share)
        if not _has_time(frozenset(table.names)):
            message = "The file is neither JSON nor a table of events: no column `time.source`."
            mend = "Export events with the names of IntelMQ's data format, as JSON, CSV or a dump."
            raise UnreadableFile(message, mend=mend)
    return Table(names=table.names, stretches=(spread(one) for one in table.stretches))


def _has_time(names: frozenset[str]) -> bool:
    return bool(names & _TIMES)


def spread(stretch: Stretch) -> Stretch:
    """The stretch with the keys of its `extra` as columns."""
    frame = stretch.frame
    if EXTRA not in frame.columns:
        return stretch
    most = min(COLUMNS, max(_FEWEST, CELLS // max(1, frame.height)))
    found = _Keys(most)
    rows = [found.take(text) for text in frame[EXTRA]]
    left = [text if row is None else "" for text, row in zip(frame[EXTRA], rows, strict=True)]
    taken = [
        pl.Series(name, [(row or {}).get(name, "") for row in rows], dtype=pl.String)
        for name in found.names
    ]
    known = [one for one in taken if one.name in frame.columns]
    frame = frame.with_columns(
        pl.when(pl.col(one.name) == "").then(one).otherwise(pl.col(one.name)).alias(one.name)
        for one in known
    )
    frame = frame.with_columns(one for one in taken if one.name not in frame.columns)
    frame = frame.with_columns(pl.Series(EXTRA, left, dtype=pl.String))
    new = found.names.keys() - set(stretch.frame.columns)
    return msgspec.structs.replace(
        stretch,
        frame=frame if any(left) else frame.drop(EXTRA),
        literal=stretch.literal | (new - found.texts),
        plain=False,
        only_quotes=False,
    )


class _Keys:
    """Keys of the objects of a column, at most so many different ones."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.names: dict[str, None] = {}
        self.texts: set[str] = set()

    def take(self, text: str) -> Row | None:
        """The columns of a cell; None where it stays as it is."""
        if not text:
            return {}
        try:
            record = _OBJECT.decode(text)
        except (msgspec.DecodeError, RecursionError):
            return None
        row: Row = {}
        texts: set[str] = set()
        if not flatten(record, f"{EXTRA}.", _DEPTH, row, texts):
            return None
        if len(self.names.keys() | row.keys()) > self.most:
            return None
        self.names.update(dict.fromkeys(row))
        self.texts |= texts
        return row
