"""Who took part in the lot, and who reads which measurement."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest

from pehra.kernel.time import micros
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import NOBODY, SYSTEM_VIEWER, Viewer
from pehra.notices.models import Drawn
from pehra.notices.queries.drawn import drawn_of, draws, held_now, measured, scope_of

if TYPE_CHECKING:
    from tests.findings.conftest import House


def test_who_takes_part_and_who_waits(told: House) -> None:
    told.telnet("2026-11-20", 10, 11, 12)
    one, two, three = (row.id for row in told.findings())
    begun, until = micros(told.now), micros(told.now + timedelta(days=7))
    with as_system():
        for number, held in ((one, True), (two, False)):
            Drawn.objects.create(finding_id=number, held=held, at=begun, until=until)
    assert sorted(drawn_of(pl.Series([one, two, three])).to_list()) == [one, two]
    assert drawn_of(pl.Series("id", [], dtype=pl.Int64)).to_list() == []
    assert held_now(told.now) == {one}
    assert held_now(told.now + timedelta(days=7)) == set()
    assert sorted(draws().rows()) == [(one, True, begun, until), (two, False, begun, until)]


@pytest.mark.django_db
def test_a_measurement_is_for_the_nation_and_for_teams() -> None:
    team = Viewer("x", teams=frozenset({4, 2}))
    assert [scope_of(one) for one in (SYSTEM_VIEWER, team, NOBODY)] == ["national", "team 2", None]
    assert (scope_of(team, 4), scope_of(team, 9)) == ("team 4", "team 2")
    holder = Viewer("x", organisations=frozenset({1}))
    assert (scope_of(holder), measured(viewer=holder), measured(viewer=team)) == (None, None, None)
