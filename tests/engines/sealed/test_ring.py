"""Data keys: made once, kept in order, damage seen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from pehra.engines.sealed.ring import add, key_file, key_of, ring
from pehra.kernel.errors import EnvironmentFault
from pehra.kernel.settings import Home

if TYPE_CHECKING:
    from pathlib import Path


def test_the_first_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: ring(home).keys, range(16)))
    assert len(found) == 1
    assert key_file(home).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home.keys.iterdir()] == ["data.key"]


def test_a_new_key_is_in_use_and_the_old_ones_stay(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first = ring(home).current
    second = add(home)
    assert ring(home).keys == (first, second)
    assert ring(home).current == second
    assert ring(home).find(first.id) == first


def test_a_key_that_is_not_here_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="data key 00000000, which is not") as told:
        ring(Home(tmp_path)).find(b"\0\0\0\0")
    assert "keys recover" in told.value.mend


@pytest.mark.parametrize("text", ["", "x\n", "pehra-data-key 00000000 00\n", "a b c\n", "é\n"])
def test_a_damaged_file_is_said(tmp_path: Path, text: str) -> None:
    home = Home(tmp_path)
    home.keys.mkdir()
    key_file(home).write_text(text)
    key_file(home).chmod(0o600)
    with pytest.raises(EnvironmentFault, match="Cannot use"):
        ring(home)


def test_a_changed_digit_is_seen(tmp_path: Path) -> None:
    home = Home(tmp_path)
    line = ring(home).current.line
    key_file(home).write_text(line.replace(line[-2], "0" if line[-2] != "0" else "1"))
    with pytest.raises(EnvironmentFault, match="damaged"):
        ring(home)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    ring(home)
    key_file(home).chmod(0o640)
    with pytest.raises(EnvironmentFault, match="Others may read"):
        ring(home)


def test_the_id_is_of_the_key() -> None:
    assert key_of(bytes(32)).id.hex() == "66687aad"
