"""Triage across publishers, by samples beside the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from pehra.cases.triage import learning
from pehra.cli.bench import triage, triagesets

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"

FEWER = {
    **dict.fromkeys(("openphish", "jpcert", "neighbours", "dotgov", "urls"), 10),
    **dict.fromkeys(("asked", "universities", "ebbu2017"), 100),
}
"""One in so many of the large sets, so that the test is quick."""


@pytest.mark.service
def test_triage_holds_across_publishers() -> None:
    sets = triagesets.addresses(DATA)
    few = {name: texts[:: FEWER.get(name, 1)] for name, texts in sets.items()}
    found = triage.across(learning.read(few))
    for apart in ("openphish", "jpcert"):
        assert found[apart]["recall at 1 % of lawful names"] >= 0.78, apart
    national = found["national names"]
    assert set(national) <= {"lawful", "unclear"}
    assert sum(national.values()) >= 200


def test_the_area_is_the_chance_to_stand_above() -> None:
    assert triage.area([3, 4], [1, 2]) == 1
    assert triage.area([1, 1], [1, 1]) == 0.5
