"""Scenarios are whole: in both languages, in order of time, and the state table can follow them."""

from __future__ import annotations

import pytest
from tests.cases.playbooks.test_shipped import in_urdu

from pehra.cases.exercises.scenarios import MARK, SLUGS, Does, scenario, scenarios, title, version
from pehra.cases.playbooks.outline import outline
from pehra.cases.playbooks.shipped import shipped
from pehra.cases.rules import Act, EntryKind, Kind, State, step
from pehra.kernel.errors import UsageError
from pehra.notices.exercises import scenarios as letters


@pytest.mark.parametrize("slug", SLUGS)
def test_a_scenario_is_whole(slug: str) -> None:
    told = scenarios()[slug]
    assert told.slug == slug
    assert told.kind in set(Kind)
    assert title(told) == MARK + told.name
    times = [one.after for one in told.injects]
    assert times == sorted(times)
    assert all(map(in_urdu, (told.name_ur, told.about_ur, *(one.text_ur for one in told.injects))))
    state = State.REPORTED
    numbers: set[str] = set()
    for one in told.injects:
        if one.does is Does.STEP:
            state = step(state, Act(one.facts["act"]))
        if one.does is Does.PLAYBOOK:
            numbers = {place.number for place in outline(shipped()[one.facts["which"]])}
        if one.does is Does.MARK:
            assert one.facts["step"] in numbers
        if one.does is Does.LETTERS:
            assert one.facts["scenario"] in letters()
        if one.does is Does.NOTE:
            assert one.facts["entry"] in set(EntryKind)
    assert state == State.CLOSED


def test_a_version_is_that_of_its_words() -> None:
    assert len({version(slug) for slug in SLUGS}) == 3
    with pytest.raises(UsageError, match="no scenario"):
        scenario("war")
