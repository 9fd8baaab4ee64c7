"""What a source is: a place that we learn from, described once, with the reader of its format.

A module in `pehra.intake.sources` that has a `SOURCE` is a source; nothing else has to be edited.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from datetime import date, datetime, timedelta
    from pathlib import Path

    import polars as pl

    from pehra.kernel.labels import Role


ANY_OF_KIND = "*"


class Covers(StrEnum):
    """Of which networks a report of this source speaks when it stays silent about an asset."""

    CONSTITUENCY = "constituency"
    """Everything that we hold: the report is made for the subscriber's networks."""
    ROWS = "rows"
    """Only the origin ASNs that appear in it."""
    NOTHING = "nothing"
    """Its silence means nothing."""


class Delivery(msgspec.Struct, frozen=True):
    """A file as received, about to be read.

    Attributes:
        path: the kept blob.
        file_name: the name under which it came.
        received_at: aware, UTC.
        options: what the reader was told besides, such as a column map.
        part_bytes: about how much of the file to turn into one part.
    """

    path: Path
    file_name: str
    received_at: datetime
    options: dict[str, str] = {}
    part_bytes: int = 32 * 1024 * 1024


class Reject(msgspec.Struct, frozen=True):
    """A row that could not be read. See `pehra.intake.models.Reject` for the fields."""

    row: int
    line: int
    offset: int
    reason: str
    detail: str
    raw: bytes


class Part(msgspec.Struct, frozen=True):
    """A stretch of the file, read.

    Attributes:
        table: accepted rows, columns of `observations.schema.REPORTED` (any subset that includes
            `row`, `observed_at`, `class`, `type`, `identifier`), in file order.
        rejects: the rest; `table.height + len(rejects) == rows`.
        rows: records in this stretch, not counting headers, comments and blank lines.
        dropped: values left out because their column is content (`intake.content`).
    """

    table: pl.DataFrame
    rejects: list[Reject]
    rows: int
    dropped: int = 0


class Reading(msgspec.Struct, frozen=True):
    """A file opened by its reader.

    Attributes:
        kind: report type inside the source, such as `scan_telnet`; may be empty.
        day: the day that the report is about; None where the file does not say.
        identifiers: every `identifier` for which an absent asset was looked for and not seen;
            what coverage is recorded for. Empty: this report covers nothing. `ANY_OF_KIND` among
            them: the report also names identifiers of its own, such as malware families.
        parts: the rows, in order; the same bytes give the same parts.
        stream: which of the source's reports this is, where it sends several side by side: type and
            subscription. One stream's silence says nothing of what another reported.
        at: the one moment of all rows of a list that gives them none of their own: the list's date,
            else that of its receipt. Such rows differ from file to file by nothing but this.
    """

    kind: str
    day: date | None
    identifiers: tuple[str, ...]
    parts: Iterator[Part]
    stream: str = ""
    at: datetime | None = None


Read = Callable[[Delivery], Reading]
"""Raises `kernel.errors.UnreadableFile` where the whole file is not of the format."""


class Source(msgspec.Struct, frozen=True):
    """One place that we learn from.

    Attributes:
        slug: name in commands and columns; lower case, digits, hyphens.
        title: name for people.
        url: where the publisher describes it.
        licence: under which terms it may be used.
        role: what kind of witness it is; a row may say otherwise.
        read: the reader.
        every: how often it reports; None where it comes by hand.
        covers: what its silence means.
        event_days: for event kinds: days without a sighting, while the source goes on reporting,
            after which a finding closes.
        fetch: addresses to fetch, each one file of this source; `{secret}` stands for the key that
            the publisher gave us. Empty: files come by hand, from a watched folder or by mail.
        snapshot: each file is the publisher's whole list: only what was added, changed or removed
            since the last good one is stored, and a good one is coverage.
    """

    slug: str
    title: str
    url: str
    licence: str
    role: Role
    read: Read
    every: timedelta | None = None
    covers: Covers = Covers.NOTHING
    event_days: int = 14
    fetch: tuple[str, ...] = ()
    snapshot: bool = False
