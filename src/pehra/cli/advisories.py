"""`pehra advisories`: what was published and what is written; as CSAF, RSS or Atom; the prefix."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from pehra.cli import door
from pehra.kernel.errors import EnvironmentFault, Refused, UsageError
from pehra.kernel.time import clock, iso

if TYPE_CHECKING:
    from pehra.kernel.settings import Home, Settings
    from pehra.outreach.advisories.queries.shown import Shown

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Advisories to the public.")
Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
Number = Annotated[str, typer.Argument(help="Such as PKCERT-2026-001.")]


class Severe(StrEnum):
    """How severe, at least."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Form(StrEnum):
    """What is written."""

    CSAF = "csaf"
    RSS = "rss"
    ATOM = "atom"


Least = Annotated[Severe, typer.Option("--severity", help="At least this severe.")]


def _least(severity: Severe) -> int:
    from pehra.kernel.labels import Severity

    return Severity[severity.name]


@app.command("list")
def list_(
    severity: Least = Severe.INFO,
    drafts: Annotated[bool, typer.Option("--drafts", help="What is worked on instead.")] = False,
    most: Annotated[int, typer.Option("--most", min=1, max=1000, help="At most so many.")] = 50,
    as_json: Json = False,
) -> None:
    """Published advisories, the newest first; or those that are worked on."""
    door.open_home()
    told = _drafts(most) if drafts else _published(_least(severity), most)
    if as_json:
        door.say(as_json, {"advisories": told})
        return
    names = list(told[0]) if told else ["number"]
    door.table("Advisories", names, ([one[name] for name in names] for one in told))


def _drafts(most: int) -> list[dict[str, Any]]:
    from pehra.kernel.labels import Severity
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.outreach.advisories.queries.desk import advisories

    return [
        {
            "id": one.id,
            "number": one.number,
            "stage": one.stage,
            "edition": one.edition,
            "severity": Severity(one.severity).word,
            "title": one.title,
        }
        for one in advisories(viewer=SYSTEM_VIEWER, drafts=True, size=most)
    ]


def _published(least: int, most: int) -> list[dict[str, Any]]:
    from pehra.outreach.advisories.queries.shown import published

    return [
        {
            "number": one.number,
            "standing": one.standing,
            "severity": one.text.severity.word,
            "published": iso(one.published_at),
            "changed": iso(one.changed_at),
            "title": one.text.title,
        }
        for one in published(least=least, size=most)
    ]


def _found(number: str) -> Shown:
    from pehra.outreach.advisories.queries.shown import one

    found = one(number.upper())
    if found is None:
        message = f"No advisory was published as `{number[:40]}`."
        raise UsageError(message, mend="`pehra advisories list` names them.")
    return found


@app.command()
def show(number: Number, as_json: Json = False) -> None:
    """One advisory: the text that stands, and every change to it."""
    door.open_home()
    found = _found(number)
    told: dict[str, Any] = msgspec.to_builtins(found)
    if as_json:
        door.say(as_json, told)
        return
    text = found.history[-1].text
    lines = [f"{found.number}  {found.standing}  {text.severity.word}", text.title, text.summary]
    lines += [f"To do: {text.action}"] if text.action else []
    lines += [
        f"{iso(one.at)}  edition {one.place}  {one.text.change or 'first published'}"
        for one in found.history
    ]
    lines += (
        [f"{iso(found.changed_at)}  {found.standing}: {found.ended_why}"] if found.ended else []
    )
    door.say(as_json, None, lines)


@app.command()
def export(
    form: Annotated[Form, typer.Option("--format", help="csaf, of one advisory; rss or atom.")],
    number: Annotated[str, typer.Argument(help="The advisory, for csaf.")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="File; else standard output.")] = None,
    severity: Least = Severe.INFO,
    as_json: Json = False,
) -> None:
    """Write an advisory as a CSAF 2.0 document, or the newest as a feed."""
    home = door.open_home()
    from pehra.kernel.settings import load

    content = _document(number, load(home)) if form == Form.CSAF else _feed(form, severity, home)
    if out is None and not as_json:
        typer.echo(content.decode())
        return
    if out is not None:
        try:
            out.write_bytes(content)
        except OSError as error:
            message = f"Cannot write {out}: {error.strerror}."
            raise EnvironmentFault(message, mend="Name another file by --out.") from None
    told = {"file": str(out or ""), "bytes": len(content), "format": form.value}
    if out is None:
        told["content"] = content.decode()
    door.say(as_json, told, [f"{out}: {len(content)} bytes"])


def _publisher(settings: Settings) -> tuple[str, str]:
    from pehra.mandate import queries as mandate

    national = mandate.national_team(clock().date()) or 0
    own = (settings.exchange.name, "")
    return mandate.team_names().get(national, own)[0], settings.outside


def _document(number: str, settings: Settings) -> bytes:
    from pehra.outreach.advisories.csaf import Publisher, has_product
    from pehra.outreach.advisories.queries.shown import machine_readable

    found = _found(number)
    if not has_product(found.history[-1].text):
        message = f"{found.number} is about no product, so there is no CSAF document of it."
        raise Refused(message, mend="`--format rss` has every advisory.")
    name, site = _publisher(settings)
    publisher = Publisher(name, site, settings.exchange.contact)
    document = machine_readable(found, publisher)
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _feed(form: Form, severity: Severe, home: Home) -> bytes:
    from pehra.kernel.settings import load
    from pehra.outreach.advisories import feeds
    from pehra.outreach.advisories.queries.shown import events, feed_entry

    name, site = _publisher(load(home))
    found = events(least=_least(severity))
    channel = feeds.Channel(
        title=name,
        description="Advisories to the public",
        link=f"{site}/advisories/",
        own=f"{site}/advisories/{form}.xml",
        language="en",
        at=found[0].at if found else clock(),
    )
    entries = [feed_entry(one, site) for one in found]
    return feeds.rss(channel, entries) if form == Form.RSS else feeds.atom(channel, entries)


@app.command()
def prefix(
    team: Annotated[str, typer.Argument(help="Slug of the team.")],
    letters: Annotated[str, typer.Argument(help="Such as PKCERT.")],
    as_json: Json = False,
) -> None:
    """Number a team's advisories under a prefix from now on; old numbers stay."""
    door.open_home()
    from pehra.outreach.advisories.actions.writing import set_prefix

    set_prefix(team, letters, actor=door.operator(), now=clock())
    door.say(as_json, {"team": team, "prefix": letters}, [f"{team}: {letters}-YEAR-NNN"])
