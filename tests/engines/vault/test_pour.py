"""Two digests and a sealed copy in one pass, from where an earlier pass broke off."""

from __future__ import annotations

import hashlib
import io
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from pehra.engines.vault import files, pour
from pehra.kernel.errors import Damaged
from pehra.kernel.settings import Home

if TYPE_CHECKING:
    from pathlib import Path

NAME = "ab" * 16
DATA = bytes(range(256)) * 5


class Dripping(io.BytesIO):
    """A stream that gives a few bytes at a time."""

    def read(self, size: int | None = -1) -> bytes:
        """At most seventy."""
        return super().read(min(size or 0, 70))


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of 100 bytes, made durable every 300."""
    monkeypatch.setattr(files, "PIECE", 100)
    monkeypatch.setattr(pour, "_DURABLE_EVERY", 300)


def poured(home: Home, data: bytes, durable: int) -> tuple[pour.Poured, list[int]]:
    told: list[int] = []
    with files.Writer(home, NAME, durable) as writer:
        kept = islice(files.opened(home, NAME, durable), durable // 100)
        return pour.pour(Dripping(data), writer, kept, told.append), told


def test_one_pass_digests_and_seals(tmp_path: Path) -> None:
    home = Home(tmp_path)
    files.begin(home, NAME)
    found, told = poured(home, DATA, 0)
    assert found == pour.Poured(
        hashlib.sha256(DATA).hexdigest(), hashlib.sha512(DATA).hexdigest(), 1280
    )
    assert told == sorted({*told} & {300, 600, 900, 1200, 1280})  # as they come to be
    assert told[-1] == 1280
    assert pour.digests(files.opened(home, NAME, 1280)) == found


def test_it_goes_on_where_it_broke_off_with_the_same_file_only(tmp_path: Path) -> None:
    home = Home(tmp_path)
    files.begin(home, NAME)
    whole, _ = poured(home, DATA, 0)
    with pytest.raises(Damaged, match="is not the beginning"):
        poured(home, b"x" + DATA[1:], 600)
    again, told = poured(home, DATA, 600)
    assert (again, told[-1]) == (whole, 1280)
    assert b"".join(files.opened(home, NAME, 1280)) == DATA


def test_nothing_is_a_stream_too(tmp_path: Path) -> None:
    home = Home(tmp_path)
    files.begin(home, NAME)
    found, told = poured(home, b"", 0)
    assert (found.size, told, found.sha256) == (0, [0], hashlib.sha256(b"").hexdigest())
