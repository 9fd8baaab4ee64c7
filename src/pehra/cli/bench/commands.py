"""`pehra bench`: each command measures one thing and says it as a table or one line of JSON."""

from __future__ import annotations

import contextlib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pehra.cli.door import note, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pehra.cli.bench.pipeline import Reports
    from pehra.cli.bench.stage import Stage

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Measured figures, beside a peer in the same run.",
)

DAY = date(2026, 11, 20)
DAY_BEFORE = date(2026, 11, 19)
"""The day that made reports are about; fixed, so that they are always the same."""

Json = Annotated[bool, typer.Option("--json", help="One line of JSON on standard output.")]
Rows = Annotated[int, typer.Option(min=1, help="Rows of the report that is measured.")]
PrefixesFrom = Annotated[
    str,
    typer.Option(
        "--prefixes",
        help="Address table (CSV of first,last,asn,name), or how many prefixes to make up.",
    ),
]
Known = Annotated[int, typer.Option(min=0, help="Findings in the store beforehand.")]
Database = Annotated[str, typer.Option(help="URL of an empty PostgreSQL database.")]
Kept = Annotated[Path | None, typer.Option("--stage", help="Folder to keep the filled home in.")]
Schema = Annotated[Path | None, typer.Option(help="The peer's Shadowserver report schema (JSON).")]


def show(as_json: bool, title: str, found: Mapping[str, Any]) -> None:
    """Say the figures, with the machine that they were measured on."""
    from pehra.cli.bench.measure import machine

    result = {"bench": title, **found, "machine": machine()}
    if as_json:
        say(as_json, result)
        return
    from rich.console import Console
    from rich.table import Table

    shown = Table("figure", "value", title=title, title_justify="left")
    for name, value in _flat(result):
        shown.add_row(name, f"{value:,}" if isinstance(value, int) else str(value))
    Console().print(shown)


def _flat(found: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    lines: list[tuple[str, Any]] = []
    for name, value in found.items():
        nested = isinstance(value, dict)
        lines += _flat(value, f"{before}{name}.") if nested else [(f"{before}{name}", value)]
    return lines


@app.command()
def start(
    times: Annotated[int, typer.Option(min=1, help="How often.")] = 10, *, as_json: Json = False
) -> None:
    """How long `pehra --help` takes, from start to end of the process."""
    from pehra.cli.bench import startup

    show(as_json, "start", startup.run(times))


@app.command()
def triage(
    *,
    data: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="Folder of published samples.")
    ],
    train: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Learn anew, and write the model here.")
    ] = None,
    as_json: Json = False,
) -> None:
    """The open model of `pehra cases triage`, judged across publishers; or learned anew."""
    from pehra.cli.bench import triage

    if train is not None:
        learned = triage.train(data)
        train.write_bytes(learned)
        show(as_json, "triage", {"model": str(train), "bytes": len(learned)})
        return
    show(as_json, "triage", triage.judge(data))


@app.command()
def attribution(
    rows: Rows = 1_000_000, prefixes: PrefixesFrom = "real", *, as_json: Json = False
) -> None:
    """Who holds each address of a day: the interval look-up alone, and the index it needs."""
    from pehra.cli.bench import apart, beside

    options = {"rows": rows, "prefixes": beside.prefixes(prefixes)}
    show(as_json, "attribution", apart.run("attribution:measure", options))


@app.command()
def report(
    file: Annotated[Path, typer.Argument(help="Where to write it; a folder gets the real name.")],
    *,
    rows: Rows = 1_000_000,
    prefixes: PrefixesFrom = "real",
    kind: Annotated[str, typer.Option(help="scan_telnet or event4_sinkhole.")] = "scan_telnet",
    known: Annotated[int, typer.Option(help="Devices that earlier reports named.")] = 0,
    share: Annotated[float, typer.Option(min=0, max=1, help="Part that is about those.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Another seed, another choice of devices.")] = 1,
    as_json: Json = False,
) -> None:
    """Write a report in Shadowserver's format, the same bytes for the same options."""
    import tempfile

    from pehra.cli.bench import beside, reports
    from pehra.cli.bench.prefixes import chosen

    recipe = reports.Recipe(kind, DAY, rows, known, share, known, seed)
    path = file / recipe.file_name if file.is_dir() else file
    with tempfile.TemporaryDirectory() as folder:
        over, _ = chosen(beside.prefixes(prefixes), Path(folder))
    size = reports.write(path, recipe, reports.universe(over))
    say(as_json, {"file": str(path), "rows": rows, "bytes": size}, [f"{path}  {size:,} bytes"])


