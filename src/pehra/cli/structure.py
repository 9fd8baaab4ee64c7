"""`pehra structure`: load the nation's structure from a file, and see what it lacks."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Teams, sectors, territories, offices, grounds and clocks as data.",
)
Json = Annotated[bool, typer.Option("--json", help="One line of JSON.")]


@app.command()
def load(
    file: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="YAML; without: the shipped one."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the difference.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Also undo what people changed since.")
    ] = False,
    json: Json = False,
) -> None:
    """Bring the structure to what a file states; the same file twice changes nothing.

    Rows that a person changed since a file last wrote them are kept and shown. Rows that the file
    no longer states are kept.
    """
    from pehra.cli.door import open_home, operator, say
    from pehra.kernel.time import clock

    open_home()
    from pehra.mandate.actions import load_structure, shipped_structure

    changes = load_structure(
        _text(file) if file else shipped_structure(),
        name=str(file) if file else "the shipped structure",
        actor=operator(),
        now=clock(),
        dry_run=dry_run,
        overwrite=overwrite,
    )
    counts = {
        outcome: sum(change.outcome == outcome for change in changes)
        for outcome in ("added", "changed", "kept", "missing")
    }
    summary = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
    lines = [*(change.words for change in changes), summary + (" (dry run)" if dry_run else "")]
    say(json, {**counts, "dry_run": dry_run, "changes": changes}, lines)


@app.command()
def gaps(json: Json = False) -> None:
    """Say what the structure lacks today: sectors and territories without a team, empty offices."""
    from pehra.cli.door import open_home, say, table
    from pehra.kernel.time import clock

    open_home()
    from pehra.mandate import queries

    found = queries.gaps(clock().date())
    if json:
        say(json, {"gaps": found})
        return
    table(
        "Gaps",
        ["kind", "subject", "name", "detail"],
        ([gap.kind, gap.subject, gap.name, gap.detail] for gap in found),
    )


def _text(file: Path) -> str:
    from pehra.kernel.errors import UnreadableFile

    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{file}: byte {error.start} is not UTF-8."
        raise UnreadableFile(message, mend="Save the file as UTF-8.") from None
