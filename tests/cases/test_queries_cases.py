"""Cases are listed from the newest on, for those who are in them."""

from __future__ import annotations

from datetime import timedelta

from tests.cases.conftest import AMNA, NOW, Nation, opened

from pehra.cases.actions.links import link_all
from pehra.cases.models.case import Case
from pehra.cases.queries.cases import Wanted, about, one, page
from pehra.cases.rules import State
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import NOBODY, SYSTEM_VIEWER, Viewer


def listed(viewer: Viewer = SYSTEM_VIEWER, **wanted: object) -> list[int]:
    found = page(Wanted(**wanted), viewer=viewer, now=NOW)  # type: ignore[arg-type] # a test's own words
    return [case.number for case in found]


def test_a_list_shows_what_is_wanted(nation: Nation) -> None:
    first, second = opened(nation), opened(nation, kind="phishing", affected=(nation.ministry,))
    drill = opened(nation, exercise=True)
    with as_system():
        Case.objects.filter(pk=first).update(
            state=State.CLOSED, severity=2, next_due=NOW - timedelta(hours=1)
        )
    assert listed() == [second]
    assert listed(open=False) == [second, first]
    assert listed(states=(State.CLOSED,)) == [first]
    assert listed(open=False, severity=2) == [first]
    assert listed(severity=0) == [second]
    assert listed(kind="phishing") == [second]
    assert listed(open=False, overdue=True) == [first]
    assert listed(open=False, text="river bank") == [second, first]
    assert listed(exercises=True) == [drill]
    found = page(Wanted(open=False), viewer=SYSTEM_VIEWER, now=NOW, before=second)
    assert [(case.number, case.open, case.overdue(NOW)) for case in found] == [(first, False, True)]


def test_a_thing_leads_to_its_cases(nation: Nation) -> None:
    late, waits = opened(nation), opened(nation)
    link_all(late, "finding", [7], actor=AMNA, at=NOW)
    with as_system():
        Case.objects.filter(pk=waits).update(provisional=True)
    assert listed(provisional=True) == [waits]
    found = [about("finding", 7, viewer=one) for one in (nation.of_fincert, nation.of_bank)]
    assert [[one.number for one in part] for part in found] == [[late], []]


def test_a_case_is_seen_by_those_who_are_in_it(nation: Nation) -> None:
    number = opened(nation)
    for viewer in (nation.of_bank, nation.of_fincert):
        assert listed(viewer) == [number]
        assert one(number, viewer=viewer) is not None
    for viewer in (nation.of_ministry, NOBODY):
        assert listed(viewer) == []
        assert one(number, viewer=viewer) is None
