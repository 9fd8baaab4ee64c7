"""Pieces of a file: lines and their places, read once."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pehra.intake.pieces import Piece
from pehra.intake.source import Delivery

Deliver = Callable[..., Delivery]
QUIET = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUIET
@given(st.text("a\n", max_size=12).map(str.encode), st.integers(0, 4), st.integers(0, 9))
def test_lines_know_their_places(deliver: Deliver, data: bytes, offset: int, size: int) -> None:
    piece = Piece(deliver(data).path, offset, size)
    wanted = data[offset : offset + size]
    assert (piece.data, piece.holding(b"x\n").begins.tolist()) == (wanted, [0, 2])
    lines = wanted.split(b"\n")
    ends = [piece.end(line) for line in range(len(lines))]
    begins = piece.begins.tolist()
    assert [wanted[a:b].rstrip(b"\n") for a, b in zip(begins, ends, strict=True)] == lines
    assert [piece.line(at) for at in range(len(wanted))] == [
        wanted.count(b"\n", 0, at) for at in range(len(wanted))
    ]


def test_a_file_is_read_once(deliver: Deliver) -> None:
    delivery = deliver(b"a\nb\n")
    piece = Piece(delivery.path, 0, 4)
    first = piece.data
    delivery.path.unlink()
    assert (piece.data, piece.end(1)) == (first, 4)
