"""A folder of arrays opens whole or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.engines.arrays import folder
from pehra.kernel.errors import Damaged, EnvironmentFault

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SAMPLE = folder.Kind("sample", 1)
ARRAYS: dict[str, NDArray[Any]] = {
    "numbers": np.arange(5, dtype=np.int64),
    "none": np.empty(0, dtype=np.uint32),
}


def _write(path: Path, **facts: int) -> None:
    folder.write(path, ARRAYS, kind=SAMPLE, facts=facts)


def _read(path: Path) -> folder.Stored:
    return folder.read(path, kind=SAMPLE, mend="Build it.")


def test_what_was_written_is_read(tmp_path: Path) -> None:
    _write(tmp_path / "index", revision=3)
    stored = _read(tmp_path / "index")
    assert stored.facts == {"revision": 3}
    assert stored.arrays["numbers"].tolist() == [0, 1, 2, 3, 4]
    assert stored.arrays["none"].tolist() == []
    assert not stored.arrays["numbers"].flags.writeable


def test_absent_index_names_the_mend(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault) as caught:
        _read(tmp_path / "index")
    assert caught.value.mend == "Build it."


def test_another_kind_is_refused(tmp_path: Path) -> None:
    _write(tmp_path)
    for other in (folder.Kind("other", 1), folder.Kind("sample", 2)):
        with pytest.raises(Damaged):
            folder.read(tmp_path, kind=other, mend="")


def test_an_open_index_outlives_two_rewrites(tmp_path: Path) -> None:
    _write(tmp_path, revision=1)
    opened = _read(tmp_path)
    _write(tmp_path, revision=2)
    _write(tmp_path, revision=3)
    assert opened.arrays["numbers"].sum() == 10
    assert _read(tmp_path).facts == {"revision": 3}
    assert len(list(tmp_path.glob("g-*"))) == 2


def test_a_large_array_is_checked_a_piece_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path, revision=1)
    monkeypatch.setattr(folder, "_PIECE", 16)
    assert _read(tmp_path).arrays["numbers"].tolist() == [0, 1, 2, 3, 4]
    _write(tmp_path, revision=2)
    monkeypatch.undo()
    assert _read(tmp_path).facts == {"revision": 2}


def test_pages_that_were_let_go_come_back(tmp_path: Path) -> None:
    _write(tmp_path)
    opened = _read(tmp_path)
    for array in (*opened.arrays.values(), *ARRAYS.values()):
        folder.let_go(array)
        folder.let_go(array[1:])
    assert opened.arrays["numbers"].tolist() == ARRAYS["numbers"].tolist() == [0, 1, 2, 3, 4]


def test_writers_that_race_leave_one_whole_index(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        for number in range(12):
            pool.submit(_write, tmp_path, revision=number)
    assert _read(tmp_path).arrays["numbers"].sum() == 10
    assert len(list(tmp_path.glob("g-*"))) == 2


@pytest.mark.parametrize("name", ["manifest.json", "numbers.npy"])
@pytest.mark.parametrize("torn", [b"", b"{}", b"\x93NUMPY", b"\xff" * 400])
def test_torn_files_are_refused(tmp_path: Path, name: str, torn: bytes) -> None:
    _write(tmp_path)
    (next(tmp_path.rglob(name))).write_bytes(torn)
    with pytest.raises(Damaged):
        _read(tmp_path)


def test_a_missing_array_is_refused(tmp_path: Path) -> None:
    _write(tmp_path)
    next(tmp_path.rglob("numbers.npy")).unlink()
    with pytest.raises(Damaged):
        _read(tmp_path)


@given(place=st.integers(0, 39), bit=st.integers(0, 7))
@settings(deadline=None)
def test_every_flipped_bit_of_the_data_is_seen(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    path = tmp_path_factory.mktemp("index")
    _write(path)
    file = next(path.rglob("numbers.npy"))
    data = bytearray(file.read_bytes())
    data[len(data) - 40 + place] ^= 1 << bit
    file.write_bytes(data)
    with pytest.raises(Damaged):
        _read(path)


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
@settings(deadline=None)
def test_texts_come_back(texts: list[str]) -> None:
    column = pl.Series("word", texts, dtype=pl.String)
    assert folder.texts_of(folder.text_array(column)).to_list() == texts
