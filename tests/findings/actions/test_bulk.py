"""One act on many findings: what it does, what it refuses, and that undoing restores the rest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pehra.findings.actions import bulk
from pehra.findings.actions.answers import answer
from pehra.findings.actions.bulk import Wish
from pehra.findings.models import Finding, FindingSeen
from pehra.findings.queries import Filter, bulk_act, refused, steps
from pehra.findings.rules import ASSIGN, BULK, SETTLED, TABLE, Act, State, left_in, taken_from
from pehra.kernel.actors import Actor
from pehra.kernel.errors import IllegalStep, Refused, UsageError
from pehra.ledger.queries import recent
from pehra.mandate.actions import NewAccount, open_account
from pehra.mandate.models import Office, Tenure
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import Viewer

if TYPE_CHECKING:
    from tests.findings.conftest import House

OFFICER = Actor("amna@cert.example", "duty")
NATIONAL = Viewer(name="amna@cert.example", sees_all=True)


def quiet(done: int, total: int) -> None:
    del done, total


@pytest.fixture
def ten(watch: House) -> House:
    """Ten open findings of the bank, F1 to F10."""
    watch.telnet("2026-11-20", *range(10, 20))
    return watch


def asked(house: House, act: str, viewer: Viewer = NATIONAL, **given: object) -> int:
    house.now += timedelta(minutes=1)
    if act == Act.ACCEPT_RISK:
        given.setdefault("until", house.now + timedelta(days=90))
    wish = Wish(act, given.pop("wanted", Filter()), why="because", **given)  # type: ignore[arg-type] # a test's own words
    return bulk.ask(wish, viewer=viewer, actor=OFFICER, now=house.now)


def done(house: House, act: str, viewer: Viewer = NATIONAL, **given: object) -> int:
    number = asked(house, act, viewer, **given)
    bulk.carry_out(number, now=house.now, progress=quiet)
    return number


def undone(house: House, number: int) -> dict[str, int]:
    house.now += timedelta(minutes=1)
    bulk.ask_undo(number, viewer=NATIONAL, actor=OFFICER, now=house.now)
    return bulk.take_back(number, now=house.now, progress=quiet)


Standing = dict[int, tuple[object, ...]]


def standing() -> Standing:
    """Everything of each finding that an act may change."""
    names = ("state", "answered_at", "fix_claimed_at", "gone_at", "excepted_until", "assignee")
    with as_system():
        settled = dict(FindingSeen.objects.values_list("finding_id", "settled"))
        rows = Finding.objects.values_list("id", *names)
        return {row[0]: (*row[1:], settled[row[0]]) for row in rows}


def answered(house: House, number: int, act: Act) -> None:
    house.now += timedelta(minutes=1)
    answer(number, act, why="because", viewer=NATIONAL, actor=OFFICER, now=house.now)


@pytest.mark.parametrize("act", BULK)
def test_each_act_leads_to_one_state_from_wherever_it_is_taken(act: Act) -> None:
    assert {TABLE[state, act] for state in taken_from(act)} == {left_in(act)}


@pytest.mark.parametrize("act", BULK)
def test_it_changes_what_takes_it_and_names_what_does_not(
    ten: House, act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 4)
    answered(ten, 3, Act.WITHDRAW)
    before, entries = standing(), len(recent())
    number = done(ten, act)
    after = standing()
    changed = {one for one in after if after[one] != before[one]}
    assert changed == {1, 2, 4, 5, 6, 7, 8, 9, 10}
    assert {after[one][0] for one in changed} == {left_in(act)}
    assert {after[one][-1] for one in changed} == {left_in(act) in SETTLED}
    assert [(row.finding, row.state) for row in refused(number, viewer=NATIONAL)] == [
        (3, State.WITHDRAWN)
    ]
    entry = recent()[0]
    assert (entry.act, entry.subject, len(recent())) == (
        f"findings.bulk-{act}",
        f"bulk:{number}",
        entries + 1,
    )
    (step, *_) = steps(1, viewer=NATIONAL)
    assert (step.state, step.by, step.why) == (left_in(act), "amna@cert.example, duty", "because")
    assert undone(ten, number) == {"undone": 9, "left": 0}
    assert standing() == before
    assert (recent()[0].act, len(recent())) == ("findings.bulk-undo", entries + 2)


def test_undo_leaves_alone_what_moved_on_since(ten: House) -> None:
    before = standing()
    number = done(ten, Act.ACKNOWLEDGE)
    answered(ten, 2, Act.ACKNOWLEDGE)
    answered(ten, 5, Act.CLAIM_FIX)
    kept = {one: row for one, row in standing().items() if one in {2, 5}}
    assert undone(ten, number) == {"undone": 8, "left": 2}
    assert standing() == before | kept
    assert undone(ten, number) == {"undone": 8, "left": 2}


def test_it_can_be_undone_after_its_end_and_for_ten_minutes(ten: House) -> None:
    number = asked(ten, Act.ACKNOWLEDGE)
    with pytest.raises(IllegalStep, match="still being done"):
        bulk.ask_undo(number, viewer=NATIONAL, actor=OFFICER, now=ten.now)
    bulk.carry_out(number, now=ten.now, progress=quiet)
    late = ten.now + timedelta(minutes=10, seconds=1)
    with pytest.raises(IllegalStep, match="more than ten minutes"):
        bulk.ask_undo(number, viewer=NATIONAL, actor=OFFICER, now=late)


def test_only_what_the_filter_means_and_the_reader_sees_is_touched(ten: House) -> None:
    with as_system():
        holder = Finding.objects.values_list("organisation_id", flat=True)[0]
    ten.telnet("2026-11-21", 200)
    contact = Viewer(name="ciso@bank.example", organisations=frozenset({holder or 0}))
    number = done(ten, Act.ACKNOWLEDGE, contact)
    assert {one for one, row in standing().items() if row[0] == State.ACKNOWLEDGED} == set(
        range(1, 11)
    )
    assert bulk_act(number, viewer=Viewer(name="else@bank.example")) is None
    stranger = Viewer(name="else@bank.example")
    with pytest.raises(UsageError, match="no bulk act"):
        bulk.ask_undo(number, viewer=stranger, actor=OFFICER, now=ten.now)
    with pytest.raises(Refused, match=r"was asked for by ciso@bank\.example"):
        bulk.ask_undo(number, viewer=NATIONAL, actor=OFFICER, now=ten.now)
    with pytest.raises(Refused):
        asked(ten, Act.WITHDRAW, contact)
    wanted = Filter(numbers=(11,))
    with pytest.raises(UsageError, match="No finding fits"):
        asked(ten, Act.ACKNOWLEDGE, contact, wanted=wanted)


def test_an_exception_of_many_lasts_ninety_days_at_most(ten: House) -> None:
    with pytest.raises(Refused, match="90 days at most"):
        asked(ten, Act.ACCEPT_RISK, until=ten.now + timedelta(days=92))


def test_what_comes_after_the_asking_is_not_meant(ten: House) -> None:
    number = asked(ten, Act.ACKNOWLEDGE)
    ten.telnet("2026-11-21", 30)
    assert bulk.carry_out(number, now=ten.now, progress=quiet) == {"done": 10, "refused": 0}


def test_work_is_given_to_a_colleague_and_taken_back(ten: House) -> None:
    with as_system():
        team = Finding.objects.values_list("team_id", flat=True)[0]
    viewer = Viewer(name="amna@cert.example", sees_all=True, teams=frozenset({team or 0}))
    with pytest.raises(UsageError, match="no such colleague"):
        asked(ten, ASSIGN, viewer, assignee=1)
    person = colleague(ten, team or 0)
    before = standing()
    answered(ten, 3, Act.WITHDRAW)
    number = done(ten, ASSIGN, viewer, assignee=person)
    assert {one for one, row in standing().items() if row[5] == person} == set(range(1, 11)) - {3}
    assert undone(ten, number) == {"undone": 9, "left": 0}
    assert {one: row[5] for one, row in standing().items()} == dict.fromkeys(before)


def colleague(house: House, team: int) -> int:
    office = Office.objects.create(slug="test-duty", name="Duty", role="NC", team_id=team)
    opened = open_account(NewAccount(email="amna@cert.example"), actor=OFFICER, now=house.now)
    Tenure.objects.create(office=office, person=opened, valid_from=house.now.date())
    return opened.pk


def test_an_exception_ends_by_itself(ten: House) -> None:
    until = ten.now + timedelta(days=1)
    done(ten, Act.ACCEPT_RISK, wanted=Filter(numbers=(1, 2)), until=until)
    done(ten, Act.ACCEPT_RISK, wanted=Filter(numbers=(3,)), until=until + timedelta(days=1))
    assert bulk.end_exceptions(now=until - timedelta(seconds=1), actor=OFFICER) == 0
    assert bulk.end_exceptions(now=until, actor=OFFICER) == 2
    assert {one: row[0] for one, row in standing().items() if one < 4} == {
        1: State.OPEN,
        2: State.OPEN,
        3: State.EXCEPTION,
    }
    assert recent()[0].act == "findings.end-exceptions"


@pytest.mark.parametrize(
    ("act", "given", "words"),
    [
        ("transfer", {}, "cannot be done to many"),
        (Act.ACCEPT_RISK, {"until": "past"}, "end before it begins"),
        (Act.ACCEPT_RISK, {}, "needs a last day"),
        (Act.WITHDRAW, {"why": " "}, "needs a reason"),
    ],
)
def test_what_makes_no_sense_is_not_begun(
    ten: House, act: str, given: dict[str, str], words: str
) -> None:
    until = ten.now - timedelta(days=1) if "until" in given else None
    wish = Wish(act, Filter(), why=given.get("why", "because"), until=until)
    with pytest.raises(UsageError, match=words):
        bulk.ask(wish, viewer=NATIONAL, actor=OFFICER, now=ten.now)


CUT = """
import os, signal
import django
django.setup()
from datetime import UTC, datetime
from pehra.findings.actions import bulk
from pehra.findings.models import BulkAct
from pehra.findings.models import Finding, FindingSeen
from pehra.findings.queries import Filter
from pehra.kernel.actors import Actor
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import Viewer
bulk.CHUNK = 10
now = datetime(2026, 11, 22, tzinfo=UTC)
with as_system():
    rows = [Finding(id=n, key=n, asset_kind=1, asset=f"192.0.2.{n}", identifier="open-telnet",
        rsit_class="vulnerable", rsit_type="weak-crypto", opened_at=now, severity=2)
        for n in range(1, 101)]
    Finding.objects.bulk_create(rows)
    FindingSeen.objects.bulk_create(FindingSeen(finding=row, first_seen=now, last_seen=now,
        count=1, sources=1, severity=2) for row in rows)
