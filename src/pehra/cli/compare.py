"""`pehra notices compare`: what is in preview beside what IntelMQ would have sent."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pehra.cli import door
from pehra.kernel.errors import EnvironmentFault
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from pehra.notices.comparison import Comparison, Recipient

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
_COLUMNS = (
    *("side", "why", "row", "mailbox", "asset", "identifier", "feed", "organisation", "finding"),
)
_SHOWN = ("mailbox", "standing", "theirs", "ours", "both", "findings", "why")
_MOST = 200


def compare(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="IntelMQ's events: JSON, CSV, dump.")
    ],
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            help="Also write every difference there, a row each, and what nobody is told of.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List where the rounds that wait differ from what IntelMQ would have sent of its events.

    By the directives of certbund-contact where events have them, else by `source.abuse_contact`.
    Changes nothing. Ingest the events and plan before: docs/start-with-what-you-have.md.
    """
    home = door.open_home()
    from pehra.findings import jobs
    from pehra.notices.queries.compared import against_intelmq

    def show(done: int, total: int) -> None:
        del total
        door.note(f"{done:,} events read")

    now = clock()
    found = against_intelmq(jobs.desk(home, now), file, now=now, progress=show)
    if not found.rounds:
        door.note("No round waits: `pehra notices plan`, and once more with --urgent, makes them.")
    written = 0 if csv is None else _write(csv, found.rows)
    if as_json:
        door.say(
            as_json,
            _told(file.name, found.rounds, found.counts, csv.name if csv else None, written),
        )
        return
    door.say(as_json, None, _lines(found.counts))
    rows = ([*_cells(one)] for one in found.counts.differences[:_MOST])
    door.table("Recipients that differ", _SHOWN, rows)
    more = len(found.counts.differences) - _MOST
    door.say(as_json, None, [f"... and {more:,} more; see --json"] if more > 0 else [])


def _told(
    name: str, rounds: list[int], counts: Comparison, csv: str | None, written: int
) -> dict[str, Any]:
    import msgspec

    told: dict[str, Any] = {"file": name, "rounds": rounds, **msgspec.to_builtins(counts)}
    return told if csv is None else {**told, "csv": csv, "written": written}


def _cells(one: Recipient) -> Iterator[object]:
    for name in _SHOWN[:-1]:
        yield getattr(one, name)
    yield ", ".join(f"{reason} {many}" for reason, many in one.why.items())


def _lines(counts: Comparison) -> list[str]:
    from pehra.notices.comparison import WORDS

    kinds, told = counts.recipients, counts.told
    lines = [
        (
            f"{counts.events:,} events, {counts.unreadable:,} of them unreadable here;"
            f" IntelMQ chooses by {counts.way}."
        ),
        f"Mails: {counts.mails['theirs']:,} of IntelMQ, {counts.mails['ours']:,} of ours.",
        (
            f"Recipients: {kinds['same']:,} the same, {kinds['differs']:,} with other events,"
            f" {kinds['only-theirs']:,} only of IntelMQ, {kinds['only-ours']:,} only of ours."
        ),
        (
            f"Events: {told['both']:,} told by both, {told['only-theirs']:,} only by IntelMQ,"
            f" {told['only-ours']:,} only by us, {told['nobody']:,} by nobody."
        ),
    ]
    lines += [
        f"We tell nobody of {one['events']:,} ({one['theirs']:,} of them IntelMQ would):"
        f" {WORDS.get(reason, f'the finding is {reason}')}."
        for reason, one in counts.untold.items()
    ]
    seen = dict.fromkeys(reason for one in counts.differences for reason in one.why)
    told_before = counts.untold.keys()
    lines += [
        f"{reason}: {WORDS[reason]}."
        for reason in seen
        if reason not in told_before and reason in WORDS
    ]
    return lines


def _write(path: Path, rows: pl.DataFrame) -> int:
    """Write every difference; returns how many."""
    import polars as pl

    from pehra.kernel.cells import FORMULA_CLASS
    from pehra.mandate.queries import holders

    names = {number: slug for slug, (number, _) in holders().items()}
    told = rows.filter(pl.col("side") != "both").with_columns(
        organisation=pl.col("holder").replace_strict(names, default=None, return_dtype=pl.String)
    )
    text = pl.col(pl.String).str.replace(f"^({FORMULA_CLASS})", "'$1")
    try:
        told.select(_COLUMNS).with_columns(text).write_csv(path)
    except OSError as error:
        message = f"Cannot write {path}: {error.strerror}."
        raise EnvironmentFault(message, mend="Name another file.") from None
    return told.height
