"""Files and folders are flushed alike, and no handle stays open."""

from __future__ import annotations

from pathlib import Path

import pytest

from pehra.engines.durable import flush, keep_secret
from pehra.kernel.errors import EnvironmentFault


def handles() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_file_and_a_folder_are_flushed_and_closed(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"bytes")
    before = handles()
    flush(file)
    flush(tmp_path)
    assert handles() == before
    assert file.read_bytes() == b"bytes"


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        flush(tmp_path / "nothing")


def test_a_secret_is_its_owners_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "relay.key"
    for words in (b"one", b"another"):
        keep_secret(path, words)
        assert (path.read_bytes(), path.stat().st_mode & 0o777) == (words, 0o600)
    assert [one.name for one in tmp_path.iterdir()] == ["relay.key"]
    keep_secret(tmp_path / "new" / "relay.key", b"one")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    with pytest.raises(EnvironmentFault, match="Cannot write"):
        keep_secret(path / "relay.key", b"one")


def test_a_secret_that_cannot_be_put_in_its_place_is_left_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "relay.key"
    path.mkdir()
    before = handles()
    with pytest.raises(EnvironmentFault, match="Cannot write"):
        keep_secret(path, b"one")
    assert list(tmp_path.rglob("*")) == [path]
    assert handles() == before
