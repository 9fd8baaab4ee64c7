"""The home as files: owner and modes, room on the disk, what was built and can be built again."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pehra.kernel import settings
from pehra.kernel.errors import EnvironmentFault, PehraError
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pehra.kernel.settings import Home

_LOW_DISK = 2 * 1024**3
_FEW_FILES = 10_000
_SKEW = timedelta(seconds=5)
_OLD_TABLE = timedelta(days=90)
"""Address space changes hands by some percent a year: older tables name too many wrong ones."""
_NEEDED_KEYS = ("django.key", "finding.key")
_OTHERS = 0o077
_MOST_NAMED = 5


def home_is_its_owners(home: Home) -> str:
    """Others may not look in, and who runs this owns it."""
    told = home.root.stat()
    if told.st_mode & _OTHERS:
        message = f"{home.root}, mode {told.st_mode & 0o777:04o}"
        raise EnvironmentFault(message, mend=f"`chmod 700 {home.root}`.")
    if told.st_uid != os.geteuid():
        owner = _name(told.st_uid)
        message = f"{home.root} belongs to {owner}, and you are {_name(os.geteuid())}."
        raise EnvironmentFault(message, mend=f"Run Pehra as {owner}, else files change owner.")
    return f"{home.root}, mode {told.st_mode & 0o777:04o}"


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"


def staff_have_a_second_factor(home: Home) -> str:
    """Nobody with a team's office is let in by a password alone."""
    asked = settings.load(home).web.second_factor
    if asked != "staff" and (home.keys / "demo-account").exists():
        return f"{asked}, as in every home of a demo"
    if asked != "staff":
        message = f"`web.second_factor` is `{asked}`: a stolen password opens every finding."
        raise EnvironmentFault(message, mend="Take the line out of pehra.toml.")
    return "staff set one up before any page"


def keys_are_secret(home: Home) -> str:
    """Those that are needed are there, and nobody else reads any."""
    missing = [name for name in _NEEDED_KEYS if not (home.keys / name).is_file()]
    if missing:
        message = f"missing {missing}"
        raise EnvironmentFault(message, mend="Restore them, or `chmod 600`.")
    held = [path for path in (home.keys, *sorted(home.keys.rglob("*"))) if not path.is_symlink()]
    loose = [path.name for path in held if path.stat().st_mode & _OTHERS]
    if loose:
        message = f"readable by others: {loose[:_MOST_NAMED]}"
        raise EnvironmentFault(message, mend="Restore them, or `chmod 600`.")
    return f"0600, {sum(path.is_file() for path in held)} of them"


def disk_has_room(home: Home) -> str:
    """Bytes and files are left."""
    free, files = shutil.disk_usage(home.root).free, os.statvfs(home.root)
    found = f"{free // 1024**2} MiB free"
    if free <= _LOW_DISK:
        raise EnvironmentFault(found, mend="Free space; ingest stops when there is none.")
    # A file system that makes inodes as it needs them says 0 of 0.
    if files.f_files and files.f_favail < _FEW_FILES:
        message = f"{files.f_favail} more files can be made"
        raise EnvironmentFault(message, mend="Delete files that are not needed on this disk.")
    return found


def folders_can_be_written(home: Home) -> str:
    """Each takes a file, whose time is ours."""
    here = [path for path in (home.root, home.blobs, home.lake, home.indexes) if path.is_dir()]
    for folder in here:
        try:
            with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
                file.write(b"?")
                file.flush()
                os.fsync(file.fileno())
                _check_skew(os.fstat(file.fileno()).st_mtime, folder)
        except OSError as error:
            message = f"{folder}: {error.strerror}."
            mend = "Mount it for writing, free space, or check its owner."
            raise EnvironmentFault(message, mend=mend) from None
    return f"{len(here)} folders, their time is this machine's"


def _check_skew(at: float, folder: Path) -> None:
    skew = datetime.fromtimestamp(at, tz=UTC) - clock()
    if abs(skew) > _SKEW:
        message = f"The disk of {folder} is {skew.total_seconds():+.0f} s off this machine's clock."
        raise EnvironmentFault(message, mend="Set both by the same time server (NTP).")


def addresses_are_fresh(home: Home) -> str:
    """The address table is there and not old."""
    from pehra.registry.networks import Networks

    table = Networks.load(home.indexes / "networks")
    age = clock() - datetime.fromisoformat(table.built_at)
    found = f"an address table of {table.size:,} stretches, {age.days} days old"
    if age > _OLD_TABLE:
        message = f"{found}."
        raise EnvironmentFault(message, mend="Run `pehra networks update`.")
    return found


def lake_opens(home: Home) -> str:
    """Every file that it lists can be read."""
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.observations import queries

    return f"{queries.count(home, queries.Asked(), viewer=SYSTEM_VIEWER):,} observations"


def plans_are_whole(home: Home) -> str:
    """A plan of a fold that cannot be read would stop its batch for good."""
    import polars as pl

    found = sorted((home.indexes / "plans").glob("*.arrow"))
    for plan in found:
        try:
            pl.scan_ipc(plan).collect_schema()
        except (pl.exceptions.PolarsError, OSError):
            message = f"The plan {plan.name} cannot be read."
            mend = f"Delete {plan}, then `pehra replay {plan.name.partition('.')[0]}`."
            raise PehraError(message, mend=mend) from None
    return f"{len(found)} folds under way"


LOOKS: dict[str, Callable[[Home], str]] = {
    "home": home_is_its_owners,
    "keys": keys_are_secret,
    "disk": disk_has_room,
    "second factor": staff_have_a_second_factor,
    "folders": folders_can_be_written,
}
BUILT: dict[str, Callable[[Home], str]] = {
    "indexes": addresses_are_fresh,
    "lake": lake_opens,
    "plans": plans_are_whole,
}
