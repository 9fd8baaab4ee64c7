"""`pehra roster`: who is on duty and on call; bring a plan in, take it out, let somebody swap."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
import typer

from pehra.cli import door, named
from pehra.kernel.errors import EnvironmentFault, UsageError
from pehra.kernel.time import clock, iso

if TYPE_CHECKING:
    from pehra.mandate.roster.queries import ShiftView

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Shifts of teams.")
Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
TeamSlug = Annotated[str, typer.Option("--team", help="Only of this team, by its slug.")]
FirstDay = Annotated[str, typer.Option("--from", help="First day; else today.")]
Days = Annotated[int, typer.Option(min=1, max=400, help="How many days.")]


def _zone() -> ZoneInfo:
    from pehra.kernel.settings import home_path, load

    return ZoneInfo(load(home_path()).nation.time_zone)


def _found(team: str, first: str, days: int) -> list[ShiftView]:
    from pehra.mandate.roster.queries import shifts
    from pehra.mandate.viewers import SYSTEM_VIEWER

    number, zone = named.team(team), _zone()
    day = named.day(first) or clock().astimezone(zone).date()
    since = datetime.combine(day, time(), zone)
    return shifts(since, since + timedelta(days=days), viewer=SYSTEM_VIEWER, team=number)


@app.command()
def show(team: TeamSlug = "", first: FirstDay = "", days: Days = 7, as_json: Json = False) -> None:
    """Shifts of some days, in local time and UTC; `now` marks who is on duty at this moment."""
    door.open_home()
    zone, now = _zone(), clock()
    told: list[dict[str, Any]] = [
        {
            **msgspec.to_builtins(one),
            "starts": iso(one.starts),
            "ends": iso(one.ends),
            "local": f"{one.starts.astimezone(zone):%a %d %b %H:%M} to"
            f" {one.ends.astimezone(zone):%a %H:%M}",
            "now": one.starts <= now < one.ends,
        }
        for one in _found(team, first, days)
    ]
    if as_json:
        door.say(as_json, {"shifts": told})
        return
    names = ("id", "team", "role", "person", "local", "starts", "ends", "now")
    door.table("Roster", names, ([one[name] for name in names] for one in told))


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV: team,person,role,from,to.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Shifts wholly in its span that it does not name go.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring shifts in from a file. The same file twice changes nothing."""
    try:
        content = file.read_bytes()
    except OSError as error:
        message = f"Cannot read {file}: {error.strerror}."
        raise EnvironmentFault(message, mend="Name a file of CSV.") from None
    door.open_home()
    from pehra.mandate.roster import sheet
    from pehra.mandate.roster.actions import plan_shifts

    wanted = sheet.read(content, _zone())
    done = plan_shifts(wanted, actor=door.operator(), now=clock(), replace=replace, dry=dry_run)
    line = f"{done.added} added, {done.unchanged} unchanged, {done.removed} removed."
    if done.reaching:
        line += f" {done.reaching} stay that the file does not name: they reach out of its span."
    told = {**msgspec.to_builtins(done), "dry_run": dry_run}
    door.say(as_json, told, [f"Would be: {line}" if dry_run else line])


@app.command()
def export(
    out: Annotated[Path, typer.Option("--out", help="File; its ending says csv or ics.")],
    team: TeamSlug = "",
    first: FirstDay = "",
    days: Days = 31,
    as_json: Json = False,
) -> None:
    """Write shifts as CSV, which `import` reads, or as iCalendar for telephones and calendars."""
    form = out.suffix.removeprefix(".").lower()
    if form not in {"csv", "ics"}:
        message = f"`{out.name}` ends neither in .csv nor in .ics."
        raise UsageError(message, mend="Name the file by the form that you want.")
    door.open_home()
    from pehra.mandate.roster.files import write

    rows = _found(team, first, days)
    content = write(rows, form, now=clock())
    try:
        out.write_bytes(content)
    except OSError as error:
        message = f"Cannot write {out}: {error.strerror}."
        raise EnvironmentFault(message, mend="Name another file by --out.") from None
    told = {"file": str(out), "shifts": len(rows), "bytes": len(content)}
    door.say(as_json, told, [f"{out}: {len(rows)} shifts"])


@app.command()
def swap(
    number: Annotated[int, typer.Argument(help="As `pehra roster show` numbers them.")],
    person: Annotated[str, typer.Argument(help="Mail address of who takes it.")],
    as_json: Json = False,
) -> None:
    """Let a colleague take a shift."""
    door.open_home()
    from pehra.mandate.roster.actions import swap as act

    act(number, person, actor=door.operator(), now=clock())
    door.say(as_json, {"shift": number, "person": person}, [f"Shift {number}: {person}."])
