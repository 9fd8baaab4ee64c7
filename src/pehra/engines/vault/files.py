"""A sealed file that grows by pieces: what was said to be durable is there after a power cut.

A file is `NAME.sealed`, while it comes in `NAME.unfinished`, and beside it `NAME.key`: its own
random key, sealed under the home's data key. Pieces are of 4 MiB, the last of at most that, each
under AES-256-GCM with a random nonce of its own before it and its name and number as associated
data. A piece that is sent again after a crash is so never sealed twice under one nonce, and none
can be changed, moved within a file, or put into another. That none is missing at the end says the
size, which whoever opens it has from elsewhere, with the digests.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pehra.engines.durable import flush, keep_secret
from pehra.engines.sealed import ring as rings
from pehra.engines.sealed.stream import key_of_value, open_value, seal_value
from pehra.kernel.errors import Damaged, EnvironmentFault, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from io import RawIOBase
    from pathlib import Path

    from pehra.engines.sealed.ring import Ring
    from pehra.kernel.settings import Home

PIECE = 4 << 20
"""Bytes of plaintext in a piece."""
_NONCE, _TAG = 12, 16
_OVER = _NONCE + _TAG
_NAME = re.compile(r"[0-9a-f]{32}")
_KINDS = ("key", "sealed", "unfinished")
"""In this order they are destroyed."""
_MEND = "Bring it back from a backup."


def _path(home: Home, name: str, kind: str) -> Path:
    if not _NAME.fullmatch(name):
        message = f"{name!r} is no name of a sealed file."
        raise UsageError(message)
    return home.evidence / f"{name}.{kind}"


def _context(name: str) -> bytes:
    return f"evidence:{name}".encode()


def _cipher(home: Home, name: str, held: Ring) -> AESGCM:
    try:
        sealed = _path(home, name, "key").read_bytes()
    except OSError as error:
        message = f"Cannot read the key of the evidence {name}: {error.strerror}."
        raise EnvironmentFault(message, mend=_MEND) from None
    return AESGCM(open_value(sealed, held, _context(name)))


def _bound(name: str, number: int) -> bytes:
    return bytes.fromhex(name) + number.to_bytes(8, "big")


def begin(home: Home, name: str) -> None:
    """Make an empty file under a name that nobody has; durable when this returns.

    Raises:
        EnvironmentFault: it cannot be written.
    """
    path = _path(home, name, "unfinished")
    held = rings.ring(home)
    own = AESGCM.generate_key(256)
    keep_secret(_path(home, name, "key"), seal_value(own, held.current, _context(name)))
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        flush(path.parent)
    except OSError as error:
        raise _unkept(home, error) from None


def _unkept(home: Home, error: OSError) -> EnvironmentFault:
    message = f"Cannot keep evidence in {home.evidence}: {error.strerror}."
    return EnvironmentFault(message, mend="Free space or check the owner and mode.")


class Writer:
    """Adds pieces to a file that comes in; what stands after `size` bytes is cut off first.

    Args:
        home: where.
        name: of the file.
        size: bytes of plaintext that are durable, whole pieces.
    """

    def __init__(self, home: Home, name: str, size: int) -> None:
        self._home, self._name, self._number = home, name, size // PIECE
        self._sealed = _cipher(home, name, rings.ring(home))
        self._file = -1
        path = _path(home, name, "unfinished")
        try:
            self._file = os.open(path, os.O_WRONLY)
            os.ftruncate(self._file, self._number * (PIECE + _OVER))
            os.lseek(self._file, 0, os.SEEK_END)
        except OSError as error:
            raise _unkept(home, error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def add(self, piece: bytes) -> None:
        """Seal and write one piece; every one but the last is of `PIECE` bytes.

        Raises:
            EnvironmentFault: the disk is full or away.
        """
        nonce = os.urandom(_NONCE)
        sealed = self._sealed.encrypt(nonce, piece, _bound(self._name, self._number))
        try:
            self._put(nonce)
            self._put(sealed)
        except OSError as error:
            raise _unkept(self._home, error) from None
        self._number += 1

    def _put(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file, rest) :]

    def sync(self) -> None:
        """Return when all that was added is durable, and ask the system to forget its copy.

        Raises:
            EnvironmentFault: the disk refuses.
        """
        try:
            os.fdatasync(self._file)
            os.posix_fadvise(self._file, 0, 0, os.POSIX_FADV_DONTNEED)
        except OSError as error:
            raise _unkept(self._home, error) from None


def durable(home: Home, name: str, said: int) -> int:
    """Bytes from which an upload goes on: what was said to be durable, where it is there.

    A backup holds no file that was still coming in; then it begins anew.

    Raises:
        EnvironmentFault: it cannot be begun.
    """
    if _path(home, name, "sealed").exists():
        return said
    try:
        there = _path(home, name, "unfinished").stat().st_size // (PIECE + _OVER) * PIECE
    except FileNotFoundError:
        begin(home, name)
        there = 0
    return min(said, there) // PIECE * PIECE


def whole(home: Home, name: str) -> bool:
    """Whether a file has been given its name."""
    return _path(home, name, "sealed").exists() and not _path(home, name, "unfinished").exists()


def finish(home: Home, name: str) -> None:
    """Give a whole file its name; said twice, it is the same.

    Raises:
        EnvironmentFault: it is not there, or the disk refuses.
    """
    path, whole = _path(home, name, "unfinished"), _path(home, name, "sealed")
    try:
        if whole.exists() and not path.exists():
            return
        flush(path)
        path.replace(whole)
        flush(path.parent)
    except OSError as error:
        raise _unkept(home, error) from None


def opened(home: Home, name: str, size: int) -> Iterator[bytes]:
    """The plaintext, piece by piece; whole or still coming in.

    Raises:
        Damaged: it was altered, or is not of `size` bytes.
        EnvironmentFault: it, or its key, is not there.
    """
    cipher = _cipher(home, name, rings.ring(home))
    sealed_whole = _path(home, name, "sealed")
    path = sealed_whole if sealed_whole.exists() else _path(home, name, "unfinished")
    whole = False
    try:
        with path.open("rb", buffering=0) as file:
            for number in range(-(-size // PIECE)):
                length = min(PIECE, size - number * PIECE)
                sealed = _full(file, length + _OVER)
                if len(sealed) != length + _OVER:
                    break
                yield cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound(name, number))
            else:
                whole = not file.read(1)
    except (InvalidTag, ValueError):
        raise _damaged(name) from None
    except OSError as error:
        raise _unopened(name, error) from None
    if not whole:
        raise _damaged(name)


def _full(file: RawIOBase, size: int) -> bytes:
    """`size` bytes, or all that are left: one read may give fewer."""
    found = file.read(size) or b""
    while 0 < len(found) < size and (more := file.read(size - len(found))):
        found += more
    return found


def _damaged(name: str) -> Damaged:
    message = f"The evidence {name} is damaged: it is not what was sealed."
    return Damaged(message, mend=_MEND)


def _unopened(name: str, error: OSError) -> EnvironmentFault:
    message = f"Cannot open the evidence {name}: {error.strerror}."
    return EnvironmentFault(message, mend=_MEND)


def sealed_file(home: Home, name: str) -> Path:
    """Where it lies sealed, for a copy as it is."""
    return _path(home, name, "sealed")


def remove(home: Home, name: str) -> None:
    """Destroy a file: the key first, without which the rest is noise.

    Raises:
        EnvironmentFault: it cannot be deleted.
    """
    try:
        for kind in _KINDS:
            _path(home, name, kind).unlink(missing_ok=True)
        if home.evidence.is_dir():
            flush(home.evidence)
    except OSError as error:
        raise _unkept(home, error) from None


def sweep(home: Home, known: Collection[str], older_than: float) -> int:
    """Remove files that are not among the known and are not written to any more; how many.

    Args:
        home: where.
        known: names that somebody answers for.
        older_than: seconds since 1970: when it was last written to, at the latest.
    """
    found = home.evidence.iterdir() if home.evidence.is_dir() else ()
    ours = (path for path in found if path.suffix[1:] in _KINDS and _NAME.fullmatch(path.stem))
    names = {path.stem for path in ours if path.stem not in known}
    gone = 0
    for name in sorted(names):
        paths = [_path(home, name, kind) for kind in _KINDS]
        if all(path.stat().st_mtime < older_than for path in paths if path.exists()):
            remove(home, name)
            gone += 1
    return gone


def reseal(home: Home, progress: Callable[[int, int], None]) -> int:
    """Seal the keys of all files under the data key in use; gives how many were under another.

    The files themselves stay as they are. Killed anywhere, every one still opens.

    Raises: as `open_value` and `keep_secret`.
    """
    held = rings.ring(home)
    found = sorted(home.evidence.glob("*.key")) if home.evidence.is_dir() else []
    moved = 0
    for done, path in enumerate(found, start=1):
        try:
            sealed = path.read_bytes()
        except FileNotFoundError:
            continue  # it was destroyed meanwhile
        if key_of_value(sealed) != held.current.id:
            context = _context(path.stem)
            keep_secret(path, seal_value(open_value(sealed, held, context), held.current, context))
            moved += 1
        progress(done, len(found))
    return moved
