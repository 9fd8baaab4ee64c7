"""`pehra reports`: the daily list, the weekly and monthly reports, the open edition, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from pehra.cli import door, named
from pehra.kernel.errors import EnvironmentFault, UsageError
from pehra.kernel.time import clock

app = typer.Typer(rich_markup_mode=None)

_KINDS = ("daily", "weekly", "monthly", "open")
_FORMS = ("pdf", "html", "json", "csv")
_LANGUAGES = ("en", "ur")


def _among(text: str, known: tuple[str, ...], name: str) -> None:
    if text not in known:
        message = f"There is no {name} `{text}`."
        raise UsageError(message, mend=f"Possible: {', '.join(known)}.")


def _check(kind: str, form: str, language: str, one: str) -> None:
    _among(kind, _KINDS, "report")
    _among(form, _FORMS, "format")
    _among(language, _LANGUAGES, "language")
    if one and kind != "monthly":
        message = "Only the monthly report is made of one organisation or one team."
        raise UsageError(message, mend="Say `monthly`, or leave --organisation and --team out.")


def _write(target: Path, content: bytes) -> None:
    try:
        target.write_bytes(content)
    except OSError as error:
        message = f"Cannot write {target}: {error.strerror}."
        raise EnvironmentFault(message, mend="Name another file by --out.") from None


@app.command()
def reports(
    kind: Annotated[str, typer.Argument(help="daily, weekly, monthly or open.")],
    form: Annotated[str, typer.Option("--format", help="pdf, html, json or csv.")] = "pdf",
    out: Annotated[Path | None, typer.Option("--out", help="File; else named after it.")] = None,
    day: Annotated[str, typer.Option(help="Any day of the period; else the last one over.")] = "",
    organisation: Annotated[str, typer.Option(help="Slug: its own monthly report.")] = "",
    team: Annotated[str, typer.Option(help="Slug: the month of what it leads on.")] = "",
    language: Annotated[str, typer.Option(help="en or ur.")] = "en",
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on the last line.")
    ] = False,
) -> None:
    """Make a report: outcomes, work and what stands, of a day, a week, a month or a half year.

    The open edition names no organisation and shows no group of fewer than five.
    """
    _check(kind, form, language, organisation or team)
    if organisation and team:
        message = "A report is of one organisation or of one team."
        raise UsageError(message, mend="Leave --organisation or --team out.")
    asked = named.day(day)
    home = door.open_home()
    from django.conf import settings  # noqa: TID251 the site makes papers; its name is a setting
    from django.utils.module_loading import import_string  # noqa: TID251 as above

    from pehra.kernel.settings import load
    from pehra.notices.actions.periods import keep_periods
    from pehra.notices.spans import Every, begin, last_whole

    named.team(team)
    now, zone = clock(), ZoneInfo(load(home).nation.time_zone)
    every = Every(kind)
    first = begin(every, asked or last_whole(every, now.astimezone(zone).date()))

    def show(done: int, total: int) -> None:
        door.note(f"{done:,} of {total:,} findings read")

    if not organisation:
        keep_periods([(every, first)], zone=zone, now=now, progress=show)
    wanted = {"every": kind, "day": first, "form": form, "language": language}
    written = import_string(settings.REPORTS)
    name, content = written({**wanted, "organisation": organisation, "team": team}, now=now)
    target = out or Path(name)
    _write(target, content)
    told = {"file": str(target), "report": kind, "first": first.isoformat(), "bytes": len(content)}
    door.say(as_json, told, [f"{target}: {len(content):,} bytes"])
