"""`pehra bench evidence`, small: both digests agree, and memory does not grow with the file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pehra.cli import bench
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.service
def test_it_measures_both_and_leaves_nothing(tmp_path: Path) -> None:
    words = ["evidence", "--size", "9M", "--at", str(tmp_path), "--json"]
    result = CliRunner().invoke(bench.app, words)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout.splitlines()[-1])
    assert told["bytes"] == 9 << 20
    assert told["at_least_half"] is (told["ratio"] >= 0.5)
    assert told["peak_rss_mib"] < 300
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", ["", "0", "4X", "G"])
def test_a_size_is_a_number(size: str) -> None:
    result = CliRunner().invoke(bench.app, ["evidence", "--size", size])
    assert isinstance(result.exception, UsageError)
