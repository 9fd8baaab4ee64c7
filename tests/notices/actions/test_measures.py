"""What is measured daily, for those who may read it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.notices.actions.test_control import many, named, silent

from pehra.findings.actions import told as acts
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices.actions.measures import keep_measures
from pehra.notices.queries.drawn import measured

if TYPE_CHECKING:
    from tests.findings.conftest import House

__all__ = ["many"]


def test_the_effect_is_measured_for_those_who_may_read_it(told: House, many: list[int]) -> None:
    first = named(told)
    acts.notify(sorted(first), by="N1", why="", now=told.now)
    told.now += timedelta(days=1)
    assert keep_measures(now=told.now, progress=silent) == 1 + len(
        {row.team for row in told.findings()}
    )
    found = measured(viewer=SYSTEM_VIEWER)
    assert found is not None
    assert (found.findings, found.organisations, found.effect is None) == (len(many), 1, False)
    whole = found.of("")
    assert whole is not None
    assert whole.clocks is not None
    assert whole.clocks["notify"].happened == len(first)
    assert found.of("sector", "banking") is not None
    assert found.of("sector", "power") is None