@app.command()
def peer(
    rows: Rows = 50_000,
    prefixes: PrefixesFrom = "real",
    schema: Schema = None,
    *,
    as_json: Json = False,
) -> None:
    """IntelMQ alone: five bots over Redis in a throw-away environment."""
    import tempfile

    from pehra.cli.bench import beside, intelmq, reports
    from pehra.cli.bench.prefixes import chosen, networks

    with tempfile.TemporaryDirectory(prefix="pehra-bench-") as name:
        folder = Path(name)
        over, _ = chosen(beside.prefixes(prefixes), folder)
        recipe = reports.Recipe("scan_telnet", DAY, rows)
        path = folder / recipe.file_name
        reports.write(path, recipe, reports.universe(over))
        job = intelmq.Job(path, path.name, networks(over), beside.schema(schema, folder), rows)
        show(as_json, "peer", intelmq.run(job, note).figures())


@app.command()
def pipeline(
    *,
    rows: Rows = 1_000_000,
    known: Known = 10_000_000,
    prefixes: PrefixesFrom = "real",
    against: Annotated[str, typer.Option(help="`intelmq`: measure it too, now.")] = "",
    schema: Schema = None,
    database: Database = "",
    keep: Kept = None,
    as_json: Json = False,
) -> None:
    """A day's report over a full store: to observations, to findings, and beside IntelMQ."""
    from pehra.cli.bench import beside, pipeline, versus

    versus.check(against)
    with _staged(prefixes, known, database, keep) as (ready, made, folder):
        found, report = pipeline.run(ready, made, rows, note)
        if against:
            found |= versus.intelmq_on(report, ready, beside.schema(schema, folder), note, found)
    show(as_json, "pipeline", found)


@app.command()
def store(
    *,
    batches: Annotated[int, typer.Option(min=1, help="How many files.")] = 1_100,
    rows: Rows = 1_000,
    known: Known = 100_000,
    prefixes: PrefixesFrom = "real",
    database: Database = "",
    keep: Kept = None,
    as_json: Json = False,
) -> None:
    """Small batches: how long until one is durable, at first and after a thousand others."""
    from pehra.cli.bench import store

    with _staged(prefixes, known, database, keep) as (ready, made, _):
        found = store.run(ready, made, (batches, rows), note)
    show(as_json, "store", found)


@app.command()
def query(
    *,
    times: Annotated[int, typer.Option(min=1, help="How often each question is asked.")] = 50,
    rows: Annotated[int, typer.Option(min=1, help="Rows of a file of the writer.")] = 10_000,
    files: Annotated[int, typer.Option(min=1, help="Files for the writer.")] = 200,
    known: Known = 10_000_000,
    prefixes: PrefixesFrom = "real",
    database: Database = "",
    keep: Kept = None,
    as_json: Json = False,
) -> None:
    """The list page, and an address over seven days; in quiet and beside a writer."""
    from pehra.cli.bench import query

    with _staged(prefixes, known, database, keep) as (ready, made, _):
        found = query.run(ready, made, {"times": times, "rows": rows, "files": files}, note)
    show(as_json, "query", found)


@app.command()
def backup(
    *,
    observations: Annotated[int, typer.Option(min=1, help="In the home.")] = 10_000_000,
    known: Known = 1_000_000,
    prefixes: PrefixesFrom = "real",
    keep: Kept = None,
    as_json: Json = False,
) -> None:
    """The restore drill: a backup while a report is taken in, and the home that comes of it."""
    from pehra.cli.bench import drill

    with _staged(prefixes, known, "", keep) as (ready, made, _):
        found = drill.run(ready, made, observations, note)
    show(as_json, "backup", found)


@app.command()
def linear(
    *,
    smallest: Annotated[int, typer.Option(min=1, help="Rows of the smallest report.")] = 100_000,
    known: Known = 10_000_000,
    prefixes: PrefixesFrom = "real",
    database: Database = "",
    keep: Kept = None,
    as_json: Json = False,
) -> None:
    """Three reports a decade apart: cost must grow with the rows, and with nothing else."""
    from pehra.cli.bench import linear

    with _staged(prefixes, known, database, keep) as (ready, made, _):
        found = linear.run(ready, made, [smallest * ten for ten in (1, 10, 100)], note)
    show(as_json, "linear", found)


