"""A sealed file that grows by pieces: what was durable is there, and nothing altered opens."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.engines.sealed import ring
from pehra.engines.vault import files
from pehra.kernel.errors import Damaged, EnvironmentFault, UsageError
from pehra.kernel.settings import Home

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME, OTHER = "ab" * 16, "cd" * 16


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of 100 bytes, so that short files have many."""
    monkeypatch.setattr(files, "PIECE", 100)


def cut(data: bytes) -> Iterator[bytes]:
    return (data[at : at + 100] for at in range(0, len(data), 100))


def kept(home: Home, data: bytes, name: str = NAME) -> Path:
    """A whole file of these bytes."""
    files.begin(home, name)
    with files.Writer(home, name, 0) as writer:
        for piece in cut(data):
            writer.add(piece)
        writer.sync()
    files.finish(home, name)
    return files.sealed_file(home, name)


@settings(max_examples=25)
@given(size=st.sampled_from([0, 1, 99, 100, 101, 200, 350]), broken=st.integers(0, 4))
def test_what_goes_in_comes_out_wherever_it_broke_off(size: int, broken: int) -> None:
    data = bytes(number % 251 for number in range(size))
    with TemporaryDirectory() as folder:
        home = Home(Path(folder))
        files.begin(home, NAME)
        durable = min(broken, size // 100) * 100
        with files.Writer(home, NAME, 0) as writer:
            for piece in cut(data[:durable]):
                writer.add(piece)
            writer.add(b"what was not durable when it broke off"[:100])
        assert files.durable(home, NAME, durable) == durable
        with files.Writer(home, NAME, durable) as writer:
            for piece in cut(data[durable:]):
                writer.add(piece)
        files.finish(home, NAME)
        files.finish(home, NAME)
        assert b"".join(files.opened(home, NAME, size)) == data
        assert size < 20 or data not in files.sealed_file(home, NAME).read_bytes()


def test_nothing_that_was_altered_opens(tmp_path: Path) -> None:
    home = Home(tmp_path)
    path = kept(home, bytes(range(250)))
    good = path.read_bytes()
    second = good[128:256]
    for bad in (
        bytes([good[0] ^ 1]) + good[1:],
        good[:-1],
        good + b"x",
        second + good[:128] + good[256:],
        good[:128] + good[256:],
    ):
        path.write_bytes(bad)
        with pytest.raises(Damaged, match="is not what was sealed"):
            list(files.opened(home, NAME, 250))
    path.write_bytes(good)
    for size in (249, 200, 251):
        with pytest.raises(Damaged):
            list(files.opened(home, NAME, size))
    os.replace(path, kept(home, b"other", OTHER))  # noqa: PTH105 it takes the other's place
    with pytest.raises(Damaged):
        list(files.opened(home, OTHER, 250))


def test_without_its_key_it_is_noise(tmp_path: Path) -> None:
    home = Home(tmp_path)
    kept(home, b"x" * 250)
    files.remove(home, NAME)
    assert list(home.evidence.iterdir()) == []
    with pytest.raises(EnvironmentFault, match="Cannot read the key"):
        list(files.opened(home, NAME, 250))
    with pytest.raises(UsageError, match="is no name"):
        files.remove(home, "../keys/ledger")


def test_a_new_data_key_moves_the_keys_and_leaves_the_files(tmp_path: Path) -> None:
    home, told = Home(tmp_path), []
    path = kept(home, b"x" * 250)
    before = path.read_bytes()
    ring.add(home)
    assert [files.reseal(home, lambda *at: told.append(at)) for _ in range(2)] == [1, 0]
    assert (told, path.read_bytes()) == ([(1, 1), (1, 1)], before)
    ring.retire(home, 1e18)
    assert b"".join(files.opened(home, NAME, 250)) == b"x" * 250


def test_a_backup_without_the_file_begins_anew_and_a_whole_one_never(tmp_path: Path) -> None:
    home = Home(tmp_path)
    files.begin(home, NAME)
    (home.evidence / f"{NAME}.unfinished").unlink()
    assert files.durable(home, NAME, 300) == 0
    kept(home, b"y" * 100, OTHER)
    assert files.durable(home, OTHER, 100) == 100
    assert b"".join(files.opened(home, OTHER, 100)) == b"y" * 100


def test_what_nobody_answers_for_goes_once_it_is_old(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert files.sweep(home, (), 1e18) == 0
    kept(home, b"x")
    kept(home, b"y", OTHER)
    assert files.sweep(home, (), 0) == 0
    assert files.sweep(home, {OTHER}, 1e18) == 1
    assert sorted(path.stem for path in home.evidence.iterdir()) == [OTHER, OTHER]


def test_a_disk_that_refuses_is_said(tmp_path: Path) -> None:
    home = Home(tmp_path)
    files.begin(home, NAME)
    with pytest.raises(EnvironmentFault, match="Cannot keep evidence"):
        files.begin(home, NAME)
    (home.evidence / f"{NAME}.unfinished").unlink()
    with pytest.raises(EnvironmentFault, match="Cannot keep evidence"):
        files.Writer(home, NAME, 0)
