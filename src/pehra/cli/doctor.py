"""`pehra doctor`: what is wrong with a home, and how to mend it."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from pehra.cli import door
from pehra.cli.faults import fault_of
from pehra.kernel import settings
from pehra.kernel.errors import Damaged, EnvironmentFault, PehraError
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pehra.kernel.settings import Home

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]

app = typer.Typer()

_LOW_DISK = 2 * 1024**3
_OLD_TABLE = timedelta(days=90)
"""Address space changes hands by some percent a year: older tables name too many wrong ones."""


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
def doctor(as_json: Json = False) -> None:
    """What is wrong, and how to mend it; exits 1 where anything is."""
    checks = list(_checks(settings.home_path()))
    wrong = [check for check in checks if not check.well]
    told = {"well": not wrong, "checks": msgspec.to_builtins(checks)}
    door.say(as_json, told, [check.line for check in checks])
    if wrong:
        raise typer.Exit(1)


def _checks(home: Home) -> Iterator[_Check]:
    if not home.exists:
        yield _Check("home", well=False, found=f"none at {home.root}", mend="Run `pehra init`.")
        return
    yield from (_home(home), _keys(home), _disk(home))
    # What lies in the database is looked at only where there is one that can be read.
    first: list[_Check] = []
    for what, look in _FIRST.items():
        if all(check.well for check in first):
            first.append(_look(what, look, home))
    yield from first
    for what, look in _FILES.items():
        yield _look(what, look, home)
    for what, look in _ROWS.items() if all(check.well for check in first) else ():
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


def _home(home: Home) -> _Check:
    mode = home.root.stat().st_mode & 0o777
    found = f"{home.root}, mode {mode:04o}"
    return _Check("home", not mode & 0o077, found, f"`chmod 700 {home.root}`.")


def _keys(home: Home) -> _Check:
    missing = [n for n in ("django.key", "finding.key") if not (home.keys / n).is_file()]
    loose = [p.name for p in home.keys.glob("*.key") if p.stat().st_mode & 0o077]
    found = f"missing {missing}" if missing else f"readable by others: {loose}" if loose else "0600"
    return _Check("keys", not (missing or loose), found, "Restore them, or `chmod 600`.")


def _disk(home: Home) -> _Check:
    free = shutil.disk_usage(home.root).free
    return _Check("disk", free > _LOW_DISK, f"{free // 1024**2} MiB free", "Free space.")


def _settings(home: Home) -> str:
    return settings.load(home).database.place


def _database(home: Home) -> str:
    door.open_home()
    vendor, waiting = door.database(home)
    if waiting:
        message = f"{waiting} migrations are waiting."
        raise EnvironmentFault(message, mend="Run `pehra init`.")
    return vendor


def _addresses(home: Home) -> str:
    from pehra.registry.networks import Networks

    table = Networks.load(home.indexes / "networks")
    age = clock() - datetime.fromisoformat(table.built_at)
    found = f"an address table of {table.size:,} stretches, {age.days} days old"
    if age > _OLD_TABLE:
        message = f"{found}."
        raise EnvironmentFault(message, mend="Run `pehra networks update`.")
    return found


def _lake(home: Home) -> str:
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.observations import queries

    return f"{queries.count(home, queries.Asked(), viewer=SYSTEM_VIEWER):,} observations"


def _ledger(home: Home) -> str:
    del home
    from pehra.ledger import checkpoint, queries

    size, note = queries.head().size, queries.latest_checkpoint()
    if note is None:
        return f"{size:,} entries, no checkpoint yet"
    signed = checkpoint.parse(note).tree.size
    if signed > size:
        message = f"The ledger has {size:,} entries, and a checkpoint signs {signed:,}."
        raise Damaged(message, mend="Run `pehra ledger verify`, then restore a backup.")
    return f"{size:,} entries, the latest checkpoint at {signed:,}"


def _holdings(home: Home) -> str:
    from pehra.registry import queries
    from pehra.registry.holdings import Holdings

    now, path = queries.revision(), home.indexes / "holdings"
    if not path.exists():
        return f"revision {now} is not compiled; the next ingest does it"
    compiled = Holdings.load(path)
    if compiled.revision != now:
        return f"stale: of revision {compiled.revision}, not {now}; the next ingest compiles it"
    return f"fresh: revision {now}, {compiled.size:,} claims"


_FIRST: dict[str, Callable[[Home], str]] = {"settings": _settings, "database": _database}
_FILES: dict[str, Callable[[Home], str]] = {"indexes": _addresses, "lake": _lake}
_ROWS: dict[str, Callable[[Home], str]] = {"ledger": _ledger, "holdings": _holdings}
