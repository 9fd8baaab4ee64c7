"""`pehra upgrade`: a home is brought to this version, and how to go back is said.

Tables are never changed without a backup first. Where the tables are of a newer Pehra, nothing is
done: `door.open_home` refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from pehra import __version__
from pehra.cli import backup, deposit, door
from pehra.cli.keys import Phrase  # noqa: TC001 typer reads the annotation when it runs
from pehra.engines.lake.lock import only_one
from pehra.kernel.errors import PehraError
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from pehra.kernel.settings import Home

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]

app = typer.Typer()


class Done(msgspec.Struct, frozen=True):
    """What was done to a home.

    Attributes:
        migrations: how many changes of tables were made.
        backup: the file that holds the home as it was; empty where nothing was changed.
    """

    migrations: int = 0
    backup: str = ""


@app.command()
def upgrade(*, passphrase_file: Phrase = None, as_json: Json = False) -> None:
    """Bring the home to this version: backup, tables, seals; then check it.

    The backup is in the home's `backups/`. The keys are in it as `pehra backup` says.
    """
    home = door.open_home()
    done = bring(home, deposit.phrase_of(passphrase_file))
    sealed = _seal(home)
    wrong = _check(home)
    told = {
        "version": __version__,
        **msgspec.to_builtins(done),
        **sealed,
        "well": not wrong,
        "wrong": wrong,
        "back": _way_back(home, done),
    }
    door.say(as_json, told, _lines(home, told))
    if wrong:
        raise typer.Exit(1)


def bring(home: Home, phrase: str | None = None) -> Done:
    """Bring the tables to this version, after a backup where there are rows already.

    Raises:
        EnvironmentFault: the database does not answer, or there is no space for the backup.
    """
    with only_one(home.locks / "upgrade"):
        _, waiting = door.database(home)
        if not waiting:
            _raise_fence()
            return Done()
        if door.is_empty():
            door.migrate(home)
            return Done(waiting)
        door.note(f"{waiting} changes of tables are waiting; a backup is made first.")
        made = backup.write(home, None, phrase)
        door.note(f"The backup is {made.file}.")
        door.migrate(home)
        backup.enter(made)
        _enter(waiting, made.manifest_sha256)
        return Done(waiting, made.file)


def _raise_fence() -> None:
    """A model may say anew who sees its rows without a change of its table."""
    from pehra.mandate.actions.fence import raise_fence

    raise_fence()


def _enter(migrations: int, manifest: str) -> None:
    from pehra.ledger import actions as ledger

    ledger.record(
        "home.upgrade",
        actor=door.operator(),
        subject="home",
        facts={"version": __version__, "migrations": migrations, "backup": manifest},
        now=clock(),
    )


def _seal(home: Home) -> dict[str, int]:
    """What the first release kept as it came is sealed now."""
    from pehra.intake import actions as intake

    done = intake.reseal(home, backup.Bar("sealed"))
    return {"sealed_files": done["plain"] + done["files"], "sealed_rejects": done["rejects"]}


def _check(home: Home) -> list[str]:
    """What `pehra doctor` finds wrong with what an upgrade touches."""
    from pehra.cli.checks import files, rows

    looks = {
        "keys": files.keys_are_secret,
        "database": rows.database_is_ours,
        "lake": files.lake_opens,
        "ledger": rows.ledger_head_holds,
    }
    wrong = []
    for what, look in looks.items():
        try:
            look(home)
        except PehraError as error:
            wrong.append(f"{what}: {error}")
    return wrong


def _way_back(home: Home, done: Done) -> str:
    if not done.backup:
        return ""
    return (
        f"To go back: stop Pehra, `pehra restore {done.backup} --to NEW_HOME --keys {home.keys}`,"
        " and run the earlier version there."
    )


def _lines(home: Home, told: dict[str, Any]) -> list[str]:
    done = (
        f"{home.root} is of Pehra {__version__}: {told['migrations']} changes of tables,"
        f" {told['sealed_files']} files and {told['sealed_rejects']} rejects sealed."
    )
    lines = [done, *(f"MEND {one}" for one in told["wrong"])]
    return [*lines, told["back"]] if told["back"] else lines
