"""What is on the disk when a call returns."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from pehra.kernel.errors import EnvironmentFault

if TYPE_CHECKING:
    from pathlib import Path


def flush(path: Path) -> None:
    """Make a file's bytes, or the names in a folder, survive a power cut (fsync(2)).

    Raises:
        OSError: it is not there, or the disk refuses.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def keep_secret(path: Path, data: bytes) -> None:
    """Put a file in the place of the one there, readable by its owner only; never half of it.

    Its folder is made where there is none.

    Raises:
        EnvironmentFault: it cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        flush(path.parent)
    except OSError as error:
        message = f"Cannot write {path}: {error.strerror}."
        raise EnvironmentFault(message, mend="Free space or check the owner and mode.") from None
    finally:
        # A secret is left nowhere else. Where the folder itself is none, nothing was written.
        with suppress(OSError):
            unfinished.unlink()
