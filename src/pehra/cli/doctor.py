"""`pehra doctor`: what is wrong with a home, and how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from pehra.cli import door
from pehra.cli.checks import files, rows
from pehra.cli.faults import fault_of
from pehra.kernel import settings
from pehra.kernel.errors import PehraError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pehra.kernel.settings import Home

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]

app = typer.Typer()


class _Check(msgspec.Struct, frozen=True):
    """One thing looked at: whether it is well, and if not, what mends it."""

    what: str
    well: bool
    found: str
    mend: str = ""

    @property
    def line(self) -> str:
        """The same for people."""
        verdict = "ok  " if self.well else "MEND"
        return f"{verdict} {self.what}: {self.found} {'' if self.well else self.mend}".rstrip()


@app.command()
def doctor(
    *,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Read all of the database and the ledger, too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """What is wrong, and how to mend it; exits 1 where anything is.

    Nothing is changed. What takes long on a large home is left to `--thorough`.
    """
    checks = list(_checks(settings.home_path(), thorough=thorough))
    wrong = [check for check in checks if not check.well]
    told = {"well": not wrong, "checks": msgspec.to_builtins(checks)}
    door.say(as_json, told, [check.line for check in checks])
    if wrong:
        raise typer.Exit(1)


def _checks(home: Home, *, thorough: bool) -> Iterator[_Check]:
    if not home.exists:
        yield _Check("home", well=False, found=f"none at {home.root}", mend="Run `pehra init`.")
        return
    for what, look in files.LOOKS.items():
        yield _look(what, look, home)
    # What lies in the database is looked at only where there is one that can be read.
    first: list[_Check] = []
    for what, look in rows.FIRST.items():
        if all(check.well for check in first):
            first.append(_look(what, look, home))
    yield from first
    for what, look in files.BUILT.items():
        yield _look(what, look, home)
    if all(check.well for check in first):
        for what, look in (rows.LOOKS | (rows.THOROUGH if thorough else {})).items():
            yield _look(what, look, home)


def _look(what: str, look: Callable[[Home], str], home: Home) -> _Check:
    try:
        return _Check(what, well=True, found=look(home))
    except PehraError as error:
        return _Check(what, well=False, found=error.message, mend=error.mend)
    except Exception as error:
        fault = fault_of(error)
        if fault is not None:
            return _Check(what, well=False, found=fault.message, mend="Restore it from a backup.")
        raise
