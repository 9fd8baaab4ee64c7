"""`pehra cases import`: cases of RTIR, TheHive, DFIR-IRIS and MISP, with the difference first."""

from __future__ import annotations

from collections import Counter
from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer

from pehra.cli import door, named
from pehra.kernel.errors import EnvironmentFault
from pehra.kernel.time import clock

_OUTCOMES = ("added", "changed", "unchanged", "rejected", "left")
_SHOWN = 200
_EVERY = 100


def import_(
    file: Annotated[Path, typer.Argument(help="What the other system exported.")],
    form: Annotated[str, typer.Option("--format", help="rtir, thehive, iris or misp.")],
    *,
    system: Annotated[
        str, typer.Option("--system", help="Which one, where there are two; else the format.")
    ] = "",
    team: Annotated[str, typer.Option("--team", help="Slug of the team that leads.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the difference.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines, the result last.")] = False,
) -> None:
    """Bring cases in, docs/start-with-what-you-have.md. Exits 1 where some were rejected.

    The same file twice changes nothing. Of a ticket that changed there what is new comes in.
    """
    home = door.open_home()
    from pehra.cases.brought.actions import File, Manner, bring
    from pehra.cases.brought.record import check_size
    from pehra.kernel.settings import load

    try:
        with file.open("rb") as stream:
            size = stream.seek(0, 2)
            check_size(size, file.name)
            stream.seek(0)
            data = stream.read()
    except OSError as error:
        message = f"Cannot read {file}: {error.strerror}."
        raise EnvironmentFault(message, mend="Name a file that can be read.") from None
    zone = ZoneInfo(load(home).nation.time_zone)
    told = bring(
        File(data, file.name, form, system),
        Manner(zone=zone, team=named.team(team), dry_run=dry_run),
        actor=door.operator(),
        now=clock(),
        progress=lambda done, total: (
            door.note(f"{done:,} of {total:,} cases") if done % _EVERY == 0 else None
        ),
    )
    shown = [one for one in told if one.outcome != "unchanged"]
    if as_json:
        lines = [msgspec.json.encode(one).decode() for one in shown]
    else:
        lines = [
            f"{one.place}: {one.outcome} {one.subject}" + (f": {one.detail}" if one.detail else "")
            for one in shown[:_SHOWN]
        ]
        if len(shown) > _SHOWN:
            lines.append(f"... and {len(shown) - _SHOWN:,} more; see --json")
    door.say(False, None, lines)
    counts = Counter(one.outcome for one in told)
    summary = ", ".join(f"{counts[name]:,} {name}" for name in _OUTCOMES)
    result = {**{name: counts[name] for name in _OUTCOMES}, "dry_run": dry_run}
    door.say(as_json, result, [summary + (" (dry run: nothing was changed)" if dry_run else "")])
    if counts["rejected"]:
        raise typer.Exit(1)
