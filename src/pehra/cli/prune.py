"""`pehra prune`, `holds`: what is too old goes, and what a legal hold keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from pehra.cli import door
from pehra.kernel import settings
from pehra.kernel.errors import UsageError
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]

prune_app = typer.Typer()
holds_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Legal holds: list, set, lift."
)
apps = {"prune": prune_app, "holds": holds_app}


@prune_app.command()
def prune(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    as_json: Json = False,
) -> None:
    """Cut and delete what is older than `[retention]` of pehra.toml allows; a job does it daily."""
    home = door.open_home()
    from pehra.intake import actions as intake

    kept = settings.load(home).retention
    done = intake.prune(home, kept, actor=door.operator(), now=clock(), dry_run=dry_run)
    told = {"dry_run": dry_run, **msgspec.to_builtins(done)}
    words = "would be" if dry_run else "were"
    line = (
        f"{done.cut:,} observations {words} cut and {done.deleted:,} deleted, {done.held:,} are"
        f" held; {done.files:,} files ({done.bytes >> 20:,} MiB), {done.rejects:,} rejects and"
        f" {done.backups:,} backups {words} deleted."
    )
    door.say(as_json, told, [line])


@holds_app.command("list")
def list_(as_json: Json = False) -> None:
    """Holds in force, since when, by whom and on what ground."""
    door.open_home()
    from pehra.intake import queries
    from pehra.mandate.viewers import SYSTEM_VIEWER

    rows = queries.holds(viewer=SYSTEM_VIEWER)
    if as_json:
        door.say(as_json, {"holds": rows})
        return
    columns = ("id", "kind", "value", "ground", "by", "since")
    door.table("Holds", columns, [[row[name] for name in columns] for row in rows])


@holds_app.command("set")
def set_(
    kind: Annotated[str, typer.Argument(help="network, organisation, source or batch.")],
    value: Annotated[str, typer.Argument(help="Prefix, slug, or id of the batch.")],
    *,
    ground: Annotated[str, typer.Option("--ground", help="By what order, law or case.")],
    as_json: Json = False,
) -> None:
    """Keep something whatever its age, until the hold is lifted."""
    door.open_home()
    from pehra.intake import actions as intake
    from pehra.mandate import queries as mandate

    if kind == "organisation":
        value = str(_holder({slug: one[0] for slug, one in mandate.holders().items()}, value))
    number = intake.hold(kind, value, ground, actor=door.operator(), now=clock())
    door.say(as_json, {"hold": number}, [f"Hold {number}: {kind} {value}."])


def _holder(known: Mapping[str, int], slug: str) -> int:
    if slug not in known:
        message = f"There is no organisation `{slug}`."
        raise UsageError(message, mend="`pehra registry export` lists them.")
    return known[slug]


@holds_app.command()
def lift(
    number: Annotated[int, typer.Argument(help="As `pehra holds list` shows it.")],
    as_json: Json = False,
) -> None:
    """End a hold; what it kept goes with the next pruning."""
    door.open_home()
    from pehra.intake import actions as intake

    intake.lift(number, actor=door.operator(), now=clock())
    door.say(as_json, {"lifted": number}, [f"Hold {number} is lifted."])
