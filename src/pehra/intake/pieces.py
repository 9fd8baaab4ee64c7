"""A piece of a file, read again to show where defective rows stand: once, however many."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class Piece:
    """Bytes of a file, and where their lines begin; nothing is read before it is asked for."""

    def __init__(self, path: Path, offset: int, size: int) -> None:
        self._path = path
        self._size = size
        self.offset = offset

    def holding(self, data: bytes) -> Piece:
        """The same piece, whose bytes are at hand."""
        held = Piece(self._path, self.offset, self._size)
        held.data = data
        return held

    @cached_property
    def data(self) -> bytes:
        """The bytes."""
        with self._path.open("rb") as stream:
            stream.seek(self.offset)
            return stream.read(self._size)

    @cached_property
    def begins(self) -> NDArray[np.int64]:
        """The byte at which each line begins, the first at 0."""
        ends = np.flatnonzero(np.frombuffer(self.data, np.uint8) == ord("\n"))
        return np.concatenate(([0], ends + 1))

    def line(self, at: int) -> int:
        """How many lines end before byte `at`."""
        return int(np.searchsorted(self.begins, at, side="right")) - 1

    def end(self, line: int) -> int:
        """After the last byte of a line, its line end included."""
        return int(self.begins[line + 1]) if line + 1 < len(self.begins) else len(self.data)
