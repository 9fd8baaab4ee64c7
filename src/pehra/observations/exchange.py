"""Observations out of the house: one way to write every format, and what may leave at all.

Rows marked TLP:RED are for the persons who were told; they leave only where they are asked for by
name, and those that stay are counted. Memory does not grow with the rows.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec
import polars as pl
import polars_iptools as ipt
import pyarrow.parquet as pq

from pehra.kernel.labels import Tlp
from pehra.observations import intelmq, misp, misp_feed, stix, xarf
from pehra.observations.schema import OBSERVATION, complete

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


class Format(StrEnum):
    """What an export can be."""

    INTELMQ_JSONL = "intelmq-jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    MISP = "misp"
    MISP_FEED = "misp-feed"
    STIX = "stix"
    XARF = "xarf"


class Letter(msgspec.Struct, frozen=True):
    """Who writes, and what it says it is.

    Attributes:
        name: of the organisation that writes.
        contact: its mail address; XARF asks for it.
        domain: by which it can be verified; XARF asks for it.
        about: what was asked for, in words: the same words give a MISP event and a STIX bundle the
            same id.
        day: on which it is written, ISO 8601.
    """

    name: str
    contact: str
    domain: str
    about: str
    day: str


class Tally:
    """What became of the rows, while they are written."""

    def __init__(self) -> None:
        self.rows = 0
        self.withheld = 0
        """Marked TLP:RED, and not asked for."""
        self.in_general = 0
        """XARF has no type for them, or its type asks for what they do not say."""


def shared(
    chunks: Iterable[pl.DataFrame], tally: Tally, *, with_red: bool
) -> Iterator[pl.DataFrame]:
    """Rows that may leave; the first chunk has none, so that columns are written in any case."""
    yield complete(pl.DataFrame(), OBSERVATION)
    for chunk in chunks:
        kept = chunk if with_red else chunk.filter(pl.col("tlp").ne_missing(Tlp.RED.value))
        tally.withheld += chunk.height - kept.height
        tally.rows += kept.height
        yield kept


def pieces(
    chunks: Iterable[pl.DataFrame], format_: Format, letter: Letter, tally: Tally
) -> Iterator[bytes]:
    """An export of a format that is one stream: all but Parquet and the feed of MISP."""
    if format_ is Format.MISP:
        return misp.event(chunks, misp.Author(letter.name), letter.about, letter.day)
    if format_ is Format.STIX:
        return stix.bundle(chunks, name=letter.name, about=letter.about)
    if format_ is Format.XARF:
        return _reports(chunks, letter, tally)
    return _table(chunks) if format_ is Format.CSV else _events(chunks)


def _events(chunks: Iterable[pl.DataFrame]) -> Iterator[bytes]:
    for chunk in chunks:
        yield from intelmq.json_lines(chunk)


def _table(chunks: Iterable[pl.DataFrame]) -> Iterator[bytes]:
    for number, chunk in enumerate(chunks):
        guarded = intelmq.guarded(intelmq.columns(chunk))
        yield guarded.write_csv(include_header=number == 0).encode()


def _reports(chunks: Iterable[pl.DataFrame], letter: Letter, tally: Tally) -> Iterator[bytes]:
    reporter = xarf.Reporter(letter.name, letter.contact, letter.domain)
    for chunk in chunks:
        for report in xarf.reports(chunk, reporter):
            tally.in_general += report.items() >= xarf.IN_GENERAL.items()
            yield msgspec.json.encode(report) + b"\n"


def parquet(chunks: Iterable[pl.DataFrame], path: Path) -> None:
    """One Parquet file under the schema's own names.

    Raises:
        OSError: the file cannot be written.
    """
    writer = None
    try:
        for chunk in chunks:
            table = legible(chunk).to_arrow()
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table.cast(writer.schema))
    finally:
        if writer is not None:
            writer.close()


def legible(rows: pl.DataFrame) -> pl.DataFrame:
    """The schema's columns with addresses and ids as text, without the lake's own sort key."""
    return rows.drop("ip_key").with_columns(
        ipt.to_string(pl.col("ip")).alias("ip"),
        ipt.to_string(pl.col("peer_ip")).alias("peer_ip"),
        pl.col("id").bin.encode("hex"),
    )


def feed(chunks: Iterable[pl.DataFrame], letter: Letter, folder: Path) -> None:
    """A feed of MISP, a folder.

    Raises:
        OSError: the folder cannot be written.
    """
    misp_feed.write(chunks, misp.Author(letter.name), folder)
