"""A bulk act whose job ended before it did: taken up again, or ended where it stands and undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.findings.actions.test_bulk import NATIONAL, OFFICER, asked, quiet, ten

from pehra.findings.actions import bulk, stopped
from pehra.findings.models import Finding
from pehra.findings.queries import BulkView, bulk_act, is_stopped
from pehra.findings.rules import Act, State
from pehra.jobs.actions import cancel
from pehra.jobs.models import Job
from pehra.jobs.work import Stopped
from pehra.kernel.errors import IllegalStep, Refused
from pehra.ledger.queries import recent
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import Viewer

if TYPE_CHECKING:
    from tests.findings.conftest import House

__all__ = ["ten"]

pytestmark = pytest.mark.django_db


def halted(house: House, monkeypatch: pytest.MonkeyPatch) -> int:
    """An act on ten findings whose job is cancelled after four."""
    monkeypatch.setattr(bulk, "CHUNK", 4)
    number = asked(house, Act.ACKNOWLEDGE)

    def progress(_done: int, _total: int) -> None:
        cancel(Job.objects.get(kind=bulk.CARRY_OUT).pk, actor=OFFICER, now=house.now)
        raise Stopped

    with pytest.raises(Stopped):
        bulk.carry_out(number, now=house.now, progress=progress)
    return number


def seen(number: int) -> BulkView:
    act = bulk_act(number, viewer=NATIONAL)
    assert act is not None
    return act


def acknowledged() -> int:
    with as_system():
        return Finding.objects.filter(state=State.ACKNOWLEDGED).count()


def test_an_act_is_stopped_only_while_nobody_works_on_it(
    ten: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = asked(ten, Act.ACKNOWLEDGE)
    assert not is_stopped(seen(number))
    with pytest.raises(IllegalStep):
        stopped.end_here(number, viewer=NATIONAL, now=ten.now)
    Job.objects.all().delete()
    assert is_stopped(seen(number))
    monkeypatch.undo()
    bulk.carry_out(number, now=ten.now, progress=quiet)
    assert not is_stopped(seen(number))
    with pytest.raises(IllegalStep):
        stopped.go_on(number, viewer=NATIONAL, now=ten.now)


def test_another_s_act_is_neither_taken_up_nor_ended(
    ten: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = halted(ten, monkeypatch)
    other = Viewer(name="other@cert.example", sees_all=True)
    for does in (stopped.go_on, stopped.end_here):
        with pytest.raises(Refused, match="was asked for by"):
            does(number, viewer=other, now=ten.now)
    assert is_stopped(seen(number))


def test_a_stopped_act_goes_on_where_it_was(ten: House, monkeypatch: pytest.MonkeyPatch) -> None:
    number = halted(ten, monkeypatch)
    assert (is_stopped(seen(number)), acknowledged()) == (True, 4)
    stopped.go_on(number, viewer=NATIONAL, now=ten.now)
    stopped.go_on(number, viewer=NATIONAL, now=ten.now)
    assert Job.objects.filter(kind=bulk.CARRY_OUT, state="queued").count() == 1
    assert bulk.carry_out(number, now=ten.now, progress=quiet) == {"done": 10, "refused": 0}
    assert acknowledged() == 10


def test_a_stopped_act_ends_where_it_stands_and_is_undone(
    ten: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = halted(ten, monkeypatch)
    stopped.end_here(number, viewer=NATIONAL, now=ten.now)
    stopped.end_here(number, viewer=NATIONAL, now=ten.now)
    (entry,) = [one for one in recent(limit=5) if one.subject == f"bulk:{number}"]
    assert (entry.facts["matching"], entry.facts["changed"]) == (10, 4)
    bulk.ask_undo(number, viewer=NATIONAL, actor=OFFICER, now=ten.now)
    with pytest.raises(Stopped):
        bulk.take_back(number, now=ten.now, progress=_stop)
    Job.objects.all().delete()
    assert is_stopped(seen(number))
    stopped.go_on(number, viewer=NATIONAL, now=ten.now)
    assert bulk.take_back(number, now=ten.now, progress=quiet)["left"] == 0
    assert (acknowledged(), is_stopped(seen(number))) == (0, False)


def _stop(_done: int, _total: int) -> None:
    raise Stopped
