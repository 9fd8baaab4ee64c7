"""Room on a disk: what would fill it is refused, and a full one is known by any words."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest

from pehra.engines.blobs import room
from pehra.kernel.errors import EnvironmentFault

if TYPE_CHECKING:
    from pathlib import Path


def test_what_would_leave_too_little_is_refused(tmp_path: Path) -> None:
    room.check(tmp_path, 1, 1)
    free = shutil.disk_usage(tmp_path).free
    for wanted, reserve in ((free * 2, 0), (0, free * 2)):
        with pytest.raises(EnvironmentFault, match="MiB stay in reserve"):
            room.check(tmp_path, wanted, reserve)
    with pytest.raises(EnvironmentFault, match="Cannot look at the disk"):
        room.check(tmp_path / "none", 1, 1)


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EROFS, "Read-only file system"), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (sqlite3.OperationalError("database or disk is full"), True),
        (sqlite3.OperationalError("attempt to write a readonly database"), True),
        (sqlite3.OperationalError("no such table"), False),
        (
            RuntimeError("Generic LocalFileSystem error: No space left on device (os error 28)"),
            True,
        ),
    ],
)
def test_a_full_disk_is_known(error: Exception, full: bool) -> None:  # noqa: FBT001 of the table
    assert room.is_full(error) is full
