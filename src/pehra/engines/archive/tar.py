"""A POSIX tar (pax, IEEE 1003.1) whose last member is a manifest with the SHA-256 of all others.

Ordinary tools can list and unpack it. It is written to a name of its own, flushed and renamed, so
a file under the final name is whole. What is read out of one is checked against the manifest
before it is called restored; names that would leave the folder are refused.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
from typing import IO, TYPE_CHECKING, Any, cast

import msgspec

from pehra.engines.durable import flush
from pehra.kernel.errors import Damaged, EnvironmentFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

MANIFEST = "manifest.json"
_CHUNK = 4 << 20
_LARGEST_MANIFEST = 1 << 30
_SEGMENT = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._=@+-]{1,255}")
_MEND = "Take another copy of the backup."


class Member(msgspec.Struct, frozen=True):
    """A file of the archive: its path there, its size in bytes and its SHA-256 in hexadecimal."""

    path: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What the archive says of itself.

    Attributes:
        about: what the writer wanted to be known, any JSON.
        files: all members but this one, in their order.
    """

    about: dict[str, Any]
    files: list[Member]


class Entry(msgspec.Struct, frozen=True):
    """A file to be put in: its path there, and its bytes or where they lie."""

    path: str
    source: Path | bytes


class _Hashed:
    """Reads exactly `size` bytes of a file, and hashes them on the way."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left = file, size
        self.hasher = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        self.hasher.update(data)
        return data


def write(
    target: Path,
    entries: Iterable[Entry],
    about: dict[str, Any],
    progress: Callable[[int, int], None],
) -> tuple[Manifest, str]:
    """Write an archive; gives its manifest and that manifest's SHA-256.

    A file that has gone meanwhile is left out; of one that grows, what was there when it was
    opened is taken.

    Args:
        target: where to; an older file of that name is replaced when the new one is whole.
        entries: the files.
        about: goes into the manifest.
        progress: called with bytes written, and bytes that were found at the start.

    Raises:
        EnvironmentFault: no space, no right to write, or an entry cannot be read.
    """
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        try:
            done = _write(unfinished, list(entries), about, progress)
            unfinished.replace(target)
            flush(target.parent)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        message = f"Cannot write {target}: {error.strerror or error}."
        raise EnvironmentFault(message, mend="Free space, or name another place.") from None
    return done


def _write(
    path: Path, entries: list[Entry], about: dict[str, Any], progress: Callable[[int, int], None]
) -> tuple[Manifest, str]:
    total, done, members = sum(map(_size, entries)), 0, []
    with (
        path.open("xb", buffering=0) as file,
        tarfile.open(  # type: ignore[call-overload] # typeshed leaves copybufsize out
            fileobj=file, mode="w", format=tarfile.PAX_FORMAT, copybufsize=_CHUNK
        ) as tar,
    ):
        for entry in entries:
            member = _add(tar, entry)
            if member is not None:
                members.append(member)
                done += member.size
                progress(done, total)
        manifest = Manifest(about, members)
        encoded = msgspec.json.encode(manifest)
        _add(tar, Entry(MANIFEST, encoded))
        tar.close()
        os.fsync(file.fileno())
    return manifest, hashlib.sha256(encoded).hexdigest()


def _size(entry: Entry) -> int:
    if isinstance(entry.source, bytes):
        return len(entry.source)
    try:
        return entry.source.stat().st_size
    except FileNotFoundError:
        return 0


def _add(tar: tarfile.TarFile, entry: Entry) -> Member | None:
    _check_name(entry.path)
    info = tarfile.TarInfo(entry.path)
    info.mode = 0o600
    if isinstance(entry.source, bytes):
        return _put(tar, info, io.BytesIO(entry.source), len(entry.source))
    try:
        file = entry.source.open("rb", buffering=0)
    except FileNotFoundError:
        return None
    with file:
        return _put(tar, info, file, os.fstat(file.fileno()).st_size)


def _put(tar: tarfile.TarFile, info: tarfile.TarInfo, file: IO[bytes], size: int) -> Member:
    info.size = size
    read = _Hashed(file, size)
    tar.addfile(info, cast("IO[bytes]", read))
    return Member(info.name, size, read.hasher.hexdigest())


def _check_name(name: str) -> None:
    if not name or not all(_SEGMENT.fullmatch(one) for one in name.split("/")):
        message = f"{name[:120]!r} is no name for a file of a backup."
        raise Damaged(message, mend=_MEND)


def check(path: Path, progress: Callable[[int, int], None]) -> Manifest:
    """Read a whole archive and check each file against the manifest.

    Raises:
        Damaged: a file is missing, altered or not in the manifest; or this is no archive of ours.
        EnvironmentFault: it cannot be read.
    """
    return _walk(path, None, progress)


def extract(path: Path, to: Path, progress: Callable[[int, int], None]) -> Manifest:
    """Unpack an archive into the folder `to`, checking each file; flushed when this returns.

    Raises: as `check`, and `EnvironmentFault` where there is no space. What was unpacked then is
        the caller's to remove.
    """
    return _walk(path, to, progress)


def _walk(path: Path, to: Path | None, progress: Callable[[int, int], None]) -> Manifest:
    found: list[Member] = []
    manifest: Manifest | None = None
    try:
        total = path.stat().st_size
        with path.open("rb", buffering=0) as file, tarfile.open(fileobj=file, mode="r:") as tar:
            for info in tar:
                _check_member(info, manifest)
                if info.name == MANIFEST:
                    manifest = _manifest(tar, info)
                else:
                    found.append(_take(tar, info, to))
                progress(min(file.tell(), total), total)
    except (tarfile.TarError, EOFError) as error:
        message = f"{path} is damaged or no backup: {error}."
        raise Damaged(message, mend=_MEND) from None
    except OSError as error:
        message = f"{error.filename or path}: {error.strerror or error}."
        raise EnvironmentFault(message, mend="Check the path, its mode and free space.") from None
    return _agree(path, found, manifest)


def _check_member(info: tarfile.TarInfo, manifest: Manifest | None) -> None:
    _check_name(info.name)
    if not info.isreg() or manifest is not None:
        message = f"{info.name} has no place in a backup."
        raise Damaged(message, mend=_MEND)


def _manifest(tar: tarfile.TarFile, info: tarfile.TarInfo) -> Manifest:
    file = tar.extractfile(info)
    try:
        # One that is too large is read in part, and so is none.
        data = b"" if file is None else file.read(_LARGEST_MANIFEST)
        return msgspec.json.decode(data, type=Manifest)
    except ValueError as error:
        message = f"The manifest cannot be read: {error}."
        raise Damaged(message, mend=_MEND) from None


def _take(tar: tarfile.TarFile, info: tarfile.TarInfo, to: Path | None) -> Member:
    source = cast("IO[bytes]", tar.extractfile(info))
    hasher = hashlib.sha256()
    if to is None:
        for chunk in iter(lambda: source.read(_CHUNK), b""):
            hasher.update(chunk)
    else:
        target = to / info.name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb", buffering=0) as file:
            for chunk in iter(lambda: source.read(_CHUNK), b""):
                hasher.update(chunk)
                file.write(chunk)
            os.fsync(file.fileno())
    return Member(info.name, info.size, hasher.hexdigest())


def _agree(path: Path, found: list[Member], manifest: Manifest | None) -> Manifest:
    if manifest is None:
        message = f"{path} ends without a manifest: it is not whole."
        raise Damaged(message, mend=_MEND)
    if found != manifest.files:
        there, told = {one.path: one for one in found}, {one.path: one for one in manifest.files}
        wrong = sorted(
            name for name in there.keys() | told.keys() if there.get(name) != told.get(name)
        )
        message = f"{path}: {(wrong or ['the order of files'])[0]} is not as the manifest says."
        raise Damaged(message, mend=_MEND)
    return manifest
