"""Rounds hold back by lot what may wait, and let it go after seven days."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.notices.conftest import scene

from pehra.kernel.actors import SYSTEM
from pehra.ledger.queries import recent
from pehra.mandate.models import Organisation
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices import queries
from pehra.notices.actions import rounds
from pehra.notices.control import Control, drawn, key_of
from pehra.notices.queries.drawn import draws

if TYPE_CHECKING:
    from tests.findings.conftest import House

HALF = Control(50, key_of("a secret"))


def silent(done: int, total: int) -> None:
    del done, total


def named(house: House, control: Control | None = HALF, **facts: object) -> set[int]:
    """Findings that the next routine round would name; the round is dropped again."""
    at = scene(house, control=control, **facts)  # type: ignore[arg-type] # a test's own words
    found = rounds.plan(at, urgent=False, actor=SYSTEM, progress=silent)
    if found is None:
        return set()
    told = {
        number
        for one in queries.notices(viewer=SYSTEM_VIEWER, round_=found.id)
        for number in queries.findings_of(one.id, viewer=SYSTEM_VIEWER)
    }
    rounds.remove(found.id)
    return told


@pytest.fixture
def many(told: House) -> list[int]:
    """Twenty findings of medium severity with the bank."""
    told.telnet("2026-11-20", *range(10, 30), severity="medium")
    return [row.id for row in told.findings()]


def held(numbers: list[int]) -> set[int]:
    lots = dict(draws().select("finding", "held").rows())
    assert set(lots) == set(numbers)
    return {number for number, away in lots.items() if away}


def test_a_share_waits_for_seven_days_and_the_lot_is_kept(told: House, many: list[int]) -> None:
    first = named(told)
    away = held(many)
    assert first == set(many) - away
    assert away == {
        n for n, lot in zip(many, drawn(draws()["finding"].sort(), HALF), strict=True) if lot
    }
    assert 0 < len(away) < len(many)
    entry = next(one for one in recent() if one.act == "notices.draw")
    assert entry.act == "notices.draw"
    told.now += timedelta(days=6, hours=23)
    assert named(told) == first
    told.now += timedelta(hours=2)
    assert named(told) == set(many)
    assert draws().height == len(many)


def test_nothing_waits_without_the_setting_in_a_preview_or_in_an_exercise(
    told: House, many: list[int]
) -> None:
    assert named(told, control=None) == set(many)
    assert named(told, sending=False) == set(many)
    assert named(told, exercise=True) == set(many)
    assert draws().height == 0


def test_what_is_severe_or_critical_or_of_the_state_never_waits(
    told: House, many: list[int]
) -> None:
    everything = Control(100, 1)
    told.telnet("2026-11-20", 40, severity="high")
    severe = told.findings()[-1].id
    bank = Organisation.objects.filter(slug="river-bank")
    assert named(told, everything) == {severe}
    bank.update(cii_grade="B")
    assert named(told, everything) == {*many, severe}
    bank.update(cii_grade="none", is_public=True)
    assert named(told, everything) == {*many, severe}
