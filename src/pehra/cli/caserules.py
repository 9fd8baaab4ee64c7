"""`pehra cases rules`: list, preview, set, run: how findings open and feed cases."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
import typer

from pehra.cli import door
from pehra.kernel.errors import EnvironmentFault
from pehra.kernel.time import clock

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Rules by which findings open cases."
)
Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]


def _zone() -> ZoneInfo:
    from pehra.kernel.settings import home_path, load

    return ZoneInfo(load(home_path()).nation.time_zone)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """The rules that are in force today."""
    door.open_home()
    from pehra.cases.fromfindings.queries import in_force

    found = in_force(clock().astimezone(_zone()).date())
    told: list[dict[str, Any]] = msgspec.to_builtins(found)
    if as_json:
        door.say(as_json, {"rules": told})
        return
    names = ("slug", "valid_from", "least_severity", "least_organisations", "most_a_day", "enabled")
    door.table("Rules", names, ([one[name] for name in names] for one in told))


@app.command()
def preview(as_json: Json = False) -> None:
    """What each rule would open and feed now. Changes nothing."""
    door.open_home()
    from pehra.cases.fromfindings.queries import outlook

    found = outlook(now=clock(), zone=_zone())
    told = [
        {
            "rule": at.rule.slug,
            "enabled": at.rule.enabled,
            "opened_today": at.opened_today,
            "would_open": at.would_open,
            "over": at.over,
            "groups": [
                {
                    "group": one.group.name,
                    "title": one.title,
                    "case": one.case,
                    "over": one.over,
                    "organisations": len(one.group.organisations),
                    "findings": len(one.group.findings),
                }
                for one in at.planned
            ],
        }
        for at in found
    ]
    lines = [
        f"{at.rule.slug}: would open {at.would_open}, {at.over} groups over the limit,"
        f" {sum(len(one.group.findings) for one in at.planned):,} findings"
        for at in found
    ]
    door.say(as_json, {"rules": told}, lines)


@app.command("set")
def set_(
    file: Annotated[Path, typer.Argument(help="TOML, as docs/playbooks.md shows it.")],
    as_json: Json = False,
) -> None:
    """Put versions of rules in force, each from its day on. The same file twice changes nothing."""
    door.open_home()
    from pehra.cases.fromfindings.actions import set_rules

    try:
        content = file.read_bytes()
    except OSError as error:
        message = f"Cannot read {file}: {error.strerror}."
        raise EnvironmentFault(message, mend="Name a file of TOML.") from None
    changed = set_rules(content, actor=door.operator(), now=clock())
    door.say(as_json, {"changed": changed}, [f"{changed} versions of rules changed."])


@app.command()
def run(as_json: Json = False) -> None:
    """Let the rules open and feed cases now; the worker does so by itself."""
    door.open_home()
    from pehra.cases.fromfindings.actions import feed

    done = feed(now=clock(), zone=_zone())
    told = msgspec.to_builtins(done)
    door.say(as_json, told, [f"{name}: {value:,}" for name, value in told.items()])
