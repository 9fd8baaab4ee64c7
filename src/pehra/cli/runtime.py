"""`pehra sources bring`: the feeds of an IntelMQ, by its `runtime.yaml`."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pehra.cli import door
from pehra.kernel.errors import UsageError
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from pehra.intake.fetching.queries import Plan
    from pehra.intake.runtime import Move

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
_SHOWN = ("bot", "feed", "outcome", "source", "every_seconds", "folder", "why")


def bring(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="runtime.yaml of an IntelMQ.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the difference.")] = False,
    as_json: Json = False,
) -> None:
    """Take over the feeds of an IntelMQ that a source here reads: on or off, rhythm, folder.

    The rest is listed with the reason; no key, password or address is carried or shown. Exits 1
    where a feed is left.
    """
    door.open_home()
    from pehra.intake.discover import sources
    from pehra.intake.fetching import actions, queries
    from pehra.intake.runtime import moves, read

    try:
        text = file.read_text()
    except UnicodeDecodeError:
        message = f"{file.name} is no text."
        raise UsageError(message, mend="Give `runtime.yaml`, in UTF-8.") from None
    plans = {one.source: one for one in queries.plans()}
    rows: list[dict[str, Any]] = []
    for move in _merged(moves(read(text, file.name), sources())):
        outcome = _outcome(move, plans)
        rows.append(_row(move, outcome))
        if outcome == "changed" and not dry_run:
            changes = actions.Changes(
                enabled=move.enabled or None, every=move.every, folder=move.folder or None
            )
            actions.set_source(move.source, changes, actor=door.operator(), now=clock())
    counts = {
        name: sum(row["outcome"] == name for row in rows)
        for name in ("changed", "unchanged", "left")
    }
    if as_json:
        door.say(as_json, {**counts, "dry_run": dry_run, "bots": rows})
    else:
        door.table("Bots", _SHOWN, ([row[name] for name in _SHOWN] for row in rows))
        words = ", ".join(f"{many} {name}" for name, many in counts.items())
        door.say(as_json, None, [words + (" (dry run: nothing was changed)" if dry_run else "")])
    if counts["left"]:
        raise typer.Exit(1)


def _merged(found: list[Move]) -> list[Move]:
    """Feeds of one source share its rhythm, the shortest; a second folder is left."""
    import msgspec

    fastest = {
        one.source: min(each.every for each in found if each.source == one.source and each.every)
        for one in found
        if one.source and one.every
    }
    folders: dict[str, str] = {}
    told = []
    for one in found:
        if one.folder and folders.setdefault(one.source, one.folder) != one.folder:
            why = f"`{one.source}` has one folder: move its files to the other"
            told.append(msgspec.structs.replace(one, source="", folder="", why=why))
        else:
            told.append(msgspec.structs.replace(one, every=fastest.get(one.source)))
    return told


def _outcome(move: Move, plans: dict[str, Plan]) -> str:
    if not move.source:
        return "left"
    now = plans[move.source]
    same = (
        (now.enabled or not move.enabled)
        and move.every in {None, now.every}
        and move.folder in {"", now.folder}
    )
    return "unchanged" if same else "changed"


def _row(move: Move, outcome: str) -> dict[str, Any]:
    return {
        "bot": move.bot,
        "feed": move.feed,
        "outcome": outcome,
        "source": move.source,
        "enabled": move.enabled,
        "every_seconds": int(move.every.total_seconds()) if move.every else None,
        "folder": move.folder,
        "why": move.why,
    }
