"""`pehra sources`, `fetch`: where reports come from, how each source does, and asking it now."""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pehra.cli import door
from pehra.cli.runtime import bring
from pehra.kernel import settings
from pehra.kernel.errors import EnvironmentFault, UsageError
from pehra.kernel.settings import home_path
from pehra.kernel.time import clock, iso

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.findings.fetching import Round
    from pehra.intake.fetching.queries import SourceState
    from pehra.intake.queries import AlarmView
    from pehra.kernel.settings import Home

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]

fetch_app = typer.Typer()
sources_app = typer.Typer(invoke_without_command=True)
apps = {"fetch": fetch_app, "sources": sources_app}
sources_app.command()(bring)

_EVERY = re.compile(r"(\d{1,6})\s*([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_LONGEST_SECRET = 4_096


def period(text: str) -> timedelta:
    """A rhythm as people write it: `15m`, `6h`, `1d`; raises `UsageError` for anything else."""
    found = _EVERY.fullmatch(text.strip().lower())
    if not found:
        message = f"`{text}` is no rhythm."
        raise UsageError(message, mend="Write 15m, 6h or 1d.")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def secret_in(file: Path) -> str:
    """The secret in a file, or on standard input where it is named `-`."""
    try:
        if str(file) == "-":
            return sys.stdin.read(_LONGEST_SECRET)
        with file.open() as stream:
            return stream.read(_LONGEST_SECRET)
    except UnicodeDecodeError:
        message = f"{file} holds no text."
        raise UsageError(message, mend="Put the key alone into the file.") from None
    except OSError as error:
        message = f"Cannot read {file}: {error.strerror}."
        raise EnvironmentFault(message, mend="Check its owner and mode.") from None


@sources_app.callback()
def sources(context: typer.Context, as_json: Json = False) -> None:
    """The sources that can be read: licence, rhythm, what came last, what is wrong."""
    if context.invoked_subcommand is not None:
        return
    if not home_path().exists:
        _describe(as_json)
        return
    home = door.open_home()
    from pehra.intake.fetching import queries
    from pehra.mandate.viewers import SYSTEM_VIEWER

    now = clock()
    states = queries.source_states(viewer=SYSTEM_VIEWER, now=now)
    wrong = _wrong()
    if as_json:
        rows = [{**_row(home, one), "alarms": wrong.get(one.slug, [])} for one in states]
        door.say(as_json, {"sources": rows})
        return
    columns = ("slug", "title", "licence", "fetched", "last success", "rows", "state")
    cells = ([*_cells(one), _state(one, wrong.get(one.slug, []))] for one in states)
    door.table("Sources", columns, cells)


def _wrong() -> dict[str, list[dict[str, Any]]]:
    """Alarms that last, by source."""
    from pehra.intake.queries import alarms
    from pehra.mandate.viewers import SYSTEM_VIEWER

    found: dict[str, list[dict[str, Any]]] = {}
    for one in alarms(viewer=SYSTEM_VIEWER):
        found.setdefault(one.source, []).append(_alarm(one))
    return found


def _alarm(one: AlarmView) -> dict[str, Any]:
    import msgspec

    row: dict[str, Any] = msgspec.structs.asdict(one)
    return {name: _time(told) if name.endswith("_at") else told for name, told in row.items()}


def _describe(as_json: bool) -> None:
    """What is known of sources where there is no home."""
    from pehra.intake.discover import sources as known

    rows = [
        {
            "slug": one.slug,
            "title": one.title,
            "role": one.role.value,
            "covers": one.covers.value,
            "every_seconds": int(one.every.total_seconds()) if one.every else None,
            "licence": one.licence,
            "url": one.url,
            "fetches": bool(one.fetch),
        }
        for one in known().values()
    ]
    if as_json:
        door.say(as_json, {"sources": rows})
        return
    columns = ("slug", "title", "role", "licence")
    door.table("Sources", columns, ([row[name] for name in columns] for row in rows))


def _row(home: Home, one: SourceState) -> dict[str, Any]:
    import msgspec

    from pehra.intake.fetching import keys

    row: dict[str, Any] = msgspec.structs.asdict(one)
    row.update({name: _time(value) for name, value in row.items() if name in _TIMES})
    return {**row, "has_key": keys.of_source(home, one.slug).is_file()}


_TIMES = ("last_try", "last_success", "last_new", "next_at", "silent_since")


def _time(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None


def _cells(one: SourceState) -> list[object]:
    every = f"every {timedelta(seconds=one.every_seconds)}" if one.every_seconds else "by hand"
    how = every if one.enabled else "off" if one.fetches else "by hand"
    rows = "" if one.last_rows is None else f"{one.last_rows:,}"
    return [one.slug, one.title, one.licence, how, _time(one.last_success) or "", rows]


def _state(one: SourceState, wrong: list[dict[str, Any]]) -> str:
    if wrong:
        return ", ".join(sorted({alarm["kind"] for alarm in wrong}))
    if one.fault:
        return f"{one.failures} failed: {one.fault}"
    if one.silent_since:
        return f"silent since {iso(one.silent_since)}"
    return "well" if one.last_success else ""


@sources_app.command()
def alarms(
    *,
    ended: Annotated[bool, typer.Option("--ended", help="With those that are over.")] = False,
    as_json: Json = False,
) -> None:
    """What is wrong with sources: the newest first. Exits 1 where something is."""
    door.open_home()
    from pehra.intake import queries
    from pehra.mandate.viewers import SYSTEM_VIEWER

    found = [_alarm(one) for one in queries.alarms(viewer=SYSTEM_VIEWER, ended=ended)]
    columns = ("id", "source", "stream", "kind", "state", "opened_at", "times", "facts", "by")
    if as_json:
        door.say(as_json, {"alarms": found})
    else:
        door.table("Alarms", columns, ([row[name] for name in columns] for row in found))
    if any(row["ended_at"] is None for row in found):
        raise typer.Exit(1)


Number = Annotated[int, typer.Argument(min=1, help="As `pehra sources alarms` shows it.")]


@sources_app.command()
def acknowledge(
    number: Number,
    *,
    why: Annotated[str, typer.Option(help="What is known of it.")] = "",
    as_json: Json = False,
) -> None:
    """Say that somebody looks into an alarm; it ends when its cause does."""
    door.open_home()
    from pehra.intake import actions

    actions.acknowledge(number, actor=door.operator(), why=why, now=clock())
    door.say(as_json, {"alarm": number, "state": "acknowledged"}, [f"{number}: acknowledged"])


@sources_app.command()
def accept(
    number: Number,
    *,
    why: Annotated[str, typer.Option(help="How it is known that the list is true.")],
    as_json: Json = False,
) -> None:
    """Say that the list which raised an alarm is true: what it leaves out is gone."""
    home = door.open_home()
    from pehra.findings import jobs
    from pehra.findings.ingest import work
    from pehra.intake import actions

    now = clock()
    name = actions.accept(number, actor=door.operator(), why=why, now=now)
    told = work(jobs.desk(home, now), name, (door.operator(), now, _quiet))
    done = {"alarm": number, "state": "accepted", "batch": name, "removed": told.removed}
    door.say(as_json, done, [f"{number}: accepted, {told.removed:,} removed"])


@sources_app.command("set")
def set_source(
    slugs: Annotated[list[str], typer.Argument(help="Sources; `pehra sources` lists them.")],
    *,
    enable: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Fetch when due, or no more.")
    ] = None,
    every: Annotated[str, typer.Option(help="How often, as 15m, 6h or 1d.")] = "",
    url: Annotated[
        str | None,
        typer.Option(help="Fetch this instead; {secret} stands for the key. Empty: as shipped."),
    ] = None,
    folder: Annotated[
        str | None, typer.Option(help="Take in files dropped into this folder. Empty: none.")
    ] = None,
    silent_after: Annotated[
        int | None, typer.Option(min=1, max=1_000, help="Silent after so many times its rhythm.")
    ] = None,
    secret_file: Annotated[
        Path | None, typer.Option(help="Keep the key in this file; - reads standard input.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Switch sources on or off, and say how often, from where and with which key they come."""
    home = door.open_home()
    from pehra.intake.discover import source as find_source
    from pehra.intake.fetching import actions, keys, queries
    from pehra.mandate.viewers import SYSTEM_VIEWER

    for slug in slugs:
        find_source(slug)
    if len(slugs) > 1 and (url or folder or secret_file):
        message = "An address, a folder and a key belong to one source."
        raise UsageError(message, mend="Name one source.")
    if secret_file is not None:
        keys.keep(keys.of_source(home, slugs[0]), secret_in(secret_file))
    changes = actions.Changes(
        enabled=enable,
        every=period(every) if every else None,
        address=url,
        folder=str(Path(folder).absolute()) if folder else folder,
        silent_after=silent_after,
    )
    for slug in slugs:
        actions.set_source(slug, changes, actor=door.operator(), now=clock())
    states = queries.source_states(viewer=SYSTEM_VIEWER, now=clock())
    rows = [_row(home, one) for one in states if one.slug in slugs]
    lines = (f"{row['slug']}: {'on' if row['enabled'] else 'off'}" for row in rows)
    door.say(as_json, {"sources": rows}, lines)


class _Coming:
    """Bytes that came so far, on a terminal; nothing where nobody looks."""

    def __init__(self) -> None:
        self._shows = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        if self._shows:
            of = f" of {total:,}" if total else ""
            sys.stderr.write(f"\r{done:,}{of} bytes")
            if total and done >= total:
                sys.stderr.write("\n")
            sys.stderr.flush()


@fetch_app.command()
def fetch(
    slugs: Annotated[
        list[str] | None, typer.Argument(help="Sources, due or not; none: those that are due.")
    ] = None,
    *,
    every_one: Annotated[
        bool, typer.Option("--all", help="All that are switched on, due or not.")
    ] = False,
    only_due: Annotated[
        bool, typer.Option("--due", help="Those that are switched on and due: the default.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Fetch what sources published, and take it in.

    Exits 1 where a source could not be fetched, or rows were rejected.
    """
    if bool(slugs) + every_one + only_due > 1:
        message = "Sources, `--all` and `--due` exclude each other."
        raise UsageError(message, mend="Say one of them.")
    home = door.open_home()
    from pehra.findings.fetching import check_online
    from pehra.intake.discover import source as find_source
    from pehra.intake.fetching import queries

    check_online(settings.load(home))
    enabled = [one.source for one in queries.plans() if one.enabled and one.addresses]
    chosen = slugs or (enabled if every_one else queries.due(clock()))
    for slug in chosen:
        find_source(slug)
    told = fetch_all(home, chosen)
    lines = [_told(one) for one in told] or ["Nothing is due."]
    door.say(as_json, _sum(told), lines)
    if any(one["rejected"] or "error" in one for one in told):
        raise typer.Exit(1)


def fetch_all(home: Home, slugs: list[str]) -> list[dict[str, Any]]:
    """Fetch sources one after the other; what came of each, as counts."""
    from pehra.findings import fetching

    told = []
    for slug in slugs:
        door.note(f"  {slug}")
        told.append(fetching.summary(fetching.fetch_source(slug, round_now(home))))
    return told


def round_now(home: Home) -> Round:
    """A round of fetching by the person at the terminal, at this moment."""
    from pehra.findings import jobs
    from pehra.findings.arrivals import By

    by = By(door.operator(), clock(), _quiet)
    return jobs.fetch_round(home, by, coming=_Coming())


def _quiet(done: int, total: int) -> None:
    del done, total


def _told(one: dict[str, Any]) -> str:
    if "error" in one:
        return f"{one['source']}: {one['error']}"
    if not one["files"]:
        return f"{one['source']}: as it was"
    found = one["findings"]
    return (
        f"{one['source']}: {one['rows']:,} rows, {one['accepted']:,} accepted,"
        f" {one['rejected']:,} rejected; findings: {found['opened']:,} opened,"
        f" {found['updated']:,} updated, {found['relapsed']:,} relapsed"
    )


def _sum(told: list[dict[str, Any]]) -> dict[str, Any]:
    counts = ("files", "rows", "accepted", "rejected", "duplicates", "unchanged")
    return {
        "sources": told,
        **{name: sum(one[name] for one in told) for name in counts},
        "failed": sum("error" in one for one in told),
    }
