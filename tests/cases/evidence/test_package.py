"""A package is written whole or not at all, and never over what is there."""

from __future__ import annotations

import hashlib
import zipfile
from typing import TYPE_CHECKING

import pytest

from pehra.cases.evidence import package
from pehra.kernel.errors import Damaged, EnvironmentFault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def broken() -> Iterator[bytes]:
    yield b"half"
    message = "the rest is gone"
    raise Damaged(message)


def test_it_is_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "a.zip"
    files = [("a.txt", [b"one ", b"two"]), ("items/0001.bin", [])]
    digest, size = package.write(target, files)
    data = target.read_bytes()
    assert (digest, size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert target.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(target) as file:
        assert {name: file.read(name) for name in file.namelist()} == {
            "a.txt": b"one two", "items/0001.bin": b"",
        }  # fmt: skip
    with pytest.raises(EnvironmentFault, match="File exists"):
        package.write(target, files)
    assert target.read_bytes() == data
    half = tmp_path / "b.zip"
    with pytest.raises(Damaged):
        package.write(half, [("a.bin", broken())])
    assert not half.exists()
