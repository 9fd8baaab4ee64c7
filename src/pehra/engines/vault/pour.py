"""Two digests and a sealed copy of one stream, in one pass and in bounded memory.

Reading, SHA-256, SHA-512 and sealing with writing each go on in a thread of their own; all of them
let go of the interpreter while they work, so that two cores are used. At most a few pieces are on
their way, whatever the size of the stream.
"""

from __future__ import annotations

import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from pehra.engines.vault import files
from pehra.kernel.errors import Damaged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_ON_THEIR_WAY = 3
"""Pieces that a slower thread may be behind the reader."""
_DURABLE_EVERY = 64 << 20
"""Bytes after which a copy is made durable, and that is told."""


class Poured(msgspec.Struct, frozen=True):
    """What came through: digests in hexadecimal, and bytes."""

    sha256: str
    sha512: str
    size: int


def pieces(source: BinaryIO) -> Iterator[bytes]:
    """A stream cut into pieces, the last shorter; a stream may give fewer bytes at a time."""
    while piece := source.read(files.PIECE):
        while len(piece) < files.PIECE and (more := source.read(files.PIECE - len(piece))):
            piece += more
        yield piece


def digests(stream: Iterable[bytes]) -> Poured:
    """Both digests of a stream of pieces."""
    return _through(stream, [], lambda: None)


def pour(
    source: BinaryIO, writer: files.Writer, kept: Iterator[bytes], note: Callable[[int], object]
) -> Poured:
    """Digest all of `source`, and add to `writer` what comes after the pieces that are kept.

    Args:
        source: from its beginning, also where a part of it is kept already.
        writer: of the sealed copy, at its end.
        kept: pieces that are in the copy already.
        note: is told of bytes that are durable now, now and then, and at the end, in this thread.

    Raises:
        Damaged: what is kept is not the beginning of this source.
    """
    with ThreadPoolExecutor(max_workers=1) as beside:
        copy = _Copy(writer, kept, note, beside)
        poured = _through(pieces(source), [copy.take], copy.tell)
        copy.end()
    return poured


class _Copy:
    """The sealed copy: one thread adds, another waits for the disk."""

    def __init__(
        self,
        writer: files.Writer,
        kept: Iterator[bytes],
        note: Callable[[int], object],
        beside: ThreadPoolExecutor,
    ) -> None:
        self._writer, self._note, self._beside = writer, note, beside
        self._kept, self._at, self._begun, self._durable, self._told = kept, 0, 0, 0, 0
        self._syncing: Future[None] | None = None

    def take(self, piece: bytes) -> None:
        """Add a piece, unless it is in the copy already."""
        self._at += len(piece)
        before = next(self._kept, None)
        if before is not None:
            if before != piece:
                message = "What came in before is not the beginning of this file."
                raise Damaged(message, mend="Give the same file, or add it as new evidence.")
            self._begun = self._at
            return
        self._writer.add(piece)
        if self._at - self._begun >= _DURABLE_EVERY:
            self._wait()
            self._begun = self._at
            self._syncing = self._beside.submit(self._writer.sync)

    def _wait(self) -> None:
        if self._syncing is not None:
            self._syncing.result()
            self._durable = self._begun
            self._syncing = None

    def tell(self) -> None:
        """Say what has become durable; whoever is told may keep to one thread, so not in ours."""
        if self._durable > self._told:
            self._told = self._durable
            self._note(self._told)

    def end(self) -> None:
        """Make the rest durable."""
        self._wait()
        self.tell()
        self._writer.sync()
        self._note(self._at)


def _through(
    stream: Iterable[bytes], also: list[Callable[[bytes], None]], tell: Callable[[], None]
) -> Poured:
    first, second, size = hashlib.sha256(), hashlib.sha512(), 0
    with ExitStack() as stack:
        lanes = [
            (stack.enter_context(ThreadPoolExecutor(max_workers=1)), work)
            for work in (second.update, first.update, *also)
        ]
        under_way: deque[list[Future[None]]] = deque()
        for piece in stream:
            size += len(piece)
            under_way.append([lane.submit(work, piece) for lane, work in lanes])
            while len(under_way) > _ON_THEIR_WAY:
                for future in under_way.popleft():
                    future.result()
                tell()
        for futures in under_way:
            for future in futures:
                future.result()
    return Poured(first.hexdigest(), second.hexdigest(), size)
