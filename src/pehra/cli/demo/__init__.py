"""`pehra demo`: the house at work, told as a story whose numbers are checked."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from pehra.cli import door

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="The house at work, as a story."
)

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]


@app.callback()
def _stories() -> None:
    """Each story plays in a home of its own, which is gone afterwards."""


@app.command()
def day(
    home: Annotated[
        Path | None, typer.Option(help="Empty folder to play it in, and to keep.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Reports come in, holders are told by mail, answer, and are held to their answers.

    The mail goes to a server on this machine that the story starts, and to nobody else. Exits 1
    where a number is not what the story says it must be.
    """
    from pehra.cli.demo import story

    with tempfile.TemporaryDirectory(prefix="pehra-demo-") as name:
        place = home or Path(name)
        told = story.play(place, door.note)
    lines = [f"{name}: {value}" for name, value in told.items()]
    door.say(as_json, told, lines)
    if told["wrong"]:
        raise typer.Exit(1)
