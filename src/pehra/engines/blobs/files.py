"""Blobs in a folder: `ab/abcdef....sealed`, written to a temporary name, flushed, then renamed.

They are found by the SHA-256 of the file as received, and sealed under the home's data key. Blobs
of the first release lie plain, under the same name without the ending, until `seal_old`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from pehra.engines.durable import flush
from pehra.engines.sealed import ring as rings
from pehra.engines.sealed import stream
from pehra.kernel.errors import EnvironmentFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pehra.engines.sealed.ring import Ring
    from pehra.kernel.settings import Home

SEALED = ".sealed"
_IN_MEMORY = 32 << 20
_ANY = 1 << 62


class Blob(msgspec.Struct, frozen=True):
    """A kept file: its SHA-256 in hexadecimal, its size in bytes, and where it lies sealed."""

    sha256: str
    size: int
    path: Path


def path_of(root: Path, sha256: str) -> Path:
    """Where the blob of this digest lies sealed, whether it is there or not."""
    return root / sha256[:2] / f"{sha256}{SEALED}"


def _plain(root: Path, sha256: str) -> Path:
    return path_of(root, sha256).with_suffix("")


def is_kept(home: Home, sha256: str) -> bool:
    """Whether the file of this digest is there."""
    return any(path(home.blobs, sha256).is_file() for path in (path_of, _plain))


def keep(home: Home, source: BinaryIO, *, largest: int) -> Blob:
    """Keep all bytes of `source`; when this returns they are durable.

    Raises:
        EnvironmentFault: the disk is full, read-only, or the input is over `largest` bytes.
    """
    held = rings.ring(home)
    try:
        return _keep(home.blobs, source, held, largest)
    except OverflowError:
        message = f"The file is over {largest} bytes."
        raise EnvironmentFault(message, mend="Raise `intake.largest_file`.") from None
    except OSError as error:
        message = f"Cannot keep the file in {home.blobs}: {error.strerror}."
        raise EnvironmentFault(message, mend="Free space or check the owner and mode.") from None


def _keep(root: Path, source: BinaryIO, held: Ring, largest: int) -> Blob:
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=root, prefix="incoming-", delete=False) as file:
        unfinished = Path(file.name)
        try:
            sha256, size = stream.seal(source, file.file, held.current, largest)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            unfinished.unlink()
            raise
    path = path_of(root, sha256)
    path.parent.mkdir(exist_ok=True)
    unfinished.replace(path)
    for folder in (path.parent, root):
        flush(folder)
    return Blob(sha256, size, path)


@contextmanager
def opened(home: Home, sha256: str) -> Iterator[Path]:
    """A path under which the kept file is read as it was received, for the length of a `with`.

    The plaintext has no name that another process could open: it is in memory, or, where it is
    large, in a file of the home that is unlinked from the start and gone with this process.

    Raises:
        EnvironmentFault: it is not there any more, or its key is not, or there is no space.
        Damaged: it was altered.
    """
    plain = _plain(home.blobs, sha256)
    if plain.is_file():
        yield plain
        return
    held = rings.ring(home)
    try:
        handle = _opened(home, sha256, held)
    except FileNotFoundError:
        message = f"The file {sha256} is not kept any more."
        raise EnvironmentFault(message, mend="Take it in again, or restore a backup.") from None
    except OSError as error:
        message = f"Cannot open the kept file {sha256}: {error.strerror}."
        raise EnvironmentFault(message, mend="Free space or check the owner and mode.") from None
    try:
        yield Path(f"/proc/self/fd/{handle}")
    finally:
        os.close(handle)


def _opened(home: Home, sha256: str, held: Ring) -> int:
    path = path_of(home.blobs, sha256)
    with path.open("rb", buffering=0) as sealed:
        if path.stat().st_size <= _IN_MEMORY:
            handle = os.memfd_create(sha256)
        else:
            handle = os.open(home.blobs, os.O_TMPFILE | os.O_RDWR, 0o600)
        try:
            for chunk in stream.opened(sealed, held, sha256):
                _write(handle, chunk)
        except BaseException:
            os.close(handle)
            raise
    return handle


def _write(handle: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(handle, rest) :]


def seal_old(home: Home, progress: Callable[[int, int], None]) -> int:
    """Seal the blobs that lie plain; gives how many. Killed, it goes on where it was.

    Raises: as `keep`.
    """
    plain = [path for path in sorted(home.blobs.glob("??/*")) if len(path.name) == 64]  # noqa: PLR2004 hexadecimal SHA-256
    for done, path in enumerate(plain, start=1):
        with path.open("rb", buffering=0) as source:
            keep(home, source, largest=_ANY)
        path.unlink()
        progress(done, len(plain))
    return len(plain)


def reseal(home: Home, progress: Callable[[int, int], None]) -> int:
    """Wrap the keys of all blobs under the data key in use; gives how many were under another.

    A blob is never changed in place: a copy with its new header replaces it, so a crash at any
    moment leaves a blob that opens.

    Raises: as `opened`.
    """
    held = rings.ring(home)
    sealed = sorted(home.blobs.glob(f"??/*{SEALED}"))
    moved = 0
    for done, path in enumerate(sealed, start=1):
        try:
            moved += _resealed(path, held)
        except FileNotFoundError:
            continue  # retention was faster
        except OSError as error:
            message = f"Cannot seal {path.name} anew: {error.strerror}."
            raise EnvironmentFault(message, mend="Free space or check owner and mode.") from None
        progress(done, len(sealed))
    return moved


def _resealed(path: Path, held: Ring) -> bool:
    with path.open("rb") as source:
        header = source.read(stream.HEADER_SIZE)
        if stream.key_of_header(header) == held.current.id:
            return False
        header = stream.rewrapped(header, held, path.name.removesuffix(SEALED))
        with tempfile.NamedTemporaryFile(
            dir=path.parent.parent, prefix="incoming-", delete=False
        ) as target:
            unfinished = Path(target.name)
            try:
                target.write(header)
                shutil.copyfileobj(source, target, stream.CHUNK)
                target.flush()
                os.fsync(target.fileno())
            except BaseException:
                unfinished.unlink()
                raise
    unfinished.replace(path)
    flush(path.parent)
    return True


def kept(home: Home) -> dict[str, Path]:
    """All blobs that are there: their SHA-256, and where each lies."""
    found = (path for path in home.blobs.glob("??/*") if path.is_file())
    return {path.name.removesuffix(SEALED): path for path in found}


def remove(home: Home, sha256: str) -> int:
    """Delete a blob; gives the bytes that it took, 0 where it was not there.

    Raises:
        EnvironmentFault: it cannot be deleted.
    """
    freed = 0
    try:
        for path in (path_of(home.blobs, sha256), _plain(home.blobs, sha256)):
            if path.is_file():
                freed += path.stat().st_size
                path.unlink()
    except OSError as error:
        message = f"Cannot delete the kept file {sha256}: {error.strerror}."
        raise EnvironmentFault(message, mend="Check the owner and mode.") from None
    return freed
