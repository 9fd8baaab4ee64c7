"""`pehra notices exercise`: begin an exercise, and see what came of it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from pehra.cli import door, named
from pehra.kernel.errors import UsageError
from pehra.kernel.time import clock

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Letters for training, in no number."
)

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]


@app.command()
def begin(
    organisation: Annotated[
        list[str] | None, typer.Option(help="Slug of who takes part; may be given often.")
    ] = None,
    team: Annotated[str, typer.Option(help="Slug of a team: all on which it leads.")] = "",
    scenario: Annotated[
        str, typer.Option(help="What is made up: exposed, infected or web.")
    ] = "exposed",
    copies: Annotated[
        bool, typer.Option("--copies", help="Copy real findings instead of making any up.")
    ] = False,
    urgent: Annotated[
        bool, typer.Option("--urgent", help="As what is told at once, by day and night.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Plan the letters of an exercise. They wait until another person says `pehra notices send`.

    While sending is off this is a preview. Nothing of it counts in any number.
    """
    door.open_home()
    from pehra.notices import jobs
    from pehra.notices.actions import exercises

    now = clock()
    scene = jobs.scene(now)
    chosen = {named.organisation(slug) for slug in organisation or ()}
    leader = named.team(team)
    if leader is not None:
        chosen |= exercises.led_by(leader, scene)
    asked = exercises.Exercise(
        frozenset(one for one in chosen if one is not None),
        "" if copies else scenario,
        urgent=urgent,
    )
    found = exercises.begin(asked, scene, actor=door.operator())
    told: dict[str, Any] = msgspec.to_builtins(found)
    line = (
        f"Exercise {found.id} is {found.state}: {found.recipients:,} mailboxes,"
        f" {found.findings:,} findings."
    )
    door.say(as_json, {"round": told}, [line])


@app.command()
def show(
    number: Annotated[int, typer.Argument(metavar="ROUND", help="Number of the round.")],
    as_json: Json = False,
) -> None:
    """What came of an exercise: who was written to, who answered, how soon, and what."""
    door.open_home()
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.notices import queries
    from pehra.notices.queries.exercises import outcome

    found = queries.round_of(number)
    if found is None or not found.exercise:
        message = f"There is no exercise {number}."
        raise UsageError(message, mend="`pehra notices rounds` lists rounds, exercises too.")
    came = outcome(number, viewer=SYSTEM_VIEWER)
    told = {"round": msgspec.to_builtins(found), "outcome": msgspec.to_builtins(came)}
    lines = [f"{name}: {value}" for name, value in told["outcome"].items()]
    door.say(as_json, told, [f"state: {found.state}", *lines])
