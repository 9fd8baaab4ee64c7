"""`pehra work`: does what is due, keeps its workers, stops when told."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.database
PEHRA = [sys.executable, "-m", "pehra.cli.main"]


def pehra(house: dict[str, str], *words: str) -> dict[str, object]:
    """The JSON object that a command says."""
    ended = subprocess.run(
        [*PEHRA, *words, "--json"], env=house, capture_output=True, text=True, check=True
    )
    said: dict[str, object] = json.loads(ended.stdout.splitlines()[-1])
    return said


@pytest.fixture
def crew(house: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Two workers under one parent."""
    process = subprocess.Popen(
        [*PEHRA, "work", "--processes", "2", "--json"],
        env=house,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def test_nothing_is_due_in_a_new_home(house: dict[str, str]) -> None:
    assert pehra(house, "work", "--once") == {"jobs": 0}


def test_workers_do_what_is_scheduled_and_stop(
    house: dict[str, str], crew: subprocess.Popen[str]
) -> None:
    ends = time.monotonic() + 300  # a bound, for a machine at other work
    while time.monotonic() < ends:
        # The house's own jobs are scheduled by whoever leads: one of them signs the ledger.
        if pehra(house, "ledger", "verify")["checkpoints"]:
            break
        time.sleep(0.5)
    counts = pehra(house, "jobs", "list")["counts"]
    crew.send_signal(signal.SIGTERM)
    said, _ = crew.communicate(timeout=60)
    assert isinstance(counts, dict), counts
    assert (counts["failed"], counts["done"] >= 2) == (0, True)
    assert json.loads(said.splitlines()[-1]) == {"stopped": True}
    assert crew.returncode == 0
    verdict = pehra(house, "ledger", "verify")
    assert (verdict["ok"], verdict["checkpoints"]) == (True, 1)
