"""Files as received: kept once under their digest, whole or not at all."""

from __future__ import annotations

import hashlib
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.engines.blobs.files import Blob, keep, path_of
from pehra.kernel.errors import EnvironmentFault

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
    """Files under the root, by their path in it."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@given(st.binary(max_size=4_000))
def test_bytes_are_found_again_under_their_digest(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "blobs"
        digest = hashlib.sha256(data).hexdigest()
        blob = keep(root, io.BytesIO(data), largest=MANY)
        assert blob == Blob(digest, len(data), path_of(root, digest))
        assert blob.path == root / digest[:2] / digest
        assert blob.path.read_bytes() == data
        assert keep(root, io.BytesIO(data), largest=MANY) == blob
        assert kept(root) == [f"{digest[:2]}/{digest}"]


def test_a_file_of_several_chunks_is_whole(tmp_path: Path) -> None:
    data = bytes(range(256)) * 12_288
    blob = keep(tmp_path, io.BytesIO(data), largest=len(data))
    assert (blob.size, blob.sha256) == (3 << 20, hashlib.sha256(data).hexdigest())
    assert blob.path.read_bytes() == data


def test_too_large_a_file_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="over 10 bytes") as refused:
        keep(tmp_path, io.BytesIO(b"x" * 11), largest=10)
    assert refused.value.mend == "Raise `intake.largest_file`."
    assert kept(tmp_path) == []
    assert keep(tmp_path, io.BytesIO(b"x" * 10), largest=10).size == 10


def test_a_stream_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="Input/output error"):
        keep(tmp_path, Torn(), largest=MANY)  # type: ignore[arg-type] # read() is all that is asked of it
    assert kept(tmp_path) == []


def test_a_root_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EnvironmentFault, match="Cannot keep the file in") as refused:
        keep(tmp_path / "file" / "blobs", io.BytesIO(b"x"), largest=MANY)
    assert refused.value.mend
