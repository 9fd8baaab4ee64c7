"""What cases wait for, counted for those who are in them; a list shows exactly those counted."""

from __future__ import annotations

from datetime import timedelta

from tests.cases.conftest import AMNA, NOW, Nation, opened

from pehra.cases.actions.teams import offer
from pehra.cases.models.case import Case
from pehra.cases.queries.cases import Wanted, page
from pehra.cases.queries.waiting import Waiting, waiting
from pehra.cases.rules import State
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer


def test_what_waits_is_counted_for_each_reader(nation: Nation) -> None:
    late, first, closed = opened(nation), opened(nation), opened(nation)
    opened(nation, exercise=True)
    with as_system():
        Case.objects.all().update(next_due=None, state=State.TRIAGED)
        Case.objects.filter(pk=late).update(next_due=NOW - timedelta(hours=1))
        Case.objects.filter(pk=first).update(state=State.REPORTED)
        Case.objects.filter(pk=closed).update(state=State.CLOSED, next_due=NOW)
    offer(late, nation.ncert, why="It is of the nation.", actor=AMNA, at=NOW)
    assert waiting(viewer=SYSTEM_VIEWER, now=NOW) == Waiting(2, 2, 1, 1, 0)
    assert waiting(viewer=nation.of_fincert, now=NOW) == Waiting(2, 2, 1, 0, 0)
    assert waiting(viewer=nation.of_ministry, now=NOW) == Waiting(0, 0, 0, 0, 0)
    ncert = Viewer(name="nadia", teams=frozenset({nation.ncert}))
    assert waiting(viewer=ncert, now=NOW).offered == 1
    listed = page(Wanted(offered=True), viewer=ncert, now=NOW)
    assert [one.number for one in listed] == [late]
    assert page(Wanted(offered=True), viewer=nation.of_fincert, now=NOW) == []
