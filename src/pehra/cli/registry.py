"""`pehra registry`: import who holds what, propose a country's holders, export, show, decide."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pehra.kernel.settings import Settings
    from pehra.registry.actions import Imported

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Organisations and the assets that they hold.",
)
Json = Annotated[bool, typer.Option("--json", help="JSON Lines, the result last.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show the difference.")]
_SHOWN = 200
_LARGEST_LETTER = 32 * 1024**2


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


@app.command()
def bring(
    form: Annotated[
        str, typer.Argument(metavar="FORMAT", help="certbund-contact, misp, n6 or spreadsheet.")
    ],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What it exported.")],
    columns: Annotated[
        Path | None,
        typer.Option(
            "--columns", exists=True, dir_okay=False, help="TOML: the spreadsheet's columns."
        ),
    ] = None,
    dry_run: DryRun = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="The file wins over known facts.")
    ] = False,
    json: Json = False,
) -> None:
    """Take in what another system knows of organisations, docs/start-with-what-you-have.md."""
    from pehra.cli.door import open_home, operator
    from pehra.kernel.errors import UsageError
    from pehra.kernel.time import clock

    open_home()
    from pehra.registry.actions import Export, Manner, bring_register
    from pehra.registry.brought.spreadsheet import map_of
    from pehra.registry.register import text_of

    if (columns is None) == (form == "spreadsheet"):
        msg = "A spreadsheet needs a map of its columns, and nothing else has one."
        raise UsageError(msg, mend="Give --columns MAP.toml with the format `spreadsheet`.")
    chosen = columns and map_of(text_of(columns.read_bytes(), columns.name), columns.name)
    found = bring_register(
        Export(file.read_bytes(), file.name, chosen or None),
        form,
        actor=operator(),
        now=clock(),
        manner=Manner(dry_run=dry_run, overwrite=overwrite),
    )
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


@app.command()
def letter(
    organisation: Annotated[str, typer.Argument(metavar="ORG", help="Slug.")],
    asset: Annotated[str, typer.Argument(help="A domain, a prefix or an ASN.")],
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="Copy of the signed letter.")
    ],
    json: Json = False,
) -> None:
    """Record a signed letter as proof that an organisation controls an asset; the copy is kept."""
    from pehra.cli.door import open_home, operator, say
    from pehra.engines.blobs import files as blobs
    from pehra.kernel.time import clock

    home = open_home()
    from pehra.registry.actions import Letter, record_letter

    number = _organisation(organisation)
    with file.open("rb") as stream:
        digest = blobs.keep(home, stream, largest=_LARGEST_LETTER).sha256
    proof = record_letter(Letter(number, asset, digest), actor=operator(), now=clock())
    say(json, {"proof": proof, "sha256": digest}, [f"Proof {proof}: {asset}, letter {digest}."])


def _organisation(slug: str) -> int:
    from pehra.kernel.errors import UsageError
    from pehra.mandate.queries import organisation_row

    found = organisation_row(slug)
    if found is None:
        message = f"There is no organisation `{slug}`."
        raise UsageError(message, mend="See `pehra registry export` for those that there are.")
    return found.pk


@app.command()
def controls(
    organisation: Annotated[str, typer.Argument(metavar="ORG", help="Slug.")], json: Json = False
) -> None:
    """Proofs of control of an organisation: what, by what, since when, looked at again when."""
    from pehra.cli.door import open_home, say, table

    open_home()
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.registry import queries

    found = queries.controls_of(_organisation(organisation), viewer=SYSTEM_VIEWER)
    if json:
        say(json, {"controls": found})
        return
    rows = (
        [one.id, one.asset, one.proof.method, one.proof.state, one.proof.expires_at or ""]
        for one in found
    )
    table("Proofs of control", ["proof", "asset", "by", "state", "again at"], rows)


@app.command("fetch-contacts")
def fetch_contacts(
    organisations: Annotated[
        list[str] | None, typer.Argument(metavar="[ORG]...", help="Slugs; else all.")
    ] = None,
    pause: Annotated[float, typer.Option(min=0, help="Seconds between two questions.")] = 1.0,
    json: Json = False,
) -> None:
    """Ask RDAP, PeeringDB and security.txt whom they name for each asset that is held.

    Contacts that they name are automatic and unverified, and give way to what a person gave. Exits
    1 where a place did not answer.
    """
    from pehra.cli.door import open_home, say
    from pehra.kernel.errors import EnvironmentFault
    from pehra.kernel.settings import load

    settings = load(open_home())
    from pehra.mandate.queries import holders

    if settings.fetch.offline:
        message = "This home asks nobody for anything."
        raise EnvironmentFault(message, mend="Set `fetch.offline = false` in pehra.toml.")
    counts = dict.fromkeys(("organisations", "asked", "added", "removed", "failed"), 0)
    for slug in organisations or sorted(holders()):
        counts["organisations"] += 1
        _fetch_contacts(slug, settings, pause, counts)
    words = ", ".join(f"{number:,} {name}" for name, number in counts.items())
    say(json, counts, [words])
    if counts["failed"]:
        raise typer.Exit(1)


def _fetch_contacts(slug: str, settings: Settings, pause: float, counts: dict[str, int]) -> None:
    """Ask about each asset of one organisation, and count."""
    import time

    from pehra.cli.door import note, operator
    from pehra.kernel.time import clock
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.registry import asking, queries
    from pehra.registry.actions import take_named

    number = _organisation(slug)
    for kind, value in queries.assets_of(number, viewer=SYSTEM_VIEWER):
        for place in asking.places(kind, value, settings.registries):
            if counts["asked"]:
                time.sleep(pause)
            found = asking.named(place, clock(), loopback=settings.fetch.loopback)
            taken = take_named(number, (kind, value), found, actor=operator(), now=clock())
            counts["asked"] += 1
            counts["added"] += taken.added
            counts["removed"] += taken.removed
            counts["failed"] += bool(found.fault)
            if found.fault:
                note(found.fault)
