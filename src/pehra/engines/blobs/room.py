"""Room on a disk: work that would fill it is refused before it begins."""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING

from pehra.kernel.errors import EnvironmentFault

if TYPE_CHECKING:
    from pathlib import Path

_MIB = 1 << 20
_FULL = (
    "database or disk is full",
    "no space left on device",
    "readonly database",
    "read-only file system",
    "disk quota exceeded",
)
"""As SQLite, PostgreSQL and the lake's libraries say it."""


def check(folder: Path, wanted: int, reserve: int) -> None:
    """See that `wanted` bytes more leave at least `reserve` bytes free, and that it can be written.

    Raises:
        EnvironmentFault: they do not, or the disk is read-only.
    """
    try:
        free, flags = shutil.disk_usage(folder).free, os.statvfs(folder).f_flag
    except OSError as error:
        message = f"Cannot look at the disk of {folder}: {error.strerror}."
        raise EnvironmentFault(message, mend="Check that it is mounted.") from None
    if flags & os.ST_RDONLY:
        message = f"The disk of {folder} is read-only: nothing can be taken in."
        raise EnvironmentFault(message, mend="Mount it for writing; `pehra doctor` says more.")
    if free < wanted + reserve:
        message = (
            f"The disk of {folder} has {free // _MIB:,} MiB free; {wanted // _MIB:,} MiB are"
            f" wanted, and {reserve // _MIB:,} MiB stay in reserve."
        )
        mend = "Free space (`pehra prune`, old backups), or lower `intake.reserve_bytes`."
        raise EnvironmentFault(message, mend=mend)


def is_full(error: BaseException) -> bool:
    """Whether an error from below says that the disk is full, or may not be written."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        return True
    words = str(error).lower()
    return any(one in words for one in _FULL)
