"""A round is sent: letters go to the door, findings are noted as told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.notices.conftest import AMNA, BILAL, scene

from pehra.dispatch import queries as dispatch
from pehra.dispatch.actions import confirm_live, propose_live, set_sending
from pehra.dispatch.queries import Wanted
from pehra.dispatch.rules import Mode
from pehra.findings.actions.answers import answer
from pehra.findings.rules import Act, State
from pehra.kernel.actors import SYSTEM
from pehra.kernel.errors import UsageError
from pehra.kernel.settings import load
from pehra.ledger.queries import recent
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices import queries
from pehra.notices.actions import rounds
from pehra.notices.actions.compose import composer
from pehra.notices.actions.release import release

if TYPE_CHECKING:
    from tests.findings.conftest import House


def silent(done: int, total: int) -> None:
    del done, total


def go_live(house: House) -> None:
    propose_live(actor=AMNA, now=house.now)
    confirm_live(actor=BILAL, now=house.now)


def send(house: House, *, urgent: bool = False) -> dict[str, int]:
    """Plan, let go and send."""
    found = rounds.plan(scene(house), urgent=urgent, actor=SYSTEM, progress=silent)
    assert found is not None
    if found.state == "held":
        rounds.decide(found.id, go=True, actor=AMNA, now=house.now)
    at = composer(house.home, load(house.home), house.now.date())
    return release(found.id, at, actor=SYSTEM, now=house.now, progress=silent)


def states(house: House) -> list[State]:
    return [State(row.state) for row in house.findings()]


def test_who_is_told_is_noted_and_the_same_is_not_told_again(told: House) -> None:
    go_live(told)
    told.telnet("2026-11-20", 10, 11, 130)
    assert send(told) == {"released": 2, "refused": 0}
    assert states(told) == [State.NOTIFIED] * 3
    lines = dispatch.envelopes(Wanted(kind="notice"), viewer=SYSTEM_VIEWER)
    assert sorted((line.address, line.tlp, line.state) for line in lines) == [
        ("abuse@hill-net.example", "AMBER", "waiting"),
        ("noc@river-bank.example", "AMBER", "waiting"),
    ]
    entry = next(one for one in recent() if one.act == "notices.release")
    assert (entry.facts["released"], entry.facts["refused"]) == (2, 0)
    assert rounds.plan(scene(told), urgent=False, actor=SYSTEM, progress=silent) is None
    told.telnet("2026-11-20", 12, severity="critical")
    assert send(told, urgent=True) == {"released": 2, "refused": 0}
    assert states(told) == [State.NOTIFIED] * 4


def test_sending_a_round_twice_sends_it_once(told: House) -> None:
    go_live(told)
    told.telnet("2026-11-20", 10)
    send(told)
    number = queries.rounds()[0].id
    at = composer(told.home, load(told.home), told.now.date())
    again = release(number, at, actor=SYSTEM, now=told.now, progress=silent)
    assert again == {"released": 1, "refused": 0}
    assert len(dispatch.envelopes(Wanted(), viewer=SYSTEM_VIEWER)) == 1
    assert [one.act for one in recent()].count("notices.release") == 1


def test_where_all_goes_to_one_mailbox_no_holder_was_told(told: House) -> None:
    set_sending(Mode.REDIRECT, actor=AMNA, now=told.now, redirect_to="desk@cert.example")
    told.telnet("2026-11-20", 10)
    assert send(told) == {"released": 1, "refused": 0}
    assert states(told) == [State.OPEN]


def test_what_has_ended_since_is_not_told(told: House) -> None:
    go_live(told)
    told.telnet("2026-11-20", 10)
    found = rounds.plan(scene(told), urgent=False, actor=SYSTEM, progress=silent)
    assert found is not None
    answer(1, Act.WITHDRAW, why="no", viewer=SYSTEM_VIEWER, actor=AMNA, now=told.now)
    rounds.decide(found.id, go=True, actor=AMNA, now=told.now)
    at = composer(told.home, load(told.home), told.now.date())
    counted = release(found.id, at, actor=SYSTEM, now=told.now, progress=silent)
    assert counted == {"released": 0, "refused": 1}
    (row,) = queries.notices(viewer=SYSTEM_VIEWER)
    assert (row.state, row.refused_why) == ("refused", "nothing of it is left to tell")


def test_a_round_that_was_not_let_go_is_not_sent(told: House) -> None:
    told.telnet("2026-11-20", 10)
    found = rounds.plan(scene(told), urgent=False, actor=SYSTEM, progress=silent)
    assert found is not None
    at = composer(told.home, load(told.home), told.now.date())
    with pytest.raises(UsageError, match="not let go"):
        release(found.id, at, actor=SYSTEM, now=told.now, progress=silent)


def test_what_the_door_keeps_was_told_to_nobody(told: House) -> None:
    go_live(told)
    told.telnet("2026-11-20", 10)
    found = rounds.plan(scene(told), urgent=False, actor=SYSTEM, progress=silent)
    assert found is not None
    rounds.decide(found.id, go=True, actor=AMNA, now=told.now)
    set_sending(Mode.PREVIEW, actor=AMNA, now=told.now)
    at = composer(told.home, load(told.home), told.now.date())
    counted = release(found.id, at, actor=SYSTEM, now=told.now, progress=silent)
    assert (counted, states(told)) == ({"released": 0, "refused": 1}, [State.OPEN])
