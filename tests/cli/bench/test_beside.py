"""What is not beside the repository is made up, or asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from pehra.cli.bench import beside
from pehra.kernel.errors import EnvironmentFault


def test_a_given_table_or_number_is_taken_as_it_is(tmp_path: Path) -> None:
    assert beside.prefixes("77") == "77"
    assert beside.schema(tmp_path / "mine.json", tmp_path) == tmp_path / "mine.json"


def test_without_the_data_prefixes_are_made_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "_DATA", tmp_path)
    assert beside.prefixes("real") == beside.MADE_UP
    with pytest.raises(EnvironmentFault):
        beside.schema(None, tmp_path)


@pytest.mark.service
def test_the_data_beside_the_repository_is_found(tmp_path: Path) -> None:
    assert Path(beside.prefixes("real")).is_file()
    assert beside.schema(None, tmp_path).read_bytes().startswith(b"{")
