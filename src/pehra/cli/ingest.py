"""`pehra ingest`, `batches`, `rejects`, `replay`: reports as they come in."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pehra.cli import door
from pehra.cli.faults import legible
from pehra.kernel.errors import EnvironmentFault, PehraError, UsageError
from pehra.kernel.time import clock, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pehra.findings.ingest import Desk

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]

ingest_app, batches_app, rejects_app, replay_app = (typer.Typer() for _ in range(4))
apps = {
    "ingest": ingest_app,
    "batches": batches_app,
    "rejects": rejects_app,
    "replay": replay_app,
}
_COUNTS = ("rows", "accepted", "rejected", "duplicates", "unchanged", "attributed")


def _options(pairs: list[str]) -> dict[str, str]:
    options = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            message = f"`{pair}` is no option."
            raise UsageError(message, mend="Write `--option NAME=VALUE`.")
        options[name] = value
    return options


class _Bar:
    """A progress line on a terminal; nothing where nobody looks."""

    def __init__(self) -> None:
        self._shows = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        if self._shows:
            sys.stderr.write(f"\r{done:,} of {total:,} findings folded in")
            sys.stderr.flush()
            if done >= total:
                sys.stderr.write("\n")


@ingest_app.command()
def ingest(
    source: Annotated[str, typer.Argument(help="Slug of the source; `pehra sources` lists them.")],
    files: Annotated[list[Path], typer.Argument(help="Files of that source.")],
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", help="NAME=VALUE for the reader, as `type=scan_rdp`."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Take in files of a source: keep, read, attribute, store, fold into findings.

    Exits 1 where rows were rejected or a file could not be read at all.
    """
    home = door.open_home()
    from pehra.findings import jobs
    from pehra.intake.discover import source as find_source

    slug, desk, options = find_source(source).slug, jobs.desk(home, clock()), _options(option or [])
    results: list[dict[str, Any]] = []
    failed: list[PehraError] = []
    for file in files:
        name = legible(file.name)
        try:
            for taken in _take(slug, file, desk, options):
                results.append({"file": name, **taken})
                door.say(as_json, results[-1], [_line(results[-1])])
        except (UsageError, _Unreadable) as error:
            # The files after it are taken all the same.
            failed.append(error)
            results.append({"file": name, **_untaken(slug, error)})
            door.say(as_json, results[-1], [_line(results[-1])])
    if len(results) > 1:
        total = _total(slug, results)
        door.say(as_json, total, [_line({"file": f"{len(results)} files", **total})])
    _end(results, failed)


class _Unreadable(EnvironmentFault):
    """A file that was named cannot be opened; the others may be."""


def _take(source: str, file: Path, desk: Desk, options: dict[str, str]) -> Iterator[dict[str, Any]]:
    """What each plain file in a file came to; of a compressed one also its own name."""
    import msgspec

    from pehra.findings.arrivals import Arrival, By, ingest_each

    try:
        if file.is_file():
            file.open("rb").close()
    except OSError as error:
        message = f"Cannot read {file}: {error.strerror}."
        raise _Unreadable(message, mend="Check its owner and mode.") from None
    came, by = Arrival(source, file, options=options), By(door.operator(), clock(), _Bar())
    for name, result in ingest_each(desk, came, by):
        one: dict[str, Any] = msgspec.to_builtins(result)
        if result.error is None:
            one.pop("error")
        yield one if name == file.name else {"member": legible(name), **one}


def _untaken(source: str, error: PehraError) -> dict[str, Any]:
    """The line of a file that was never kept."""
    none = {"opened": 0, "updated": 0, "relapsed": 0}
    counts = dict.fromkeys((*_COUNTS, "seconds", "rows_per_second"), 0)
    return {
        "batch": "",
        "source": source,
        **counts,
        "findings": none,
        "error": legible(error.message),
        "code": error.code,
        "mend": error.mend,
    }


def _end(results: list[dict[str, Any]], failed: list[PehraError]) -> None:
    """Say why files were not taken, and exit: 1 done in part, or why nothing at all was taken."""
    for error in failed:
        door.note(f"pehra: {legible(str(error))}")
    if len(failed) == len(results):
        raise typer.Exit(failed[0].exit_code)
    if any(result["rejected"] or "error" in result for result in results):
        raise typer.Exit(1)


