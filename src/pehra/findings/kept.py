"""The file of a batch, as its reader wants it: one that is kept, or one on its way in.

A file on its way in is read while the disk makes it durable: its first part is at hand when its
batch begins. Nothing that was read is stored, or even looked at, before the file is kept.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from pehra.engines.blobs import files as blobs
from pehra.intake.source import Delivery, Reading, Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from pehra.engines.blobs.files import Incoming
    from pehra.intake.actions import Received
    from pehra.kernel.settings import Home


class Given(msgspec.Struct, frozen=True):
    """A file to read.

    Attributes:
        delivery: it, as it came.
        begun: its reading, where that was begun before its batch was.
    """

    delivery: Delivery
    begun: Future[Reading] | None = None

    def read(self, source: Source) -> Reading:
        """What the reader of its source makes of it. Raises: as `Source.read`."""
        return source.read(self.delivery) if self.begun is None else self.begun.result()


class Coming(msgspec.Struct, frozen=True):
    """A file on its way in, with the reading that was begun of it.

    Attributes:
        file: sealed, and not kept yet.
        given: as what it was taken.
    """

    file: Incoming
    given: Given

    def as_of(self, batch: Received) -> Given:
        """It as its batch knows it, which may be an older one that was told otherwise."""
        told = _delivery(self.file.path, batch)
        return self.given if told == self.given.delivery else Given(told)


@contextmanager
def coming(
    home: Home, source: Source, given: Delivery, *, largest: int, read: bool = True
) -> Iterator[Coming]:
    """A file that is taken in, for the length of a `with`; its reading is begun beside.

    A list is judged by all of it before its first part is wanted, so its reading is not begun.

    Args:
        home: where it will be kept.
        source: of the file.
        given: it, where it lies; a copy is read.
        largest: bytes.
        read: begin to read it; where it is known that it cannot be read, that would be in vain.

    Raises:
        EnvironmentFault: the disk is full, read-only, or the file is over `largest` bytes.
    """
    with (
        blobs.incoming(home, given.path, largest=largest) as file,
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="first") as reader,
    ):
        told = msgspec.structs.replace(given, path=file.path)
        begun = reader.submit(_begin, source, told) if read and not source.snapshot else None
        yield Coming(file, Given(told, begun))


def _begin(source: Source, given: Delivery) -> Reading:
    """The reading of a file, its first part read."""
    reading = source.read(given)
    first = next(reading.parts, None)
    # A list would keep its part for as long as the chain is read; an iterator lets go of it.
    parts = iter(()) if first is None else chain(iter([first]), reading.parts)
    return msgspec.structs.replace(reading, parts=parts)


@contextmanager
def given(home: Home, batch: Received, came: Coming | None = None) -> Iterator[Given]:
    """The file of a batch, for the length of a `with`: the one that just came, or the kept one."""
    if came is not None:
        yield came.as_of(batch)
        return
    with delivery(home, batch) as told:
        yield Given(told)


@contextmanager
def delivery(home: Home, batch: Received) -> Iterator[Delivery]:
    """The kept file of a batch for the length of a `with`, as of when its bytes came."""
    with blobs.opened(home, batch.sha256) as path:
        yield _delivery(path, batch)


def _delivery(path: Path, batch: Received) -> Delivery:
    return Delivery(
        path=path,
        file_name=batch.file_name,
        received_at=batch.came_at or batch.received_at,
        options=batch.options,
        part_bytes=batch.part_bytes,
    )
