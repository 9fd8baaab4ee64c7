"""`pehra observations`: query and export the dated facts of the lake."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain
from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pehra.cli import door, named
from pehra.cli.faults import legible
from pehra.kernel.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from pehra.observations.queries import Asked

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Query and export the dated facts."
)

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
Since = Annotated[str, typer.Option(help="Observed at or after, ISO 8601; zone-less is UTC.")]
Until = Annotated[str, typer.Option(help="Observed before, ISO 8601.")]
Network = Annotated[str, typer.Option("--net", "--ip", help="An address or a prefix.")]
Org = Annotated[str, typer.Option(help="Slug of the holder.")]
Type = Annotated[str, typer.Option(help="RSIT type.")]
Identifier = Annotated[str, typer.Option(help="Such as `open-telnet`.")]
SourceName = Annotated[str, typer.Option("--source", help="Slug of the source.")]
BatchId = Annotated[str, typer.Option("--batch", help="Of this batch.")]


class Lines(StrEnum):
    """What rows on standard output can be."""

    INTELMQ_JSONL = "intelmq-jsonl"
    CSV = "csv"


class Format(StrEnum):
    """What an export can be."""

    INTELMQ_JSONL = "intelmq-jsonl"
    CSV = "csv"
    PARQUET = "parquet"


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        message = f"`{text}` is no time."
        raise UsageError(message, mend="Write it like 2026-11-22 or 2026-11-22T08:00Z.") from None


def _asked(words: dict[str, str]) -> Asked:
    from pehra.observations.queries import Asked

    return Asked(
        since=_moment(words["since"]),
        until=_moment(words["until"]),
        network=words["net"],
        organisation=named.organisation(words["org"]),
        source=words["source"],
        batch=words["batch"],
        identifier=words["identifier"],
        rsit_type=words["rsit_type"],
    )


@app.command()
def query(
    since: Since = "",
    until: Until = "",
    net: Network = "",
    org: Org = "",
    rsit_type: Annotated[str, typer.Option("--type", help="RSIT type.")] = "",
    identifier: Identifier = "",
    source: SourceName = "",
    batch: BatchId = "",
    count: Annotated[bool, typer.Option("--count", help="Only how many.")] = False,
    size: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 100,
    format_: Annotated[Lines | None, typer.Option("--format", help="Of the rows.")] = None,
    as_json: Json = False,
) -> None:
    """Observations that match, the newest first."""
    words = {k: v for k, v in locals().items() if isinstance(v, str) and k != "format_"}
    home = door.open_home()
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.observations import intelmq, queries

    asked = _asked(words)
    if count:
        found = queries.count(home, asked, viewer=SYSTEM_VIEWER)
        door.say(as_json, {"count": found}, [f"{found:,}"])
        return
    rows = queries.query(home, asked, viewer=SYSTEM_VIEWER)
    newest = rows.sort("observed_at", descending=True).head(size).collect()
    if as_json or format_:
        sys.stdout.flush()
        lines = Format(format_ or Lines.INTELMQ_JSONL)
        _text(newest, sys.stdout.buffer, lines, first=True)
        sys.stdout.buffer.flush()
        if as_json:
            door.say(as_json, {"shown": newest.height})
        return
    shown = (
        "time.source",
        "source.ip",
        "source.port",
        "classification.identifier",
        "severity",
        "extra.why",
    )
    door.table("Observations", shown, intelmq.columns(newest).select(shown).iter_rows())


@app.command()
def export(
    format_: Annotated[Format, typer.Option("--format", help="Of the output.")] = (
        Format.INTELMQ_JSONL
    ),
    out: Annotated[Path | None, typer.Option("--out", help="File; default: standard output.")] = (
        None
    ),
    since: Since = "",
    until: Until = "",
    net: Network = "",
    org: Org = "",
    rsit_type: Annotated[str, typer.Option("--type", help="RSIT type.")] = "",
    identifier: Identifier = "",
    source: SourceName = "",
    batch: BatchId = "",
    as_json: Json = False,
) -> None:
    """All observations that match, streamed: IntelMQ JSON Lines, CSV or Parquet."""
    words = {k: v for k, v in locals().items() if isinstance(v, str) and k != "format_"}
    home = door.open_home()
    import polars as pl

    if out is None and (as_json or format_ == Format.PARQUET):
        message = "This output needs a file."
        raise UsageError(message, mend="Name it with `--out FILE`.")
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.observations import queries, schema

    # The columns are written also where no row is.
    none = schema.complete(pl.DataFrame(), schema.OBSERVATION)
    chunks = chain([none], queries.chunks(home, _asked(words), viewer=SYSTEM_VIEWER))
    try:
        written = _write(chunks, format_, out)
    except OSError as error:
        if out is None:
            raise BrokenPipeError from None
        message = f"Cannot write {out}: {error.strerror}."
        raise EnvironmentFault(message, mend="Choose another file or free space.") from None
    if as_json:
        door.say(as_json, {"rows": written, "file": legible(str(out))})
    else:
        door.note(f"{written:,} observations written")


def _write(chunks: Iterator[pl.DataFrame], format_: Format, out: Path | None) -> int:
    if format_ == Format.PARQUET and out is not None:
        return _parquet(chunks, out)
    stream: Any = out.open("wb") if out else sys.stdout.buffer
    try:
        return sum(_text(chunk, stream, format_, first=n == 0) for n, chunk in enumerate(chunks))
    finally:
        stream.flush()
        if out:
            stream.close()


def _text(chunk: pl.DataFrame, stream: Any, format_: Format, *, first: bool) -> int:  # noqa: ANN401 any binary stream
    from pehra.observations import intelmq

    if format_ == Format.CSV:
        guarded = intelmq.guarded(intelmq.columns(chunk))
        guarded.write_csv(stream, include_header=first)
    else:
        for line in intelmq.json_lines(chunk):
            stream.write(line)
    return chunk.height


def _parquet(chunks: Iterator[pl.DataFrame], out: Path) -> int:
    import pyarrow.parquet as pq

    from pehra.observations import intelmq

    written, writer = 0, None
    for chunk in chunks:
        table = intelmq.columns(chunk).to_arrow()
        writer = writer or pq.ParquetWriter(out, table.schema, compression="zstd")
        writer.write_table(table.cast(writer.schema))
        written += chunk.height
    if writer is not None:
        writer.close()
    return written
