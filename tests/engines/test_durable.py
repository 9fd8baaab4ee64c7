"""Files and folders are flushed alike, and no handle stays open."""

from __future__ import annotations

from pathlib import Path

import pytest

from pehra.engines.durable import flush


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
