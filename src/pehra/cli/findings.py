"""`pehra findings`: list, show, answer, close, export."""

from __future__ import annotations

import csv
import sys
from datetime import UTC, datetime, time
from enum import StrEnum
from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import msgspec
import typer

from pehra.cli import door, named
from pehra.cli.faults import legible
from pehra.kernel.cells import guarded
from pehra.kernel.errors import EnvironmentFault, UsageError
from pehra.kernel.time import clock, iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pehra.findings.queries import Filter, Row

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Obligations with an owner and a clock."
)

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]


class Form(StrEnum):
    """What a file of findings can be."""

    CSV = "csv"
    JSONL = "jsonl"


States = Annotated[list[str] | None, typer.Option("--state", help="Such as `open`; repeatable.")]
Severities = Annotated[list[str] | None, typer.Option("--severity", help="Repeatable.")]
Org = Annotated[str, typer.Option("--org", help="Slug of the holder.")]
TeamName = Annotated[str, typer.Option("--team", help="Slug of the lead team.")]
Identifier = Annotated[str, typer.Option(help="Such as `open-telnet`.")]
Asset = Annotated[str, typer.Option(help="An address, a host name, or `pool N`.")]
SourceName = Annotated[str, typer.Option("--source", help="Slug of a source that reported it.")]


def _words(given: list[str] | None, known: Iterable[Any], what: str) -> frozenset[Any]:
    table = {one.word: one for one in known}
    for word in given or []:
        if word not in table:
            message = f"`{word}` is no {what}."
            raise UsageError(message, mend=f"Known are: {', '.join(table)}.")
    return frozenset(table[word] for word in given or [])


def _filter(words: dict[str, Any]) -> Filter:
    from pehra.findings.keys import spelled
    from pehra.findings.queries import Filter
    from pehra.findings.rules import State
    from pehra.kernel.labels import Severity

    named.organisation(words["org"])
    named.team(words["team"])
    return Filter(
        states=_words(words["state"], State, "state"),
        severities=_words(words["severity"], Severity, "severity"),
        organisation=words["org"],
        team=words["team"],
        identifier=words["identifier"],
        asset=spelled(words["asset"]),
        source=words["source"],
    )


