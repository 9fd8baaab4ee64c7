"""Files as received: kept once under their digest, whole or not at all."""

from __future__ import annotations

import hashlib
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.engines.blobs import files
from pehra.engines.blobs.files import (
    Blob,
    incoming,
    is_kept,
    keep,
    opened,
    path_of,
    remove,
    seal_old,
)
from pehra.kernel.errors import Damaged, EnvironmentFault
from pehra.kernel.settings import Home

MANY = 1 << 30


class Torn(io.RawIOBase):
    """A stream that breaks off after its first bytes."""

    def __init__(self) -> None:
        self._left = [b"first bytes"]

    def read(self, size: int = -1) -> bytes:
        """The first bytes, then nothing but an error."""
        del size
        if not self._left:
            raise OSError(5, "Input/output error")
        return self._left.pop()


def kept(root: Path) -> list[str]:
    """Files among the blobs, by their path there."""
    blobs = Home(root).blobs
    return sorted(str(path.relative_to(blobs)) for path in blobs.rglob("*") if path.is_file())


def read(home: Home, sha256: str) -> bytes:
    """A kept file as it was received."""
    with opened(home, sha256) as path:
        return path.read_bytes()


@given(st.binary(max_size=4_000))
def test_bytes_are_found_again_under_their_digest(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        digest = hashlib.sha256(data).hexdigest()
        blob = keep(home, io.BytesIO(data), largest=MANY)
        assert blob == Blob(digest, len(data), path_of(home.blobs, digest))
        assert blob.path == home.blobs / digest[:2] / f"{digest}.sealed"
        assert read(home, digest) == data
        assert keep(home, io.BytesIO(data), largest=MANY) == blob
        assert kept(home.root) == [f"{digest[:2]}/{digest}.sealed"]


def test_a_file_of_several_chunks_is_whole(tmp_path: Path) -> None:
    data = bytes(range(256)) * 12_288
    home = Home(tmp_path)
    blob = keep(home, io.BytesIO(data), largest=len(data))
    assert (blob.size, blob.sha256) == (3 << 20, hashlib.sha256(data).hexdigest())
    assert data[:4_096] not in blob.path.read_bytes()
    assert read(home, blob.sha256) == data


@pytest.mark.parametrize("in_memory", [0, 1 << 20])
def test_a_file_on_its_way_in_is_read_before_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_memory: int
) -> None:
    monkeypatch.setattr(files, "_IN_MEMORY", in_memory)
    home, data = Home(tmp_path / "home"), b"address\n192.0.2.1\n" * 5_000
    (tmp_path / "report.csv").write_bytes(data)
    with incoming(home, tmp_path / "report.csv", largest=MANY) as file:
        digest = file.sealed.sha256
        assert (file.path.read_bytes(), is_kept(home, digest)) == (data, False)
        assert file.keep() == Blob(digest, len(data), path_of(home.blobs, digest))
        assert read(home, digest) == file.path.read_bytes() == data
    assert kept(home.root) == [f"{digest[:2]}/{digest}.sealed"]


def test_a_file_on_its_way_in_that_is_not_kept_leaves_nothing(tmp_path: Path) -> None:
    home, path = Home(tmp_path / "home"), tmp_path / "report.csv"
    path.write_bytes(b"x" * 11)
    with pytest.raises(EnvironmentFault, match="over 10 bytes"), incoming(home, path, largest=10):
        pass
    with incoming(home, path, largest=11):
        pass
    assert kept(home.root) == []
    gone = incoming(home, tmp_path / "gone.csv", largest=11)
    with pytest.raises(EnvironmentFault, match="No such file"), gone:
        pass


def test_too_large_a_file_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="over 10 bytes") as refused:
        keep(Home(tmp_path), io.BytesIO(b"x" * 11), largest=10)
    assert refused.value.mend == "Raise `intake.largest_file`."
    assert kept(tmp_path) == []
    assert keep(Home(tmp_path), io.BytesIO(b"x" * 10), largest=10).size == 10


def test_a_stream_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="Input/output error"):
        keep(Home(tmp_path), Torn(), largest=MANY)  # type: ignore[arg-type] # read() is all that is asked of it
    assert kept(tmp_path) == []


def test_a_root_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "blobs").touch()
    with pytest.raises(EnvironmentFault, match="Cannot keep the file in") as refused:
        keep(Home(tmp_path), io.BytesIO(b"x"), largest=MANY)
    assert refused.value.mend


def test_a_large_file_is_read_from_a_file_without_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_IN_MEMORY", 0)
    home, data = Home(tmp_path), b"content " * 300_000
    blob = keep(home, io.BytesIO(data), largest=MANY)
    with opened(home, blob.sha256) as path:
        assert path.read_bytes() == data
        assert path.stat().st_nlink == 0
        assert kept(tmp_path) == [f"{blob.sha256[:2]}/{blob.sha256}.sealed"]
    assert not path.exists()


def test_a_plain_blob_of_the_first_release_is_read_and_sealed(tmp_path: Path) -> None:
    home, data = Home(tmp_path), b"timestamp,ip\n"
    digest = hashlib.sha256(data).hexdigest()
    folder = home.blobs / digest[:2]
    folder.mkdir(parents=True)
    (folder / digest).write_bytes(data)
    assert read(home, digest) == data
    told: list[tuple[int, int]] = []
    assert seal_old(home, lambda done, total: told.append((done, total))) == 1
    assert told == [(1, 1)]
    assert kept(tmp_path) == [f"{digest[:2]}/{digest}.sealed"]
    assert read(home, digest) == data
    assert seal_old(home, lambda *_: None) == 0


def test_an_altered_blob_does_not_open(tmp_path: Path) -> None:
    home = Home(tmp_path)
    one, two = (keep(home, io.BytesIO(data), largest=MANY) for data in (b"one", b"two"))
    one.path.write_bytes(two.path.read_bytes())
    with pytest.raises(Damaged, match=one.sha256):
        read(home, one.sha256)


def test_a_removed_blob_is_said(tmp_path: Path) -> None:
    home = Home(tmp_path)
    blob = keep(home, io.BytesIO(b"one"), largest=MANY)
    assert is_kept(home, blob.sha256)
    assert remove(home, blob.sha256) == 80 + 3 + 16
    assert remove(home, blob.sha256) == 0
    assert not is_kept(home, blob.sha256)
    with pytest.raises(EnvironmentFault, match="not kept any more"):
        read(home, blob.sha256)
