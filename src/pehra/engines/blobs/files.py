"""Blobs in a folder: `ab/abcdef...`, written to a temporary name, flushed, then renamed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import BinaryIO

import msgspec

from pehra.kernel.errors import EnvironmentFault

_CHUNK = 1 << 20


class Blob(msgspec.Struct, frozen=True):
    """A kept file: its SHA-256 in hexadecimal, its size in bytes, and where it lies."""

    sha256: str
    size: int
    path: Path


def path_of(root: Path, sha256: str) -> Path:
    """Where the blob of this digest lies, whether it is there or not."""
    return root / sha256[:2] / sha256


def keep(root: Path, stream: BinaryIO, *, largest: int) -> Blob:
    """Keep all bytes of `stream`; when this returns they are durable.

    Raises:
        EnvironmentFault: the disk is full, read-only, or the input is over `largest` bytes.
    """
    try:
        return _keep(root, stream, largest)
    except OSError as error:
        message = f"Cannot keep the file in {root}: {error.strerror}."
        raise EnvironmentFault(message, mend="Free space or check the owner and mode.") from None


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check_size(size: int, largest: int) -> None:
    if size > largest:
        message = f"The file is over {largest} bytes."
        raise EnvironmentFault(message, mend="Raise `intake.largest_file`.")


def _keep(root: Path, stream: BinaryIO, largest: int) -> Blob:
    root.mkdir(parents=True, exist_ok=True)
    hasher, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=root, prefix="incoming-", delete=False) as file:
        unfinished = Path(file.name)
        try:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                _check_size(size, largest)
                hasher.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            unfinished.unlink()
            raise
    path = path_of(root, hasher.hexdigest())
    path.parent.mkdir(exist_ok=True)
    unfinished.replace(path)
    for folder in (path.parent, root):
        _flush(folder)
    return Blob(hasher.hexdigest(), size, path)
