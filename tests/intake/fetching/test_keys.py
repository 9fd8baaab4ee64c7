"""Keys lie in files of their own, and in nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pehra.intake.fetching import keys
from pehra.kernel.errors import EnvironmentFault, UsageError
from pehra.kernel.settings import Home

if TYPE_CHECKING:
    from pathlib import Path


def test_a_key_is_kept_for_its_owner(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.keys.mkdir()
    path = keys.of_source(home, "urlhaus")
    assert path.name == "source-urlhaus.key"
    assert keys.read(path) == ""
    keys.keep(path, "first\n")
    keys.keep(path, "a-Key/9+=\r\n")
    assert keys.read(path) == "a-Key/9+="
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(home.keys) == [path.name]  # noqa: PTH208 names are what is asked
    keys.keep(path, "pass word \N{SNOWMAN}\n", password=True)
    assert keys.read(path) == "pass word \N{SNOWMAN}"
    keys.forget(path)
    keys.forget(path)
    assert keys.read(path) == ""


@pytest.mark.parametrize(
    "text", ["", "\n", "two words", "two\nlines", "x" * 1_001, "\0", "caf\xe9"]
)
def test_what_is_no_key_is_refused_unseen(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        keys.keep(tmp_path / "key", text)
    assert not text.strip() or text not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_faults_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EnvironmentFault):
        keys.keep(tmp_path / "file" / "key", "x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(EnvironmentFault):
        keys.read(tmp_path / "folder")
