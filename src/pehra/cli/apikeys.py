"""`pehra accounts key`: keys by which machines of a team or an organisation ask the API."""

from __future__ import annotations

import os
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Keys of teams and organisations for the API.",
)
Json = Annotated[bool, typer.Option("--json", help="One line of JSON.")]


@app.command()
def add(
    label: Annotated[str, typer.Argument(help="What it is for, such as `ticket system`.")],
    scope: Annotated[list[str], typer.Option(help="What it opens; again for more.")],
    organisation: Annotated[str, typer.Option(help="Slug of the organisation.")] = "",
    team: Annotated[str, typer.Option(help="Slug of the team.")] = "",
    days: Annotated[int, typer.Option(min=1, help="Days that it lives; 366 at most.")] = 90,
    json: Json = False,
) -> None:
    """Give a key. It is printed once; Pehra keeps its digest only."""
    from datetime import timedelta

    from pehra.cli.door import open_home, operator, say
    from pehra.kernel.time import clock

    open_home()
    from pehra.mandate.apikeys import actions, queries

    now = clock()
    new = actions.NewKey(
        owner=queries.owner_named(organisation=organisation, team=team),
        label=label,
        scopes=scope,
        expires=now.date() + timedelta(days=min(days, 10_000)),
    )
    text = actions.give_key(new, os.urandom(actions.RANDOM_BYTES), actor=operator(), now=now)
    told = {"key": text, "owner": new.owner.subject, "expires": new.expires.isoformat()}
    say(json, told, [text, f"Opens {', '.join(scope)} until {new.expires}. It is not shown again."])


@app.command("list")
def list_(json: Json = False) -> None:
    """All keys, the newest first."""
    import msgspec

    from pehra.cli.door import open_home, say, table
    from pehra.kernel.time import clock

    open_home()
    from pehra.mandate.apikeys import queries
    from pehra.mandate.viewers import SYSTEM_VIEWER

    found = queries.keys(clock().date(), viewer=SYSTEM_VIEWER)
    if json:
        listed = [msgspec.to_builtins(key) | {"owner": key.owner.subject} for key in found]
        say(json, {"keys": listed})
        return
    heads = ["key", "for", "owner", "opens", "until", "last used", "state"]
    rows = (
        [key.name, key.label, key.owner.subject, " ".join(key.scopes), str(key.expires),
         str(key.last_used or "never"), key.state]
        for key in found
    )  # fmt: skip
    table("API keys", heads, rows)


@app.command()
def revoke(
    name: Annotated[str, typer.Argument(help="The key's public part, as `list` shows it.")],
    json: Json = False,
) -> None:
    """Take a key back at once."""
    from pehra.cli.door import open_home, operator, say
    from pehra.kernel.time import clock

    open_home()
    from pehra.mandate.apikeys import actions
    from pehra.mandate.viewers import SYSTEM_VIEWER

    actions.revoke_key(name, viewer=SYSTEM_VIEWER, actor=operator(), now=clock())
    say(json, {"revoked": name}, [f"The key {name} opens nothing any more."])