def _time(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None


def _row(row: Row) -> dict[str, Any]:
    from pehra.findings.rules import State
    from pehra.kernel.labels import Severity

    return {
        "id": row.id,
        "asset": row.asset,
        "port": row.port,
        "identifier": row.identifier,
        "what": row.what,
        "severity": Severity(row.severity).word,
        "state": State(row.state).word,
        "organisation": row.organisation_slug,
        "team": row.team,
        "first_seen": _time(row.first_seen),
        "last_seen": _time(row.last_seen),
        "count": row.count,
        "due_at": _time(row.due_at),
    }


@app.command("list")
def list_(
    state: States = None,
    severity: Severities = None,
    org: Org = "",
    team: TeamName = "",
    identifier: Identifier = "",
    asset: Asset = "",
    source: SourceName = "",
    after: Annotated[int, typer.Option(min=0, help="Older than the finding of this number.")] = 0,
    size: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 50,
    format_: Annotated[
        Form | None, typer.Option("--format", help="All that match, as `export` writes them.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Findings that match, the newest first, with the number of all that match."""
    words = locals()
    door.open_home()
    from pehra.findings import queries
    from pehra.mandate.viewers import SYSTEM_VIEWER

    wanted = _filter(words)
    if format_ is not None:
        if as_json:
            message = "`--json` and `--format` are two different outputs."
            raise UsageError(message, mend="Leave one of them out.")
        _write(queries.export(wanted, viewer=SYSTEM_VIEWER), sys.stdout, format_)
        return
    page = queries.page(wanted, viewer=SYSTEM_VIEWER, after=after or None, size=size)
    total = queries.total(wanted, viewer=SYSTEM_VIEWER, limit=10**12)
    rows = [_row(row) for row in page.rows]
    if as_json:
        door.say(as_json, {"findings": rows, "total": total, "more": page.has_next})
        return
    shown = ("id", "severity", "asset", "identifier", "organisation", "state", "due_at")
    door.table(f"{len(rows)} of {total:,} findings", shown, ([r[n] for n in shown] for r in rows))


@app.command()
def export(
    state: States = None,
    severity: Severities = None,
    org: Org = "",
    team: TeamName = "",
    identifier: Identifier = "",
    asset: Asset = "",
    source: SourceName = "",
    format_: Annotated[Form, typer.Option("--format", help="Of the output.")] = Form.CSV,
    out: Annotated[Path | None, typer.Option("--out", help="File; default: standard output.")] = (
        None
    ),
    as_json: Json = False,
) -> None:
    """All findings that match as CSV or JSON Lines, streamed; as the site's files have them."""
    words = locals()
    if out is None and as_json:
        message = "This output needs a file."
        raise UsageError(message, mend="Name it with `--out FILE`.")
    door.open_home()
    from pehra.findings import queries
    from pehra.mandate.viewers import SYSTEM_VIEWER

    rows = queries.export(_filter(words), viewer=SYSTEM_VIEWER)
    if out is None:
        _write(rows, sys.stdout, format_)
        return
    try:
        with out.open("w", newline="", encoding="utf-8") as file:
            written = _write(rows, file, format_)
    except OSError as error:
        message = f"Cannot write {out}: {error.strerror}."
        raise EnvironmentFault(message, mend="Choose another file or free space.") from None
    told = {"rows": written, "file": legible(str(out))}
    door.say(as_json, told, [f"{written:,} findings written to {out}"])


def _write(rows: Iterator[tuple[str | int | None, ...]], file: TextIO, form: Form) -> int:
    """Write rows, the first of which is the header; returns how many rows."""
    header, lines = next(rows), 0
    writer = csv.writer(file)
    if form is Form.CSV:
        writer.writerow(header)
    for lines, row in enumerate(rows, 1):  # noqa: B007 the last number is the result
        if form is Form.CSV:
            writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])
        else:
            file.write(msgspec.json.encode(dict(zip(header, row, strict=True))).decode() + "\n")
    return lines


@app.command()
def show(
    finding: Annotated[str, typer.Argument(help="Number of the finding, such as F12 or 12.")],
    as_json: Json = False,
) -> None:
    """One finding in full."""
    door.open_home()
    from pehra.findings import queries
    from pehra.mandate.viewers import SYSTEM_VIEWER

    view = queries.one(_number(finding), viewer=SYSTEM_VIEWER)
    if view is None:
        message = f"There is no finding {finding}."
        raise UsageError(message, mend="`pehra findings list` shows them.")
    told = {
        **_row(view.row),
        "class": view.rsit_class,
        "type": view.rsit_type,
        "sources": list(view.sources),
        "asn": view.asn,
        "country": view.country,
        "claim": view.claim,
        "relapses": view.relapses,
        "previous": view.previous,
        "last_covered": _time(view.last_covered),
        "fix_claimed_at": _time(view.fix_claimed_at),
        "gone_at": _time(view.gone_at),
    }
    door.say(as_json, told, (f"{name}: {value}" for name, value in told.items()))


def _number(text: str) -> int:
    try:
        return int(text.removeprefix("F"))
    except ValueError:
        message = f"`{text}` is no number of a finding."
        raise UsageError(message, mend="Write it like F12.") from None


@app.command()
def answer(
    finding: Annotated[str, typer.Argument(help="Number of the finding, such as F12.")],
    act: Annotated[str, typer.Argument(help="Such as acknowledge, claim-fix, dispute.")],
    why: Annotated[str, typer.Option(help="The reason, where one is needed.")] = "",
    until: Annotated[
        str, typer.Option(help="Last day of an accepted risk, UTC, at most 90 days ahead.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Record what is said of a finding: acknowledge, claim-fix, dispute, accept-risk ...

    Exits 3 where the state table has no such step, or a risk would be accepted for too long.
    """
    last = named.day(until)
    door.open_home()
    from pehra.findings.actions import answers
    from pehra.findings.rules import Act
    from pehra.mandate.viewers import SYSTEM_VIEWER

    if act not in {one.value for one in Act}:
        message = f"`{act}` is no act."
        raise UsageError(message, mend=f"Possible: {', '.join(a.value for a in answers.SAID)}.")
    state = answers.answer(
        _number(finding),
        Act(act),
        why=why,
        viewer=SYSTEM_VIEWER,
        actor=door.operator(),
        now=clock(),
        until=datetime.combine(last, time.max, UTC) if last else None,
    )
    door.say(as_json, {"finding": _number(finding), "state": state.word}, [state.word])


@app.command()
def recheck(
    finding: Annotated[str, typer.Argument(help="Number of the finding, such as F12.")],
    as_json: Json = False,
) -> None:
    """Look once whether its port is open: only where its holder consents, once an hour a host."""
    home = door.open_home()
    from pehra.findings import jobs
    from pehra.mandate.viewers import SYSTEM_VIEWER

    number = _number(finding)
    heard = jobs.recheck(
        number, home=home, viewer=SYSTEM_VIEWER, actor=door.operator(), now=clock()
    )
    told = {"finding": number, "heard": heard.heard.value, "status": heard.status}
    door.say(as_json, told, [f"F{number}: the port is {heard.heard.value}."])


@app.command()
def close(as_json: Json = False) -> None:
    """End what coverage shows to be gone; the worker does this every hour."""
    door.open_home()
    from pehra.findings.actions import closing

    def quiet(done: int, total: int) -> None:
        del done, total

    gone = closing.close_covered(now=clock(), actor=door.operator(), progress=quiet)
    door.say(as_json, {"gone": gone}, [f"{gone:,} findings are gone."])
