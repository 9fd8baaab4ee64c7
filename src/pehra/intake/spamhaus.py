"""What Spamhaus' DROP lists share: text with notes after `;`, or JSON lines with a last word.

Format: https://www.spamhaus.org/blocklists/do-not-route-or-peer/. The JSON's last line says when
the list was made: `{"type": "metadata", "timestamp": 1715784000, ...}`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from pehra.intake.asides import without_asides
from pehra.intake.jsonrows import open_json
from pehra.intake.linefields import Layout, open_fields
from pehra.intake.linelist import open_lines
from pehra.intake.listdate import epoch_date, list_date

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pehra.intake.source import Delivery
    from pehra.intake.stretches import Stretch

_HEAD_BYTES, _TAIL_BYTES = 4096, 4096
_MADE = re.compile(rb'"timestamp"\s*:\s*"?(\d{9,11})\b')


class DropList(msgspec.Struct, frozen=True):
    """A list, opened: when it was made, where it says so, and its records."""

    date: datetime | None
    first: str
    stretches: Iterator[Stretch]


def open_drop(delivery: Delivery, names: tuple[str, ...]) -> DropList:
    """Open a list.

    Args:
        delivery: the file.
        names: the two columns of its text form.

    Raises:
        UnreadableFile: it is no text.
    """
    with delivery.path.open("rb") as stream:
        begin = stream.read(_HEAD_BYTES)
        end = stream.seek(0, 2)
        stream.seek(max(0, end - _TAIL_BYTES))
        tail = stream.read()
    if begin.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        made = _MADE.findall(tail)
        date = epoch_date(made[-1].decode(), delivery.received_at) if made else None
        table = open_json(delivery.path, delivery.part_bytes)
        first = begin.decode(errors="replace").partition("\n")[0]
        return DropList(date, first, without_asides(table.stretches, "type", "metadata"))
    listed = open_lines(delivery.path, ";#")
    layout = Layout(names, least=1, separator=";", quoted=False, rest=True)
    table = open_fields(listed, layout, delivery.part_bytes)
    date = list_date(listed.notes, delivery.received_at)
    return DropList(date, listed.first, table.stretches)
