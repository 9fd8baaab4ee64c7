"""`pehra cases exercise`: scenarios, run, begin, next, end, list, show, ping, answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from pehra.cli import door, named
from pehra.kernel.errors import UsageError
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.notices.actions.rounds import Scene

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Exercises: played for real, in no number."
)
Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
Slug = Annotated[str, typer.Argument(metavar="SCENARIO", help="Its slug.")]
Number = Annotated[int, typer.Argument(metavar="EXERCISE", help="Its number.")]
TakesPart = Annotated[
    list[str] | None,
    typer.Option("--organisation", help="Slug of who takes part; may be given often."),
]
_MOST = 3


def _taking_part(slug: str, given: list[str] | None) -> tuple[int, ...]:
    """Those named; else some of the scenario's sector, or of any."""
    from pehra.cases.exercises.scenarios import scenario
    from pehra.mandate.queries.groups import grouped

    told = scenario(slug)
    if given:
        found = (named.organisation(one) for one in given)
        return tuple(one for one in found if one is not None)
    known = [one for one in grouped() if not one.role]
    of_sector = [one.organisation for one in known if one.sector == told.sector]
    return tuple((of_sector or [one.organisation for one in known])[:_MOST])


def _scene(at: datetime) -> Scene:
    from pehra.notices.jobs import scene

    return scene(at)


@app.command()
def scenarios(as_json: Json = False) -> None:
    """What can be played."""
    from pehra.cases.exercises.scenarios import scenarios as known

    told: list[dict[str, Any]] = [
        {"scenario": slug, "name": one.name, "name_ur": one.name_ur, "about": one.about,
         "drawn_from": one.drawn_from, "injects": len(one.injects), "minutes": one.minutes}
        for slug, one in known().items()
    ]  # fmt: skip
    if as_json:
        door.say(as_json, {"scenarios": told})
        return
    door.table("Scenarios", ("scenario", "name", "injects"),
               ([one[key] for key in ("scenario", "name", "injects")] for one in told))  # fmt: skip


@app.command()
def run(slug: Slug, organisation: TakesPart = None, as_json: Json = False) -> None:
    """Play a scenario to its end in simulated time that ends now. Letters wait, as always."""
    door.open_home()
    from pehra.cases.exercises.actions.play import play
    from pehra.cases.exercises.queries import exercise
    from pehra.mandate.viewers import SYSTEM_VIEWER

    who = _taking_part(slug, organisation)
    number, done = play(slug, who, scene=_scene, now=clock())
    found = exercise(number, viewer=SYSTEM_VIEWER)
    told = {
        "exercise": number,
        "case": found.case if found else None,
        "organisations": len(who),
        "injects": msgspec.to_builtins(done),
    }
    lines = [f"{one.at:%d %b %H:%M}  {one.does}  {one.facts}" for one in done]
    door.say(as_json, told, [*lines, f"Exercise {number} was played to its end."])


@app.command()
def begin(slug: Slug, organisation: TakesPart = None, as_json: Json = False) -> None:
    """Begin an exercise that persons play, inject by inject."""
    door.open_home()
    from pehra.cases.exercises.actions import play

    who = _taking_part(slug, organisation)
    number = play.begin(slug, who, actor=door.operator(), at=clock())
    door.say(as_json, {"exercise": number}, [f"Exercise {number} has begun."])


@app.command("next")
def next_(number: Number, as_json: Json = False) -> None:
    """Put the next thing of the scenario in."""
    door.open_home()
    from pehra.cases.exercises.actions.play import put_in

    now = clock()
    done = put_in(number, scene=_scene(now), actor=door.operator(), at=now)
    told = msgspec.to_builtins(done)
    door.say(as_json, told, [f"{done.place + 1}: {done.does} {done.facts}"])


@app.command()
def end(number: Number, as_json: Json = False) -> None:
    """End an exercise, wherever it stands; its clocks stop."""
    door.open_home()
    from pehra.cases.exercises.actions import play

    play.end(number, actor=door.operator(), at=clock())
    door.say(as_json, {"exercise": number}, [f"Exercise {number} has ended."])


@app.command("list")
def list_(as_json: Json = False) -> None:
    """The newest exercises."""
    door.open_home()
    from pehra.cases.exercises.queries import exercises
    from pehra.mandate.viewers import SYSTEM_VIEWER

    told: list[dict[str, Any]] = msgspec.to_builtins(exercises(viewer=SYSTEM_VIEWER))
    if as_json:
        door.say(as_json, {"exercises": told})
        return
    names = ("id", "scenario", "case", "begun_at", "injects", "ended_at")
    door.table("Exercises", names, ([one[name] for name in names] for one in told))


@app.command()
def show(number: Number, as_json: Json = False) -> None:
    """What was put in, by whom; who answered the call; what was learned."""
    door.open_home()
    from pehra.cases.exercises import queries
    from pehra.mandate.viewers import SYSTEM_VIEWER

    found = queries.exercise(number, viewer=SYSTEM_VIEWER)
    if found is None:
        message = f"There is no exercise {number}."
        raise UsageError(message, mend="`pehra cases exercise list` names them.")
    told = msgspec.to_builtins(
        {
            "exercise": found,
            "injects": queries.injects(number, viewer=SYSTEM_VIEWER),
            "pings": queries.pings(viewer=SYSTEM_VIEWER, exercise=number),
            "lessons": queries.lessons(viewer=SYSTEM_VIEWER, case=found.case),
        }
    )
    lines = [f"{one['place'] + 1}: {one['kind']} by {one['by']}" for one in told["injects"]]
    door.say(as_json, told, lines)


@app.command()
def ping(
    team: Annotated[str, typer.Option(help="Slug of the team.")],
    minutes: Annotated[int, typer.Option(help="Within how many everybody answers.")] = 15,
    as_json: Json = False,
) -> None:
    """Ask all of a team's call tree."""
    door.open_home()
    from pehra.cases.exercises.actions.pings import ask
    from pehra.cases.exercises.queries import pings
    from pehra.mandate.viewers import SYSTEM_VIEWER

    chosen = named.team(team)
    if chosen is None:
        message = "No team is named."
        raise UsageError(message, mend="Name its slug: --team ncert.")
    number = ask(chosen, minutes, actor=door.operator(), at=clock())
    (found,) = pings(viewer=SYSTEM_VIEWER, number=number)
    lines = [f"{one.id}: {one.name} ({one.duty})" for one in found.called]
    door.say(as_json, msgspec.to_builtins(found), lines)


@app.command()
def answered(
    called: Annotated[int, typer.Argument(help="Number of the person in the ping.")],
    how: Annotated[str, typer.Option(help="phone, mail or page.")] = "phone",
    as_json: Json = False,
) -> None:
    """Note that somebody answered."""
    door.open_home()
    from pehra.cases.exercises.actions import pings

    pings.answered(called, how, actor=door.operator(), at=clock())
    door.say(as_json, {"called": called, "how": how}, ["Noted."])