def _line(one: dict[str, Any]) -> str:
    name = f"{one['file']}/{one['member']}" if "member" in one else one["file"]
    if "error" in one:
        return f"{name}: {one['error']}"
    found = one["findings"]
    counts = ", ".join(f"{one[name]:,} {name}" for name in _COUNTS if one[name] or name == "rows")
    return (
        f"{name}: {counts}; findings: {found['opened']:,} opened,"
        f" {found['updated']:,} updated, {found['relapsed']:,} relapsed"
        f" ({one['rows_per_second']:,.0f} rows/s)"
    )


def _total(source: str, results: list[dict[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {"source": source, "files": len(results)}
    for name in (*_COUNTS, "seconds"):
        total[name] = sum(result[name] for result in results)
    total["findings"] = {
        word: sum(result["findings"][word] for result in results)
        for word in ("opened", "updated", "relapsed")
    }
    total["failed"] = sum("error" in result for result in results)
    total["rows_per_second"] = total["rows"] / total["seconds"] if total["seconds"] else 0.0
    return total


def _batch(row: Any) -> dict[str, Any]:  # noqa: ANN401 a row of the intake room
    names = (
        "id",
        "source",
        "file_name",
        "kind",
        "state",
        *_COUNTS,
        "opened",
        "updated",
        "relapsed",
        "error",
    )
    return {
        **{name: getattr(row, name) for name in names},
        "day": row.day.isoformat() if row.day else None,
        "received_at": iso(row.received_at),
    }


@batches_app.command()
def batches(
    size: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 50,
    as_json: Json = False,
) -> None:
    """Files as received, with their counts."""
    door.open_home()
    from pehra.intake import queries
    from pehra.mandate.viewers import SYSTEM_VIEWER

    rows = [_batch(row) for row in queries.batches(viewer=SYSTEM_VIEWER, size=size).rows]
    if as_json:
        door.say(as_json, {"batches": rows})
        return
    shown = ("id", "source", "file_name", "state", "rows", "accepted", "rejected")
    door.table("Batches", shown, ([row[name] for name in shown] for row in rows))


@rejects_app.command()
def rejects(
    batch: Annotated[str, typer.Option("--batch", help="Of this batch only.")] = "",
    size: Annotated[int, typer.Option(min=1, help="At most so many.")] = 1_000,
    as_json: Json = False,
) -> None:
    """Rows that could not be read, with line, byte offset, reason and text."""
    door.open_home()
    from pehra.intake import queries
    from pehra.mandate.viewers import SYSTEM_VIEWER

    if batch and queries.batch(batch, viewer=SYSTEM_VIEWER) is None:
        message = f"There is no batch `{batch}`."
        raise UsageError(message, mend="`pehra batches` lists them.")
    found = queries.newest_rejects(batch, viewer=SYSTEM_VIEWER, size=size)
    rows = [
        {
            "batch": one.batch_id,
            "row": one.row,
            "line": one.line,
            "offset": one.offset,
            "reason": one.reason,
            "detail": one.detail,
            "raw": bytes(one.raw).decode("utf-8", "backslashreplace"),
        }
        for one in found
    ]
    if as_json:
        door.say(as_json, {"rejects": rows})
        return
    shown = ("batch", "line", "offset", "reason", "detail")
    door.table("Rejects", shown, ([row[name] for name in shown] for row in rows))


@replay_app.command()
def replay(
    batch: Annotated[str, typer.Argument(help="Id of the batch.")],
    as_json: Json = False,
) -> None:
    """Read a batch again from its kept file: rows that can be read by now are added.

    Exits 1 where rows are still rejected.
    """
    home = door.open_home()
    import msgspec

    from pehra.findings import jobs

    result = jobs.replay(batch, home=home, now=clock(), actor=door.operator())
    one: dict[str, Any] = msgspec.to_builtins(result)
    if result.error is None:
        one.pop("error")
    door.say(as_json, one, [_line({"file": batch, **one})])
    if result.rejected or result.error:
        raise typer.Exit(1)
