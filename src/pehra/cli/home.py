"""`pehra init`, `status`, `doctor`: the home directory, what is in it, what is wrong with it."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from pehra import __version__
from pehra.cli import door
from pehra.kernel import ids, settings
from pehra.kernel.errors import EnvironmentFault, PehraError
from pehra.kernel.time import clock, iso

if TYPE_CHECKING:
    from pathlib import Path

    from pehra.kernel.settings import Home

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]

_SETTINGS = """\
# Settings of this home; docs/settings.md lists them all. An unknown key refuses to start.
# [database]
# url = "postgresql://pehra@/pehra"    # default: SQLite in this folder
# [nation]
# countries = ["PK"]
# time_zone = "Asia/Karachi"
"""
_LOW_DISK = 2 * 1024**3


def _secret_file(path: Path) -> None:
    """Make a secret once, readable by its owner only."""
    if path.exists():
        return
    unfinished = path.with_suffix(".unfinished")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(ids.new_secret().hex())
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)


def prepare(home: Home) -> dict[str, Any]:
    """Make the home, or bring it to this version; the same call twice changes nothing.

    Raises:
        EnvironmentFault: the folder or the database cannot be written.
    """
    try:
        for folder in (home.root, home.blobs, home.indexes, home.lake, home.locks):
            folder.mkdir(parents=True, exist_ok=True)
        home.keys.mkdir(mode=0o700, exist_ok=True)
        for name in ("django.key", "finding.key"):
            _secret_file(home.keys / name)
        new = not home.exists
        if new:
            home.settings_file.write_text(_SETTINGS)
    except OSError as error:
        message = f"Cannot write {home.root}: {error.strerror}."
        raise EnvironmentFault(message, mend="Choose another PEHRA_HOME or free space.") from None
    door.open_home()
    return {"home": str(home.root), "new": new, "structure": _fill(home)}


def _fill(home: Home) -> int:
    door.migrate(home)
    from pehra.mandate import actions as mandate

    changes = mandate.load_structure(
        mandate.shipped_structure(), name="shipped", actor=door.operator(), now=clock()
    )
    return sum(1 for change in changes if change.outcome in ("added", "changed"))


init_app = typer.Typer()
status_app = typer.Typer()
doctor_app = typer.Typer()
apps = {"init": init_app, "status": status_app, "doctor": doctor_app}


@init_app.command()
def init(as_json: Json = False) -> None:
    """Make the home directory: settings, keys, database, the nation's structure."""
    made = prepare(settings.home_path())
    words = "made" if made["new"] else "is there already and up to date"
    door.say(as_json, made, [f"The home {made['home']} {words}."])


@status_app.command()
def status(as_json: Json = False) -> None:
    """What is set up, and how much is in it."""
    home = door.open_home()
    found = measure(home)
    door.say(as_json, found, (f"{name}: {value}" for name, value in found.items()))


def measure(home: Home) -> dict[str, Any]:
    """Counts of the home's rows, and where they lie."""
    from pehra.findings import queries as findings
    from pehra.intake import queries as intake
    from pehra.ledger import queries as ledger
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.observations import queries as observations

    used = shutil.disk_usage(home.root)
    return {
        "version": __version__,
        "home": str(home.root),
        "database": settings.load(home).database.url.split("@")[-1],
        "observations": observations.count(home, observations.Asked(), viewer=SYSTEM_VIEWER),
        "findings": findings.total(findings.Filter(), viewer=SYSTEM_VIEWER, limit=10**12),
        "batches": intake.count(viewer=SYSTEM_VIEWER),
        "ledger_entries": ledger.head().size,
        "disk_free_bytes": used.free,
        "at": iso(clock()),
    }


class _Check(msgspec.Struct, frozen=True):
    """One thing looked at: whether it is well, and if not, what mends it."""

    what: str
    well: bool
    found: str
    mend: str = ""


@doctor_app.command()
def doctor(as_json: Json = False) -> None:
    """What is wrong, and how to mend it; exits 1 where anything is."""
    home = settings.home_path()
    checks = list(_checks(home))
    wrong = [check for check in checks if not check.well]
    lines = [
        f"{'ok  ' if c.well else 'MEND'} {c.what}: {c.found} {'' if c.well else c.mend}".rstrip()
        for c in checks
    ]
    door.say(as_json, {"well": not wrong, "checks": msgspec.to_builtins(checks)}, lines)
    if wrong:
        raise typer.Exit(1)


def _checks(home: Home) -> list[_Check]:
    if not home.exists:
        return [_Check("home", well=False, found=f"none at {home.root}", mend="Run `pehra init`.")]
    checks = [_Check("home", well=True, found=str(home.root)), _keys(home), _disk(home)]
    for what, look in (("settings", _settings), ("database", _database), ("indexes", _indexes)):
        try:
            checks.append(_Check(what, well=True, found=look(home)))
        except PehraError as error:
            checks.append(_Check(what, well=False, found=error.message, mend=error.mend))
    return checks


def _keys(home: Home) -> _Check:
    missing = [n for n in ("django.key", "finding.key") if not (home.keys / n).is_file()]
    loose = [p.name for p in home.keys.glob("*.key") if p.stat().st_mode & 0o077]
    found = f"missing {missing}" if missing else f"readable by others: {loose}" if loose else "0600"
    return _Check("keys", not (missing or loose), found, "Restore them, or `chmod 600`.")


def _disk(home: Home) -> _Check:
    free = shutil.disk_usage(home.root).free
    return _Check("disk", free > _LOW_DISK, f"{free // 1024**2} MiB free", "Free space.")


def _settings(home: Home) -> str:
    return settings.load(home).database.url.split("@")[-1]


def _database(home: Home) -> str:
    door.open_home()
    vendor, waiting = door.database(home)
    if waiting:
        message = f"{waiting} migrations are waiting."
        raise EnvironmentFault(message, mend="Run `pehra init`.")
    return vendor


def _indexes(home: Home) -> str:
    from pehra.registry.networks import Networks

    table = Networks.load(home.indexes / "networks")
    return f"address table of {len(table):,} ranges" if hasattr(table, "__len__") else "there"
