"""Jobs of notices, as the worker calls them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.notices.conftest import AMNA, BILAL

from pehra.dispatch.actions import confirm_live, propose_live, set_sending
from pehra.dispatch.rules import Mode
from pehra.jobs.work import run_due
from pehra.mandate.queries import organisation_row
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices import jobs, queries
from pehra.notices.actions import rounds

if TYPE_CHECKING:
    from tests.findings.conftest import House


def silent(done: int, total: int) -> None:
    del done, total


def test_while_sending_is_off_there_are_previews(told: House) -> None:
    told.telnet("2026-11-20", 10, severity="critical")
    first = jobs.plan_urgent({}, now=told.now, progress=silent)
    assert first is not None
    assert first["state"] == "preview"
    again = jobs.plan_routine({}, now=told.now, progress=silent)
    assert again is not None
    assert (again["state"], again["swept"]) == ("preview", 0)
    assert jobs.scene(told.now).sending is False


def test_the_worker_sends_a_round_that_was_let_go(told: House) -> None:
    propose_live(actor=AMNA, now=told.now)
    confirm_live(actor=BILAL, now=told.now)
    told.telnet("2026-11-20", 10, severity="critical")
    found = jobs.plan_urgent({}, now=told.now, progress=silent)
    assert found is not None
    assert found["state"] == "held"
    rounds.decide(found["round"], go=True, actor=AMNA, now=told.now)
    run_due(told.now)
    sent = queries.round_of(found["round"])
    assert sent is not None
    assert (sent.state, sent.recipients) == ("released", 2)
    later = told.now + timedelta(minutes=5)
    nothing = jobs.plan_urgent({}, now=later, progress=silent)
    assert nothing == {"round": None}


def test_a_pilot_reaches_its_own_and_nobody_else(told: House) -> None:
    told.telnet("2026-11-20", 10, 130)
    set_sending(Mode.PILOT, pilot=[_organisation("river-bank")], actor=AMNA, now=told.now)
    found = jobs.plan_routine({}, now=told.now, progress=silent)
    assert found is not None
    rows = queries.notices(viewer=SYSTEM_VIEWER, round_=found["round"])
    assert [row.mailbox for row in rows] == ["noc@river-bank.example"]


def _organisation(slug: str) -> int:
    row = organisation_row(slug)
    assert row is not None
    return row.pk
