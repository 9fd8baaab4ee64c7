"""Compressed files as the plain files in them: gzip, zip and zstd, told apart by their first bytes.

Whoever sends a file may want to fill our disk or memory with it. So what comes out is written piece
by piece, and the whole of it, through all levels, is bounded: in bytes, by its ratio to the file
that came, in files, and in levels. Formats: RFC 1952, RFC 8878, and PKWARE's APPNOTE 6.3.10, of
which stored and deflated members are read.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

import msgspec
import zstandard

from pehra.kernel.errors import UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_GZIP = b"\x1f\x8b\x08"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_ZSTD = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = tuple(bytes((0x50 + n, 0x2A, 0x4D, 0x18)) for n in range(16))

_READ = 1 << 16
_WRITE = 1 << 20
_ZSTD_READ = 1 << 10
"""A block of 4 bytes may stand for 128 KiB: what a KiB turns into still fits in memory."""
_ZSTD_WINDOW = 1 << 27
_LONGEST_NAME = 255
_MOST_OF_A_DIRECTORY = 1 << 23
_ASIDE = "__MACOSX/"

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


class Limits(msgspec.Struct, frozen=True):
    """How much one file may turn into.

    Attributes:
        size: bytes of all plain files together.
        ratio: bytes out for a byte in; reports shrink to a tenth, at times to a hundredth.
        free: so many bytes out are let pass whatever the ratio.
        members: plain files.
        levels: containers in containers.
    """

    size: int = 16 * 1024**3
    ratio: int = 200
    free: int = 64 * 1024**2
    members: int = 1_000
    levels: int = 3


class Member(msgspec.Struct, frozen=True):
    """A plain file.

    Attributes:
        path: where it lies; of a file that was not compressed, where it lay all along.
        name: its own, without folders and without the container's suffix.
    """

    path: Path
    name: str


def is_packed(path: Path) -> bool:
    """Whether the first bytes are those of a container."""
    return _kind(path) is not None


def unpacked(path: Path, name: str, into: Path, limits: Limits | None = None) -> Iterator[Member]:
    """The plain files in `path`, one at a time, in the container's order.

    A member lies in `into` until the next one is asked for.

    Args:
        path: a file, compressed or not.
        name: under which it came.
        into: an empty folder on a disk with room for one member.
        limits: see `Limits`.

    Raises:
        UnreadableFile: it is damaged, encrypted, empty, or turns into too much.
    """
    if _kind(path) is None:
        yield Member(path, name)
        return
    cap = limits or Limits()
    most = min(cap.size, max(cap.free, cap.ratio * path.stat().st_size))
    found = 0
    for member in _Unpacking(cap, most, into).members(Member(path, name), 1):
        found += 1
        if found > cap.members:
            message = f"It holds more than {cap.members:,} files."
            raise UnreadableFile(message, mend="Send fewer in one.")
        yield member
        member.path.unlink(missing_ok=True)
    if not found:
        message = "It holds no file."
        raise UnreadableFile(message, mend="Ask its sender for another.")


class _Unpacking:
    """One container and those in it, under one account of bytes."""

    def __init__(self, limits: Limits, most: int, into: Path) -> None:
        self._limits = limits
        self._left, self._most = most, most
        self._into = into
        self._count = 0

    def members(self, container: Member, level: int) -> Iterator[Member]:
        """Plain files of a container, and of containers in it."""
        if level > self._limits.levels:
            message = f"Containers lie in containers more than {self._limits.levels} deep."
            raise UnreadableFile(message, mend="Send the files themselves.")
        for member in self._opened(container):
            if _kind(member.path) is None:
                yield member
            else:
                yield from self.members(member, level + 1)
                member.path.unlink(missing_ok=True)

    def _opened(self, container: Member) -> Iterator[Member]:
        kind = _kind(container.path)
        if kind == "zip":
            yield from self._zipped(container)
            return
        pieces: Callable[[BinaryIO], Iterator[bytes]] = _gunzip if kind == "gzip" else _unzstd
        with container.path.open("rb") as stream:
            path = self._written(pieces(stream))
        yield Member(path, _without_suffix(container.name))

    def _zipped(self, container: Member) -> Iterator[Member]:
        _check_directory(container.path)
        try:
            with zipfile.ZipFile(container.path) as archive:
                for info in archive.infolist():
                    if not info.filename.endswith("/") and not info.filename.startswith(_ASIDE):
                        _check_member(info)
                        path = self._written(_inflated(archive, info))
                        yield Member(path, _plain_name(info.filename))
        except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error) as error:
            raise _damaged(str(error) or type(error).__name__) from None
        except (ValueError, struct.error) as error:  # offsets that lie outside the file
            raise _damaged(str(error)) from None

    def _written(self, pieces: Iterator[bytes]) -> Path:
        self._count += 1
        path = self._into / f"{self._count}"
        with path.open("xb") as file:
            for piece in pieces:
                self._left -= len(piece)
                if self._left < 0:
                    message = f"It turns into more than {self._most:,} bytes."
                    mend = "If it is right, unpack it by hand and send the plain file."
                    raise UnreadableFile(message, mend=mend)
                file.write(piece)
        return path


def _kind(path: Path) -> str | None:
    with path.open("rb") as file:
        first = file.read(4)
    if first.startswith(_GZIP):
        return "gzip"
    if first in _ZIP:
        return "zip"
    if first == _ZSTD or first in _SKIPPABLE:
        return "zstd"
    return None


def _gunzip(stream: BinaryIO) -> Iterator[bytes]:
    """All members of a gzip file; zeros after the last one are padding, as gzip(1) takes them."""
    data = stream.read(_READ)
    while data:
        member, ended = zlib.decompressobj(wbits=31), False
        while not ended:
            try:
                piece = member.decompress(data, _WRITE)
            except zlib.error as error:
                raise _damaged(str(error)) from None
            ended = member.eof
            data = member.unconsumed_tail or (b"" if ended else stream.read(_READ))
            if not (piece or data or ended):
                message = "it breaks off"
                raise _damaged(message)
            if piece:
                yield piece
        data = (member.unused_data or stream.read(_READ)).lstrip(b"\0")
        while not data and (data := stream.read(_READ)):
            data = data.lstrip(b"\0")


def _unzstd(stream: BinaryIO) -> Iterator[bytes]:
    """All frames of a zstd file."""
    reader = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    data = stream.read(_ZSTD_READ)
    while data:
        frame, ended = reader.decompressobj(), False
        while not ended:
            if not data:
                message = "it breaks off"
                raise _damaged(message)
            try:
                piece = frame.decompress(data)
            except zstandard.ZstdError as error:
                raise _damaged(str(error)) from None
            ended = frame.eof
            data = frame.unused_data if ended else stream.read(_ZSTD_READ)
            if piece:
                yield piece
        data = data or stream.read(_ZSTD_READ)


def _inflated(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(info) as stream:
        while piece := stream.read(_WRITE):
            yield piece


def _check_member(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & _ENCRYPTED:
        message = "Its files are encrypted."
        raise UnreadableFile(message, mend="Decrypt it by hand and send the plain file.")
    if info.compress_type not in _METHODS:
        message = f"compression method {info.compress_type} is not read"
        raise _damaged(message)
    if info.header_offset < 0:  # the table of contents says that it is longer than the file
        message = f"{info.filename[:_LONGEST_NAME]} begins before the file does"
        raise _damaged(message)


def _check_directory(path: Path) -> None:
    """Refuse a table of contents that would fill the memory: it is read as one.

    The record is looked for where `zipfile` looks: at the very end, else before a comment.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - (1 << 16) - 22))
        tail = file.read()
    at = len(tail) - 22
    if at < 0 or tail[at : at + 4] != b"PK\x05\x06" or tail[-2:] != b"\0\0":
        at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:  # noqa: PLR2004 the length of the record
        message = "it has no table of contents"
        raise _damaged(message)
    # Of an archive that needs 64 bits these fields are all ones, and so too large as well: reports
    # of more than 4 GiB in one archive are not sent that way.
    (length,) = struct.unpack_from("<L", tail, at + 12)
    if length > _MOST_OF_A_DIRECTORY or tail[max(0, at - 20) : at].startswith(b"PK\x06\x07"):
        message = "Its table of contents is too long."
        raise UnreadableFile(message, mend="Send the files in smaller archives.")


def _plain_name(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).name[-_LONGEST_NAME:] or "file"


def _without_suffix(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    if suffix.lower() in {"tgz", "tzst"}:
        return f"{stem}.tar"
    return stem if dot and suffix.lower() in {"gz", "gzip", "zst", "zstd"} else name


def _damaged(words: str) -> UnreadableFile:
    message = f"It cannot be unpacked: {words}."
    return UnreadableFile(message, mend="Ask its sender for another.")
