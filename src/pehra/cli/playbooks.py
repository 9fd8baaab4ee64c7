"""`pehra cases playbooks`: list, show, check, bring in, give away, begin, mark."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from pehra.cli import door
from pehra.kernel.errors import EnvironmentFault, UsageError
from pehra.kernel.time import clock, iso

if TYPE_CHECKING:
    from pehra.cases.playbooks.cacao import Playbook

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Playbooks (CACAO 2.0), which people follow."
)
Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
Which = Annotated[str, typer.Argument(metavar="PLAYBOOK", help="Its slug, or its number.")]


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        message = f"Cannot read {file}: {error.strerror}."
        raise EnvironmentFault(message, mend="Name a file of JSON.") from None


@app.command("list")
def list_(as_json: Json = False) -> None:
    """The playbooks that came with Pehra, and those that were brought in."""
    door.open_home()
    from pehra.cases.playbooks.queries import brought_in
    from pehra.cases.playbooks.shipped import shipped

    told: list[dict[str, Any]] = [
        {"which": slug, "name": one.name, "name_ur": one.title.name_ur, "kind": one.title.kind,
         "id": one.id, "version": one.version, "steps": len(one.steps), "shipped": True}
        for slug, one in shipped().items()
    ]  # fmt: skip
    told += [
        {"which": str(one.id), "name": one.name, "kind": one.kind, "id": one.cacao_id,
         "version": one.version, "shipped": False}
        for one in brought_in()
    ]  # fmt: skip
    if as_json:
        door.say(as_json, {"playbooks": told})
        return
    names = ("which", "name", "version")
    door.table("Playbooks", names, ([one[name] for name in names] for one in told))


def _read(which: str) -> Playbook:
    from pehra.cases.playbooks.queries import content_of
    from pehra.cases.playbooks.reading import read

    content = content_of(which)
    if content is None:
        message = f"There is no playbook `{which}`."
        raise UsageError(message, mend="`pehra cases playbooks list` names them.")
    return read(content)


@app.command()
def show(which: Which, as_json: Json = False) -> None:
    """The steps of a playbook: who acts, by when, and what evidence to keep."""
    door.open_home()
    from pehra.cases.playbooks.cacao import Action
    from pehra.cases.playbooks.outline import outline

    playbook = _read(which)
    told: list[dict[str, Any]] = []
    for place in outline(playbook):
        step, guide = playbook.steps[place.key], playbook.guides[place.key]
        who = playbook.agents[step.agent].name if isinstance(step, Action) else ""
        told.append(
            {"number": place.number, "key": place.key, "type": step.type, "name": step.name,
             "description": step.description, "who": who,
             **{name: value for name, value in msgspec.to_builtins(guide).items() if value}}
        )  # fmt: skip
    lines = [f"{one['number']:<5} {one['name']}{' - ' + one['who'] if one['who'] else ''}"
             for one in told]  # fmt: skip
    facts = {"name": playbook.name, "id": playbook.id, "version": playbook.version, "steps": told}
    door.say(as_json, facts, [f"{playbook.name} ({playbook.version})", *lines])


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A playbook in JSON.")], as_json: Json = False
) -> None:
    """Say of everything that is wrong in a file where it stands. Needs no home."""
    from pehra.cases.playbooks.reading import check as checked

    found, faults = checked(_content(file))
    told = {
        "valid": found is not None,
        "name": found.name if found else None,
        "steps": len(found.steps) if found else None,
        "faults": msgspec.to_builtins(faults),
    }
    lines = [f"{one.place}: {one.message}" for one in faults] or [f"{file}: valid CACAO 2.0"]
    door.say(as_json, told, lines)
    if found is None:
        raise SystemExit(2)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A playbook in JSON.")], as_json: Json = False
) -> None:
    """Bring a playbook in. The same file twice changes nothing."""
    door.open_home()
    from pehra.cases.playbooks.actions import bring_in

    number = bring_in(_content(file), actor=door.operator(), now=clock())
    door.say(as_json, {"playbook": number}, [f"Playbook {number} is here."])


@app.command()
def export(
    which: Which,
    out: Annotated[Path, typer.Option(help="Where to.")],
    as_json: Json = False,
) -> None:
    """Write a playbook to a file, byte for byte as it is kept."""
    door.open_home()
    from pehra.cases.playbooks.queries import content_of

    _read(which)
    content = content_of(which) or b""
    try:
        out.write_bytes(content)
    except OSError as error:
        message = f"Cannot write {out}: {error.strerror}."
        raise EnvironmentFault(message, mend="Name another file.") from None
    door.say(as_json, {"bytes": len(content)}, [f"{len(content):,} bytes"])


@app.command()
def begin(
    case: Annotated[int, typer.Argument(metavar="CASE", help="Number of the case.")],
    which: Which,
    as_json: Json = False,
) -> None:
    """Begin to follow a playbook in a case."""
    door.open_home()
    from pehra.cases.playbooks import actions

    run = actions.begin(case, which, actor=door.operator(), at=clock())
    door.say(as_json, {"run": run}, [f"Run {run}."])


@app.command()
def mark(
    run: Annotated[int, typer.Argument(metavar="RUN", help="Number of the run.")],
    step: Annotated[str, typer.Argument(help="Number of the step, such as 3b1, or its key.")],
    state: Annotated[str, typer.Option(help="done, skipped or open.")] = "done",
    answer: Annotated[str, typer.Option(help="Of a question: the branch, such as true.")] = "",
    why: Annotated[str, typer.Option(help="A skipped step needs a reason.")] = "",
    as_json: Json = False,
) -> None:
    """Say of a step that it is done, skipped, or open after all."""
    door.open_home()
    from pehra.cases.playbooks import actions
    from pehra.cases.playbooks.following import Mark
    from pehra.cases.playbooks.outline import outline
    from pehra.cases.playbooks.queries import run_of
    from pehra.mandate.viewers import SYSTEM_VIEWER

    found = run_of(run, viewer=SYSTEM_VIEWER)
    if found is not None:
        keys = {one.number: one.key for one in outline(found.playbook)}
        step = keys.get(step, step)
    now = clock()
    wish = Mark(step=step, state=state, chosen=answer, why=why)
    actions.mark(run, wish, actor=door.operator(), at=now)
    after = run_of(run, viewer=SYSTEM_VIEWER)
    assert after is not None  # noqa: S101 it was marked
    told = {"at": iso(now), "settled": after.standing.settled, "total": after.standing.total}
    door.say(as_json, told, [f"{told['settled']} of {told['total']} steps."])
