"""`pehra init`, `status`: the home directory, and what is in it."""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pehra import __version__
from pehra.cli import door
from pehra.kernel import ids, settings
from pehra.kernel.errors import EnvironmentFault
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


def _own(home: Home) -> None:
    """Make the home's folder its owner's only; a folder that others made is left as it is."""
    if not home.root.exists():
        home.root.mkdir(mode=0o700, parents=True)
    elif home.exists and not home.root.stat().st_mode & stat.S_ISVTX:
        home.root.chmod(0o700)


def prepare(home: Home) -> dict[str, Any]:
    """Make the home, or bring it to this version; the same call twice changes nothing.

    Raises:
        EnvironmentFault: the folder or the database cannot be written.
    """
    try:
        _own(home)
        for folder in (home.blobs, home.indexes, home.lake, home.locks):
            folder.mkdir(parents=True, exist_ok=True)
        home.keys.mkdir(mode=0o700, exist_ok=True)
        _check_keys(home)
        for name in ("django.key", "finding.key"):
            _secret_file(home.keys / name)
        new = not home.exists
        if new:
            home.settings_file.write_text(_SETTINGS)
    except OSError as error:
        message = f"Cannot write {home.root}: {error.strerror}."
        raise EnvironmentFault(message, mend="Choose another PEHRA_HOME or free space.") from None
    door.open_home()
    from pehra.cli import upgrade

    made = upgrade.bring(home)
    told = {"home": str(home.root), "new": new, "structure": _fill()}
    return {**told, **({"backup": made.backup} if made.backup else {})}


def _check_keys(home: Home) -> None:
    """A home that has taken files in and lost its keys gets no new ones in silence.

    Findings would be named anew, and what is sealed would stay closed for good.
    """
    if not (home.keys / "finding.key").exists() and any(home.blobs.iterdir()):
        message = f"The keys of {home.root} are missing."
        mend = f"Copy them into {home.keys}, or bring them back: `pehra keys recover`."
        raise EnvironmentFault(message, mend=mend)


def _fill() -> int:
    from pehra.mandate import actions as mandate

    changes = mandate.load_structure(
        mandate.shipped_structure(), name="shipped", actor=door.operator(), now=clock()
    )
    return sum(1 for change in changes if change.outcome in ("added", "changed"))


init_app = typer.Typer()
status_app = typer.Typer()
apps = {"init": init_app, "status": status_app}


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
        "database": settings.load(home).database.place,
        "observations": observations.count(home, observations.Asked(), viewer=SYSTEM_VIEWER),
        "findings": findings.total(findings.Filter(), viewer=SYSTEM_VIEWER, limit=10**12),
        "batches": intake.count(viewer=SYSTEM_VIEWER),
        "ledger_entries": ledger.head().size,
        "address_look_ups": len(ledger.show("address", limit=10**9)),
        "disk_free_bytes": used.free,
        "at": iso(clock()),
    }
