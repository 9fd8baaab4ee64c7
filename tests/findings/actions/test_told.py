"""Many findings at once: their holder was told, and answered."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pehra.findings.actions.told import answered, notify
from pehra.findings.queries import steps
from pehra.findings.rules import Act, State
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from tests.findings.conftest import House


def states(house: House) -> list[State]:
    return [State(row.state) for row in house.findings()]


def test_who_was_told_keeps_the_first_moment(watch: House) -> None:
    watch.telnet("2026-11-20", 10, 11)
    first = watch.now
    assert notify([1, 2], by="pehra, system", why="notice N1", now=first) == 2
    watch.telnet("2026-11-21", 10)
    assert notify([1, 2], by="pehra, system", why="notice N2", now=watch.now) == 0
    assert states(watch) == [State.NOTIFIED] * 2
    (step,) = steps(1, viewer=SYSTEM_VIEWER)
    assert (step.at, step.why) == (first, "notice N1")


def test_an_answer_changes_those_that_take_it(watch: House) -> None:
    watch.telnet("2026-11-20", 10, 11, 12)
    assert answered([1], Act.CLAIM_FIX, by="noc", why="", now=watch.now) == 1
    assert answered([1, 2], Act.ACKNOWLEDGE, by="noc", why="", now=watch.now) == 1
    assert answered([3], Act.DISPUTE, by="noc", why="sold", now=watch.now) == 1
    assert states(watch) == [State.FIX_CLAIMED, State.ACKNOWLEDGED, State.DISPUTED]
    watch.now += timedelta(days=3)
    watch.telnet("2026-11-24", 10, 11, 12)
    assert states(watch)[0] == State.RELAPSED
