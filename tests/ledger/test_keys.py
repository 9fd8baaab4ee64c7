"""The key file: made once, for its owner only, and never taken for what it is not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from pehra.kernel.errors import EnvironmentFault
from pehra.kernel.settings import Home
from pehra.ledger import keys

if TYPE_CHECKING:
    from pathlib import Path


def test_key_is_made_once_for_its_owner(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert keys.verifier_key(home) is None
    key = keys.signing_key(home)
    assert keys.signing_key(home) == key
    assert keys.verifier_key(home) == key.verifier
    assert keys.key_file(home).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home.keys.iterdir()] == ["ledger.key"]


def test_makers_at_the_same_time_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(keys.signing_key, [Home(tmp_path)] * 32))
    assert len(made) == 1


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    keys.signing_key(Home(tmp_path))
    keys.key_file(Home(tmp_path)).chmod(0o640)
    with pytest.raises(EnvironmentFault, match="chmod 600"):
        keys.signing_key(Home(tmp_path))


@pytest.mark.parametrize("content", [b"", b"nonsense\n", b"\xff\xfe", b"PRIVATE+KEY+a+b+c\n"])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = keys.key_file(Home(tmp_path))
    path.parent.mkdir()
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(EnvironmentFault, match="Cannot use"):
        keys.signing_key(Home(tmp_path))


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file where the directory should be")
    with pytest.raises(EnvironmentFault, match="Cannot write"):
        keys.signing_key(Home(tmp_path))
