"""A stage is made once, kept, and copied."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from pehra.cli.bench import stage

if TYPE_CHECKING:
    from pathlib import Path

WANTED = stage.Wanted(prefixes="50", known=30, day=date(2026, 11, 19))


@pytest.mark.service
@pytest.mark.long
def test_a_kept_stage_is_filled_once_and_copied(tmp_path: Path) -> None:
    said: list[str] = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        ready = stage.ready(tmp_path / "kept", tmp_path / name, WANTED, said.append)
        assert ready.home == tmp_path / name / "home"
        assert stage.pehra(ready, "status")["findings"] == 30
    assert said == ["A home, an address table and a register", "Findings 0 to 30 of 30"]


def test_a_process_works_in_the_home_and_database_that_are_named(tmp_path: Path) -> None:
    assert stage.environment(tmp_path, "") == {"PEHRA_HOME": str(tmp_path)}
    assert stage.environment(tmp_path, "postgresql:///x") == {
        "PEHRA_HOME": str(tmp_path),
        "PEHRA_DATABASE_URL": "postgresql:///x",
    }
