"""`pehra observations`: query and export the dated facts of the lake."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import TYPE_CHECKING, Annotated

import typer

from pehra.cli import door, entitled, named
from pehra.cli.entitled import (  # noqa: TC001 typer reads the annotations when it runs
    For,
    Ground,
    Reference,
)
from pehra.cli.faults import legible
from pehra.kernel.errors import EnvironmentFault, UsageError
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from pehra.kernel.settings import Home
    from pehra.observations import exchange
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


_NO_FILTERS = {"format_", "purpose", "ground", "reference"}
"""Options that do not say which observations."""


class Lines(StrEnum):
    """What rows on standard output can be."""

    INTELMQ_JSONL = "intelmq-jsonl"
    CSV = "csv"


class Format(StrEnum):
    """What an export can be: `observations.exchange.Format`, which costs time to import."""

    INTELMQ_JSONL = "intelmq-jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    MISP = "misp"
    MISP_FEED = "misp-feed"
    STIX = "stix"
    XARF = "xarf"


_TELL = 1_000_000
"""Progress is told after so many rows."""


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
    purpose: For = None,
    ground: Ground = "",
    reference: Reference = "",
    count: Annotated[bool, typer.Option("--count", help="Only how many.")] = False,
    size: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 100,
    format_: Annotated[Lines | None, typer.Option("--format", help="Of the rows.")] = None,
    as_json: Json = False,
) -> None:
    """Observations that match, the newest first."""
    words = {k: v for k, v in locals().items() if isinstance(v, str) and k not in _NO_FILTERS}
    home = door.open_home()
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.observations import exchange, intelmq, queries

    asked = _asked(words)
    entitled.check(home, asked, purpose, ground, reference)
    if count:
        found = queries.count(home, asked, viewer=SYSTEM_VIEWER)
        door.say(as_json, {"count": found}, [f"{found:,}"])
        return
    rows = queries.query(home, asked, viewer=SYSTEM_VIEWER)
    newest = rows.sort("observed_at", descending=True).head(size).collect()
    if as_json or format_:
        kind = exchange.Format(format_ or Lines.INTELMQ_JSONL)
        _write(iter([newest]), kind, _letter(home, kind, words), exchange.Tally(), None)
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
    out: Annotated[
        Path | None, typer.Option("--out", help="File, or folder of a feed; else standard output.")
    ] = None,
    since: Since = "",
    until: Until = "",
    net: Network = "",
    org: Org = "",
    rsit_type: Annotated[str, typer.Option("--type", help="RSIT type.")] = "",
    identifier: Identifier = "",
    source: SourceName = "",
    batch: BatchId = "",
    purpose: For = None,
    ground: Ground = "",
    reference: Reference = "",
    red: Annotated[bool, typer.Option("--red", help="Also what is marked TLP:RED.")] = False,
    as_json: Json = False,
) -> None:
    """All observations that match, streamed: IntelMQ, CSV, Parquet, MISP, STIX 2.1 or XARF.

    What is marked TLP:RED is left out and counted, unless `--red` asks for it.
    """
    words = {k: v for k, v in locals().items() if isinstance(v, str) and k not in _NO_FILTERS}
    home = door.open_home()
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.observations import exchange, queries

    kind, tally = exchange.Format(format_), exchange.Tally()
    if out is None and (as_json or format_ in {Format.PARQUET, Format.MISP_FEED}):
        message = "This output needs a file."
        raise UsageError(message, mend="Name it with `--out FILE`.")
    letter = _letter(home, kind, words)
    wanted = _asked(words)
    entitled.check(home, wanted, purpose, ground, reference)
    asked = queries.chunks(home, wanted, viewer=SYSTEM_VIEWER)
    chunks = _noted(exchange.shared(asked, tally, with_red=red), tally)
    try:
        _write(chunks, kind, letter, tally, out)
    except OSError as error:
        if out is None:
            raise BrokenPipeError from None
        message = f"Cannot write {out}: {error.strerror}."
        raise EnvironmentFault(message, mend="Choose another file or free space.") from None
    for remark in _remarks(tally):
        door.note(remark)
    if as_json:
        told = {"rows": tally.rows, "file": legible(str(out)), "withheld": tally.withheld}
        general = {"in_general": tally.in_general} if kind is exchange.Format.XARF else {}
        door.say(as_json, told | general)


def _letter(home: Home, kind: exchange.Format, words: dict[str, str]) -> exchange.Letter:
    """Who writes, by the settings, and what was asked for, in words."""
    from pehra.kernel import settings
    from pehra.observations import exchange

    ours = settings.load(home).exchange
    if kind is exchange.Format.XARF and "@" not in ours.contact:
        message = "XARF asks who reports, and `exchange.contact` is not set."
        raise UsageError(message, mend="Set it to a mail address in pehra.toml.")
    given = (f"{name} {value}" for name, value in words.items() if value)
    about = ", ".join(("Observations", *given))
    domain = ours.domain or ours.contact.rpartition("@")[2]
    day = clock().date().isoformat()
    return exchange.Letter(ours.name, ours.contact, domain, about, day)


def _noted(chunks: Iterator[pl.DataFrame], tally: exchange.Tally) -> Iterator[pl.DataFrame]:
    """The same chunks; a long way is told while it is gone."""
    told = 0
    for chunk in chunks:
        yield chunk
        if tally.rows - told >= _TELL:
            told = tally.rows
            door.note(f"{told:,} observations so far")


def _remarks(tally: exchange.Tally) -> Iterator[str]:
    yield f"{tally.rows:,} observations written"
    if tally.withheld:
        yield f"{tally.withheld:,} marked TLP:RED were left out; `--red` asks for them"
    if tally.in_general:
        yield f"{tally.in_general:,} have no type of their own in XARF: reputation, with the rest"


def _write(
    chunks: Iterator[pl.DataFrame],
    kind: exchange.Format,
    letter: exchange.Letter,
    tally: exchange.Tally,
    out: Path | None,
) -> None:
    from pehra.observations import exchange

    if kind is exchange.Format.PARQUET and out is not None:
        exchange.parquet(chunks, out)
    elif kind is exchange.Format.MISP_FEED and out is not None:
        exchange.feed(chunks, letter, out)
    elif out is not None:
        with out.open("wb") as stream:
            stream.writelines(exchange.pieces(chunks, kind, letter, tally))
    else:
        sys.stdout.flush()
        sys.stdout.buffer.writelines(exchange.pieces(chunks, kind, letter, tally))
        sys.stdout.buffer.flush()
