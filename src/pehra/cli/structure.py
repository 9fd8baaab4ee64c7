"""`pehra structure`: load the nation's structure from a file, and see what it lacks."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import Annotated

import typer

from pehra.cli import named

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Teams, sectors, territories, offices, grounds and clocks as data.",
)
Json = Annotated[bool, typer.Option("--json", help="One line of JSON.")]
_MOST = 32_767


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


@app.command()
def rules(
    on: Annotated[str, typer.Option("--on", help="The day, such as 2026-01-31; else today.")] = "",
    json: Json = False,
) -> None:
    """Clocks and grounds as they hold on a day, each with its number, source and who decided it."""
    from pehra.cli.door import open_home, say, table
    from pehra.kernel.time import clock

    open_home()
    from pehra.mandate.queries.powers import rules_on

    day = named.day(on) or clock().date()
    found = rules_on(day)
    if json:
        say(json, {"on": day, "rules": found})
        return
    table(
        f"Rules on {day}",
        ["kind", "number", "what", "says", "since", "source", "decided by"],
        (
            [
                one.kind,
                one.id,
                one.name,
                one.says,
                one.valid_from or "",
                one.source + (" (unconfirmed)" if one.unconfirmed else ""),
                one.decided_by,
            ]
            for one in found
        ),
    )


@app.command()
def change(
    kind: Annotated[str, typer.Argument(help="`clock`, `ground` or `power`.")],
    number: Annotated[int, typer.Argument(help="Of the version that holds now.")],
    since: Annotated[str, typer.Option("--from", help="First day of the new version.")],
    decision: Annotated[str, typer.Option(help="By whose word: minute, gazette, letter.")],
    values: Annotated[
        list[str] | None, typer.Option("--set", help="As `hours=24`; none ends the rule then.")
    ] = None,
    unconfirmed: Annotated[
        bool, typer.Option("--unconfirmed", help="No public source confirms it.")
    ] = False,
    json: Json = False,
) -> None:
    """Let a rule read otherwise from a day on; what held before stays, and the ledger says who."""
    from pehra.cli.door import open_home, operator, say
    from pehra.kernel.time import clock

    open_home()
    from pehra.mandate.actions.versions import Change, change_rule

    given = dict(_value(one) for one in values or ())
    first = named.day(since) or clock().date()
    wish = Change(kind, number, first, decision, given, unconfirmed)
    made = change_rule(wish, actor=operator(), now=clock())
    told = f"follows as {made}" if made else "ends"
    say(json, {"new": made, "since": first}, [f"{kind} {number} {told} on {first}."])


def _value(word: str) -> tuple[str, object]:
    """One of `--set`: numbers where the column holds them, lists where it holds those."""
    from pehra.kernel.errors import UsageError

    name, equals, text = word.partition("=")
    if not equals:
        message = f"`{word}` sets nothing."
        raise UsageError(message, mend="Write it as `hours=24`.")
    if name in {"hours", "minutes", "longest_days"}:
        if not (text.isascii() and text.isdigit()) or not 0 < int(text) <= _MOST:
            message = f"`{text}` is no number for `{name}`."
            raise UsageError(message, mend=f"Give 1 to {_MOST:,}.")
        return name, int(text)
    return name, text.split(",") if name == "acts" else text


def _text(file: Path) -> str:
    from pehra.kernel.errors import UnreadableFile

    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{file}: byte {error.start} is not UTF-8."
        raise UnreadableFile(message, mend="Save the file as UTF-8.") from None
