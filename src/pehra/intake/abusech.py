"""What the exports of abuse.ch share: `None` for no value, tags as a list, notes that name columns.

Format: https://abuse.ch. CSV has notes after `#`, one of which names the columns, and quotes every
field; JSON is an array, or one object that holds lists under their ids.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.intake.keyedjson import open_keyed
from pehra.intake.linefields import Layout, announced, open_fields
from pehra.intake.linelist import LineList, open_lines
from pehra.intake.listdate import list_date
from pehra.kernel.errors import UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from pehra.intake.source import Delivery
    from pehra.intake.stretches import Stretch

_TAGS = "tags"
_NO_VALUE = "None"
_HEAD_BYTES = 4096
_URL = re.compile(r"^[a-z]+://\S+$")


class Export(msgspec.Struct, frozen=True):
    """An export, opened.

    Attributes:
        names: columns of CSV or of a plain list; empty for JSON.
        notes: what stands before the first record.
        date: of the export, where it says so.
        stretches: the records.
    """

    names: tuple[str, ...]
    notes: tuple[str, ...]
    date: datetime | None
    stretches: Iterator[Stretch]


def open_export(
    delivery: Delivery,
    known: Mapping[str, str],
    guess: Callable[[list[str]], tuple[str, ...]],
    key: str,
) -> Export:
    """Open CSV, a plain list or JSON.

    Args:
        delivery: the file.
        known: columns as the CSV names them, in lower case, and what they are called here.
        guess: the columns of a CSV that names none, from the fields of its first record; empty
            where it is none of the publisher's.
        key: the column for ids under which JSON keeps its records.

    Raises:
        UnreadableFile: it is none of these.
    """
    with delivery.path.open("rb") as stream:
        begin = stream.read(_HEAD_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
    if begin[:1] in (b"[", b"{"):
        table = open_keyed(delivery.path, delivery.part_bytes, key)
        return Export((), (), None, _tidied(table.stretches))
    listed = open_lines(delivery.path, "#")
    layout = _layout(listed, known, guess)
    table = open_fields(listed, layout, delivery.part_bytes)
    date = list_date(listed.notes, delivery.received_at)
    return Export(layout.names, listed.notes, date, _tidied(table.stretches))


def _layout(
    listed: LineList,
    known: Mapping[str, str],
    guess: Callable[[list[str]], tuple[str, ...]],
) -> Layout:
    named = announced(listed, known)
    if named:
        return Layout(named[0], least=len(named[0]), headed=named[1])
    url = _URL.match(listed.first)
    fields = [listed.first] if url else [field.strip(' "') for field in listed.first.split(",")]
    names = guess(fields)
    if not names:
        message = f"A list of {len(fields)} columns, none of them named, is not known."
        raise UnreadableFile(message, mend="Keep the notes with which the file begins.")
    return Layout(names, least=len(names), quoted=len(names) > 1)


def _tidied(stretches: Iterator[Stretch]) -> Iterator[Stretch]:
    for stretch in stretches:
        text = pl.col(pl.String)
        frame = stretch.frame.with_columns(
            pl.when(text == _NO_VALUE).then(pl.lit("")).otherwise(text).name.keep()
        )
        if _TAGS in frame.columns:
            tags = pl.col(_TAGS)
            bare = tags.str.replace_all(r'[\[\]"]', "")
            frame = frame.with_columns(
                pl.when(tags.str.starts_with("[")).then(bare).otherwise(tags).alias(_TAGS)
            )
        yield msgspec.structs.replace(stretch, frame=frame)
