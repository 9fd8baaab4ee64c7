"""Blobs in a folder: `ab/abcdef....sealed`, written to a temporary name, flushed, then renamed.

They are found by the SHA-256 of the file as received, and sealed under the home's data key. Blobs
of the first release lie plain, under the same name without the ending, until `seal_old`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from functools import partial
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
    with _told(home, largest):
        return _placed(home.blobs, _sealed(home.blobs, source, held, largest))


class Incoming(msgspec.Struct, frozen=True):
    """A file on its way in: it can be read, and is not kept before `keep` has returned.

    Attributes:
        path: under which it is read as it was received.
        home: where it is kept.
        sealed: it, under a name of no meaning.
    """

    path: Path
    home: Home
    sealed: Blob

    def keep(self) -> Blob:
        """Keep it; when this returns it is durable.

        Raises:
            EnvironmentFault: the disk is full or read-only.
        """
        with _told(self.home):
            return _placed(self.home.blobs, self.sealed)


@contextmanager
def incoming(home: Home, path: Path, *, largest: int) -> Iterator[Incoming]:
    """Copy the file at `path`, sealed and as it is, to read the copy while the other is kept.

    Raises: as `keep`.
    """
    held = rings.ring(home)
    with _told(home, largest):
        home.blobs.mkdir(parents=True, exist_ok=True)
        handle = _nameless(home.blobs, path.stat().st_size)
    try:
        with _told(home, largest), path.open("rb") as source:
            sealed = _sealed(home.blobs, source, held, largest, partial(_write, handle))
        try:
            yield Incoming(_shown(handle), home, sealed)
        finally:
            sealed.path.unlink(missing_ok=True)
    finally:
        os.close(handle)


@contextmanager
def _told(home: Home, largest: int = 0) -> Iterator[None]:
    """Faults of a file that is being kept, in words."""
    try:
        yield
    except OverflowError:
        message = f"The file is over {largest} bytes."
        raise EnvironmentFault(message, mend="Raise `intake.largest_file`.") from None
    except OSError as error:
        message = f"Cannot keep the file in {home.blobs}: {error.strerror}."
        raise EnvironmentFault(message, mend="Free space or check the owner and mode.") from None


def _sealed(
    root: Path,
    source: BinaryIO,
    held: Ring,
    largest: int,
    note: Callable[[bytes], object] | None = None,
) -> Blob:
    """All bytes of `source` sealed under a name of no meaning, not durable yet."""
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=root, prefix="incoming-", delete=False) as file:
        unfinished = Path(file.name)
        try:
            sha256, size = stream.seal(source, file.file, held.current, largest, note)
            file.flush()
        except BaseException:
            unfinished.unlink()
            raise
    return Blob(sha256, size, unfinished)


def _placed(root: Path, sealed: Blob) -> Blob:
    """Make a sealed file durable, and give it its name."""
    path = path_of(root, sealed.sha256)
    try:
        flush(sealed.path)
        path.parent.mkdir(exist_ok=True)
        sealed.path.replace(path)
    except BaseException:
        sealed.path.unlink(missing_ok=True)
        raise
    for folder in (path.parent, root):
        flush(folder)
    return msgspec.structs.replace(sealed, path=path)


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
        yield _shown(handle)
    finally:
        os.close(handle)


def _opened(home: Home, sha256: str, held: Ring) -> int:
    path = path_of(home.blobs, sha256)
    with path.open("rb", buffering=0) as sealed:
        handle = _nameless(home.blobs, path.stat().st_size)
        try:
            for chunk in stream.opened(sealed, held, sha256):
                _write(handle, chunk)
        except BaseException:
            os.close(handle)
            raise
    return handle


def _nameless(root: Path, size: int) -> int:
    """A file without a name for about `size` bytes: gone with this process, at the latest."""
    if size <= _IN_MEMORY:
        return os.memfd_create("pehra")
    return os.open(root, os.O_TMPFILE | os.O_RDWR, 0o600)


def _shown(handle: int) -> Path:
    return Path(f"/proc/self/fd/{handle}")


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