@app.command()
def notices(
    *,
    letters: Annotated[int, typer.Option(min=1, help="Messages that are written.")] = 200,
    known: Known = 1_000_000,
    prefixes: PrefixesFrom = "50000",
    database: Database = "",
    keep: Kept = None,
    as_json: Json = False,
) -> None:
    """A round of notices: all open findings bundled by mailbox; one holder for ten prefixes."""
    from pehra.cli.bench import rounds

    with _staged(prefixes, known, database, keep) as (ready, _, folder):
        found = rounds.run(ready, folder, letters, note)
    show(as_json, "notices", found)


@app.command("reports")
def citizens_(
    *,
    stored: Annotated[int, typer.Option(min=0, help="Reports in the store before.")] = 1_000_000,
    filed: Annotated[int, typer.Option(min=1, help="Reports that each process files.")] = 3_000,
    processes: Annotated[int, typer.Option(min=1, help="That file at once.")] = 2,
    as_json: Json = False,
) -> None:
    """Reports of people: how long one takes to be numbered, kept and put into its cluster."""
    from pehra.cli.bench import citizens

    show(as_json, "reports", citizens.run(stored, filed, processes, note))


@app.command()
def pages(
    *,
    times: Annotated[int, typer.Option(min=1, help="How often each page is asked.")] = 5,
    letters: Annotated[int, typer.Option(min=1, help="Of the round that leave before.")] = 500,
    only: Annotated[str, typer.Option(help="Only pages whose address holds this text.")] = "",
    known: Known = 1_000_000,
    prefixes: PrefixesFrom = "50000",
    database: Database = "",
    keep: Kept = None,
    as_json: Json = False,
) -> None:
    """Every page and operation of the API over a full store: as staff, analyst and contact."""
    from pehra.cli.bench import pages

    shape = {"times": times, "letters": letters, "only": only}
    with _staged(prefixes, known, database, keep) as (ready, _, folder):
        found = pages.run(ready, folder, shape, note)
    show(as_json, "pages", found if as_json else pages.slowest(found))


@contextlib.contextmanager
def _staged(
    prefixes: str, known: int, database: str, keep: Path | None
) -> Iterator[tuple[Stage, Reports, Path]]:
    """A home that is ready, what makes reports for it, and a folder; all gone afterwards."""
    import tempfile

    from pehra.cli.bench import beside, stage
    from pehra.cli.bench.pipeline import Reports

    wanted = stage.Wanted(beside.prefixes(prefixes), known, DAY_BEFORE, database)
    with tempfile.TemporaryDirectory(prefix="pehra-bench-") as name:
        folder = Path(name)
        ready = stage.ready(keep, folder, wanted, note)
        (folder / "reports").mkdir()
        yield ready, Reports(folder / "reports", ready, DAY), folder


@app.command()
def mail(
    *,
    letters: Annotated[int, typer.Option(min=1, help="Letters that are sent.")] = 2_000,
    as_json: Json = False,
) -> None:
    """Signed and encrypted mail to a relay on this machine, by one worker."""
    from pehra.cli.bench import mail

    show(as_json, "mail", mail.run(letters, note))


@app.command()
def evidence(
    size: Annotated[str, typer.Option(help="Size of the file, such as 4G or 200M.")] = "4G",
    at: Annotated[Path, typer.Option("--at", help="Folder on the disk that is measured.")] = Path(),
    *,
    as_json: Json = False,
) -> None:
    """How fast a file is taken in as evidence, and in how much memory, beside `sha256sum`."""
    from pehra.cli.bench import evidence as bench
    from pehra.kernel.errors import UsageError

    units = {"K": 10, "M": 20, "G": 30, "T": 40}
    number, unit = (size[:-1], size[-1:].upper()) if size[-1:].upper() in units else (size, "")
    if not number.isdecimal() or not int(number):
        message = f"`{size}` is no size."
        raise UsageError(message, mend="Such as 4G, 200M or 1000000.")
    show(as_json, "evidence", bench.run(at, int(number) << units.get(unit, 0), note))


@app.command()
def cases(
    *,
    findings: Annotated[int, typer.Option(min=1, help="Findings linked with the case.")] = 10_000,
    lines: Annotated[int, typer.Option(min=1, help="Lines of its timeline.")] = 5_000,
    others: Annotated[int, typer.Option(min=0, help="Other cases in the home.")] = 1_000,
    times: Annotated[int, typer.Option(min=1, help="How often each page is asked.")] = 20,
    as_json: Json = False,
) -> None:
    """The page of a large case, and the list of cases."""
    from pehra.cli.bench import cases

    shape = {"findings": findings, "lines": lines, "others": others, "times": times}
    show(as_json, "cases", cases.run(shape))