wish = bulk.Wish("acknowledge", Filter())
number = bulk.ask(wish, viewer=Viewer("a", sees_all=True), actor=Actor("a", "duty"), now=now)
def die(done, total):
    if done >= 40:
        os.kill(os.getpid(), signal.SIGKILL)
bulk.carry_out(number, now=now, progress=die)
"""
GO_ON = """
import django
django.setup()
from datetime import UTC, datetime
from pehra.findings.actions import bulk
from pehra.findings.models import BulkAct, BulkRow, Finding
from pehra.ledger.queries import recent
from pehra.mandate.tenancy import as_system
now = datetime(2026, 11, 22, tzinfo=UTC)
with as_system():
    act = BulkAct.objects.get()
    print(act.done, act.through, BulkRow.objects.count(), Finding.objects.filter(state=3).count())
    print(bulk.carry_out(act.pk, now=now, progress=lambda done, total: None))
    print(BulkRow.objects.count(), Finding.objects.filter(state=3).count())
    print([entry.act for entry in recent()])
"""


@pytest.mark.database
def test_killed_in_the_middle_it_goes_on_with_the_missing_chunk(house: dict[str, str]) -> None:
    environment = {**os.environ, **house, "DJANGO_SETTINGS_MODULE": "pehra.web.settings"}
    cut = subprocess.run([sys.executable, "-c", CUT], env=environment, check=False)
    assert cut.returncode == -signal.SIGKILL
    told = subprocess.run(
        [sys.executable, "-c", GO_ON], env=environment, check=True, capture_output=True, text=True
    )
    assert told.stdout.splitlines() == [
        "40 40 40 40",
        "{'done': 100, 'refused': 0}",
        "100 100",
        "['findings.bulk-acknowledge']",
    ]
