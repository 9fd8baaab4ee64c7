"""`pehra registry`: import who holds what, propose a country's holders, export, show, decide."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pehra.registry.actions import Imported

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Organisations and the assets that they hold.",
)
Json = Annotated[bool, typer.Option("--json", help="JSON Lines, the result last.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show the difference.")]
_SHOWN = 200


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="YAML or CSV, docs/register.md.")
    ],
    dry_run: DryRun = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="The file wins over known facts.")
    ] = False,
    json: Json = False,
) -> None:
    """Take in a register. Every row is reported; exits 1 where rows were rejected.

    The same file twice changes nothing. A changed claim closes the old one and adds another.
    """
    from pehra.cli.door import open_home, operator
    from pehra.kernel.time import clock

    open_home()
    from pehra.registry.actions import Manner, import_register

    manner = Manner(dry_run=dry_run, overwrite=overwrite)
    data = file.read_bytes()
    found = import_register(data, file.name, actor=operator(), now=clock(), manner=manner)
    _say_imported(found, json=json, dry_run=dry_run)


@app.command("import-country")
def import_country(
    country: Annotated[str, typer.Argument(metavar="CC", help="ISO 3166 code, such as PK.")],
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Propose an organisation for each holder of an ASN of a country, for review."""
    from pehra.cli.door import open_home, operator
    from pehra.kernel.time import clock

    home = open_home()
    from pehra.registry import actions
    from pehra.registry.networks import Networks

    table = Networks.load(home.indexes / "networks")
    found = actions.import_country(country, table, actor=operator(), now=clock(), dry_run=dry_run)
    _say_imported(found, json=json, dry_run=dry_run)


def _say_imported(found: Imported, *, json: bool, dry_run: bool) -> None:
    """Rows that are not unchanged, then the counts."""
    import msgspec
    import polars as pl

    from pehra.cli.door import say

    told = found.report.filter(pl.col("outcome") != "unchanged")
    if json:
        lines = [msgspec.json.encode(row).decode() for row in told.iter_rows(named=True)]
    else:
        lines = [
            f"line {row}: {outcome} {subject}" + (f": {detail}" if detail else "")
            for row, outcome, subject, detail in told.head(_SHOWN).iter_rows()
        ]
        if told.height > _SHOWN:
            lines.append(f"... and {told.height - _SHOWN:,} more; see --json")
    say(False, None, lines)
    counts = {name: found.counts.get(name, 0) for name in _OUTCOMES}
    summary = ", ".join(f"{number:,} {name}" for name, number in counts.items())
    result = {**counts, "dry_run": dry_run, "revision": found.revision}
    say(json, result, [summary + (" (dry run: nothing was changed)" if dry_run else "")])
    if counts["rejected"]:
        raise typer.Exit(1)


_OUTCOMES = ("added", "changed", "unchanged", "rejected", "conflict")


@app.command()
def export(
    to: Annotated[Path | None, typer.Option("--to", help="A file; else standard output.")] = None,
    json: Json = False,
) -> None:
    """Write the whole register as CSV, as `import` reads it: claims in force, and contacts."""
    from pehra.cli.door import open_home, say

    open_home()
    from pehra.kernel.errors import EnvironmentFault
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.registry import queries
    from pehra.registry.register_text import to_csv

    rows = queries.register_rows(viewer=SYSTEM_VIEWER)
    if to is None:
        say(False, None, to_csv(rows).splitlines())
        return
    try:
        to.write_text(to_csv(rows))
    except OSError as error:
        message = f"Cannot write {to}: {error.strerror}."
        raise EnvironmentFault(message, mend="Name another file.") from None
    say(json, {"rows": rows.height, "file": str(to)}, [f"{rows.height:,} rows to {to}."])


@app.command()
def show(
    organisation: Annotated[str, typer.Argument(metavar="ORG", help="Slug.")], json: Json = False
) -> None:
    """Show an organisation: facts, lead team, contacts, claims."""
    from pehra.cli.door import open_home, say, table
    from pehra.kernel.errors import UsageError
    from pehra.kernel.time import clock

    open_home()
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.registry import queries

    found = queries.organisation(organisation, viewer=SYSTEM_VIEWER, on=clock().date())
    if found is None:
        message = f"There is no organisation `{organisation}`."
        raise UsageError(message, mend="See `pehra registry export` for those that there are.")
    claims = queries.claims_of(found.id, viewer=SYSTEM_VIEWER, size=1000)
    contacts = queries.contacts_of(found.id, viewer=SYSTEM_VIEWER)
    if json:
        say(json, {"organisation": found, "claims": claims, "contacts": contacts})
        return
    say(json, None, [
        f"{found.name} ({found.slug}), {found.standing}",
        f"sector: {found.sector or '-'}   territory: {found.territory or '-'}",
        f"CII grade: {found.cii_grade}",
        f"lead team: {found.lead or '-'}   skipped: {', '.join(found.gaps) or '-'}",
        *(f"{one.purpose}: {one.name} {one.email} {one.phone}" for one in contacts),
    ])  # fmt: skip
    table(
        "Claims",
        ["asset", "source", "confidence", "use", "from", "to", "state"],
        (
            [
                one.asset, one.source, one.confidence, one.use, one.valid_from or "",
                one.valid_to or "",
                "withdrawn" if one.withdrawn_at else "proposed" if one.proposed else "",
            ]
            for one in claims
        ),
    )  # fmt: skip


@app.command()
def work(json: Json = False) -> None:
    """What a person must decide: conflicts and proposals."""
    from pehra.cli.door import open_home, say, table

    open_home()
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.registry import queries

    found = queries.work_items(viewer=SYSTEM_VIEWER, size=10_000)
    if json:
        say(json, {"items": found})
        return
    rows = ([one.id, one.kind, one.subject, one.detail] for one in found)
    table("Work items", ["item", "kind", "subject", "detail"], rows)


@app.command()
def decide(
    organisation: Annotated[str, typer.Argument(metavar="ORG", help="Slug of a proposal.")],
    accept: Annotated[bool, typer.Option("--accept/--dismiss", help="Confirm it, or not.")],
    json: Json = False,
) -> None:
    """Confirm a proposed organisation with its claims, or dismiss it."""
    from pehra.cli.door import open_home, operator, say
    from pehra.kernel.time import clock

    open_home()
    from pehra.registry.actions import decide_proposal

    decide_proposal(organisation, accept=accept, actor=operator(), now=clock())
    outcome = "confirmed" if accept else "dismissed"
    say(json, {"organisation": organisation, "outcome": outcome}, [f"{organisation}: {outcome}."])
