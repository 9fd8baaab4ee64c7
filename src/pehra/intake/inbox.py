"""A watched folder: files that somebody drops there, taken when they are whole, then put aside.

Nothing is remembered besides where a file lies: one that is not put aside yet is taken again, and
the same bytes are the same batch. So this may end at any moment and begin anew.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from pehra.kernel.errors import EnvironmentFault
from pehra.kernel.time import iso

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

DONE, FAILED = "done", "failed"
_UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload", ".swp", "~")
"""How programs end the name of what they have not finished writing."""


def ready(folder: Path, settle: float, now: datetime) -> list[Path]:
    """Files that are whole, the oldest first.

    A file is whole when it has not changed for `settle` seconds, by the time that its disk gave it.
    Hidden ones, links and folders are none, nor is one named as unfinished.

    Raises:
        EnvironmentFault: the folder is not there, or not ours to read and write.
    """
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                told = entry.stat(follow_symlinks=False)
                # A disk whose clock is ahead of ours is believed about what it says is old.
                still = abs(now.timestamp() - told.st_mtime) >= settle
                if stat.S_ISREG(told.st_mode) and still and _is_finished(entry.name):
                    found.append((told.st_mtime_ns, entry.name))
        for name in (DONE, FAILED):
            (folder / name).mkdir(exist_ok=True)
    except OSError as error:
        message = f"The folder {folder} cannot be used: {error.strerror}."
        raise EnvironmentFault(message, mend="Make it, with this user as its owner.") from None
    return [folder / name for _, name in sorted(found)]


def _is_finished(name: str) -> bool:
    return not (name.startswith(".") or name.lower().endswith(_UNFINISHED))


def version(path: Path) -> tuple[int, int, int]:
    """What changes when a file is written to, or replaced: size, time, number of its inode."""
    told = path.lstat()
    return told.st_size, told.st_mtime_ns, told.st_ino


def put_aside(path: Path, place: str, *, note: str = "", now: datetime) -> Path:
    """Move a file to `done` or `failed`, beside a note where there is something to say.

    A file of that name that lies there already stays: the new one gets a number.
    """
    aside = path.parent / place
    target, number = aside / path.name, 1
    while os.path.lexists(target):  # a link that leads nowhere is in the way too
        number += 1
        target = aside / f"{path.name}.{number}"
    if note:
        # First the note: whoever finds the file there finds why.
        target.with_name(f"{target.name}.why.txt").write_text(f"{iso(now)}\n{note}\n")
    path.rename(target)
    return target


def prune(folder: Path, before: datetime) -> int:
    """Delete what was taken in and put aside before a time; gives how many files.

    Files that failed stay until somebody has looked at them.
    """
    aside, count = folder / DONE, 0
    for path in sorted(aside.iterdir()) if aside.is_dir() else ():
        told = path.lstat()
        # Renaming sets this time, unlike the time of writing.
        if stat.S_ISREG(told.st_mode) and told.st_ctime < before.timestamp():
            path.unlink()
            count += 1
    return count
