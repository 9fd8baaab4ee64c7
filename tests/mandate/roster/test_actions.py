"""Rosters are planned, swapped and handed over, each with its entry in the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.mandate.roster.test_rules import shift

from pehra.kernel.actors import Actor
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.queries import recent
from pehra.mandate.models import Office, Team, Tenure, User
from pehra.mandate.roster.actions import (
    Changed,
    Given,
    give_over,
    plan_shifts,
    swap,
    take_over,
)
from pehra.mandate.roster.queries import (
    handovers,
    members,
    on_duty,
    shifts,
    teams_with_shifts,
)
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer

if TYPE_CHECKING:
    from pehra.mandate.roster.queries import ShiftView

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 28, 6, tzinfo=UTC)
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
AMNA, BILAL = Actor("amna@cert.example", "duty"), Actor("bilal@cert.example", "duty")


@pytest.fixture
def team() -> Team:
    """A team of two persons, and somebody who is not of it."""
    made = Team.objects.create(slug="national", name="National CERT", tier="national")
    office = Office.objects.create(slug="duty", name="Duty officer", role="NC", team=made)
    for actor in (AMNA, BILAL):
        person = User.objects.create(email=actor.name)
        Tenure.objects.create(person=person, office=office)
    User.objects.create(email="guest@cert.example")
    return made


def plan(*wanted: object, **more: bool) -> Changed:
    return plan_shifts(wanted, actor=AMNA, now=NOW, **more)  # type: ignore[arg-type] # shifts, written by shift()


def planned(team: Team) -> list[ShiftView]:
    span = NOON - timedelta(days=30), NOON + timedelta(days=30)
    return shifts(*span, viewer=SYSTEM_VIEWER, team=team.pk)


def test_a_roster_comes_in_once(team: Team) -> None:
    first, second = shift(0, 8), shift(8, 16, person="bilal@cert.example")
    assert plan(first, second, dry=True) == Changed(2, 0, 0)
    assert planned(team) == []
    assert plan(first, second) == Changed(2, 0, 0)
    assert plan(first, second) == Changed(0, 2, 0)
    assert [one.act for one in recent()].count("mandate.plan-shifts") == 1
    assert plan(second, shift(0, 8, "bilal@cert.example", "on-call"), replace=True) == Changed(
        1, 1, 1
    )
    assert [(one.person, one.role) for one in planned(team)] == [
        ("bilal@cert.example", "on-call"),
        ("bilal@cert.example", "duty"),
    ]
    assert teams_with_shifts(viewer=SYSTEM_VIEWER) == [team.pk]


def test_what_cannot_be_planned(team: Team) -> None:
    plan(shift(0, 8))
    with pytest.raises(Refused, match="is `duty` already"):
        plan(shift(4, 12))
    with pytest.raises(UsageError, match="holds no office of national"):
        plan(shift(0, 8, "guest@cert.example"))
    with pytest.raises(UsageError, match="no team `other`"):
        plan(msgspec.structs.replace(shift(0, 8), team="other"))
    assert len(planned(team)) == 1
    assert sorted(members(team.pk, NOON.date())) == [AMNA.name, BILAL.name]


def test_an_office_that_ended_has_no_members(team: Team) -> None:
    Office.objects.update(valid_to=NOON.date())
    assert members(team.pk, NOON.date()) == {}
    day_before = NOON.date() - timedelta(days=1)
    assert sorted(members(team.pk, day_before)) == [AMNA.name, BILAL.name]


def test_a_colleague_takes_a_shift(team: Team) -> None:
    plan(shift(0, 8), shift(8, 16, BILAL.name), shift(0, 24, AMNA.name, "on-call"))
    (mine, call, theirs) = planned(team)
    assert [one.role for one in on_duty(team.pk, NOON, viewer=SYSTEM_VIEWER)] == ["duty", "on-call"]
    swap(mine.id, BILAL.name, actor=BILAL, now=NOW)
    (after, *_) = planned(team)
    assert (after.person, after.was) == (BILAL.name, AMNA.name)
    assert (recent()[0].act, recent()[0].subject) == ("mandate.swap-shift", f"shift:{mine.id}")
    (caller,) = on_duty(team.pk, NOON, viewer=SYSTEM_VIEWER, role="on-call")
    assert caller.id == call.id
    with pytest.raises(UsageError, match="holds no office"):
        swap(mine.id, "guest@cert.example", actor=AMNA, now=NOW)
    with pytest.raises(UsageError, match="no shift 999"):
        swap(999, AMNA.name, actor=AMNA, now=NOW)
    with pytest.raises(Refused, match="is theirs already"):
        swap(mine.id, BILAL.name, actor=AMNA, now=NOW)
    with pytest.raises(Refused, match="is over"):
        swap(theirs.id, AMNA.name, actor=AMNA, now=NOON + timedelta(days=2))
    plan(shift(4, 8, AMNA.name, "duty"))
    with pytest.raises(Refused, match="at that time already"):
        swap(mine.id, AMNA.name, actor=AMNA, now=NOW)


@pytest.mark.parametrize("replace", [False, True])
def test_the_same_file_after_a_swap_changes_nothing(team: Team, *, replace: bool) -> None:
    wanted = shift(0, 8), shift(8, 16, BILAL.name)
    plan(*wanted)
    (mine, _theirs) = planned(team)
    swap(mine.id, BILAL.name, actor=BILAL, now=NOW)
    assert plan(*wanted, replace=replace) == Changed(0, 2, 0)
    (now, _theirs) = planned(team)
    assert (now.id, now.person, now.was) == (mine.id, BILAL.name, AMNA.name)
    # A plan that names the swap is met too; one that names both persons wants a second shift.
    both = shift(0, 8, BILAL.name), wanted[1]
    assert plan(*both, replace=replace) == Changed(0, 2, 0)
    assert plan(*both, wanted[0], replace=replace) == Changed(1, 2, 0)


def test_what_reaches_out_of_the_span_stays(team: Team) -> None:
    night, day, late = shift(-4, 4), shift(4, 8), shift(8, 20)
    plan(night, day, late)
    asked = shift(0, 6, BILAL.name), shift(6, 12, BILAL.name)
    assert plan(*asked, replace=True, dry=True) == Changed(2, 0, 1, 2)
    assert plan(*asked, replace=True) == Changed(2, 0, 1, 2)
    assert [one.starts for one in planned(team)] == sorted(
        one.starts for one in (night, late, *asked)
    )
    with pytest.raises(Refused, match="is `duty` already"):
        plan(shift(0, 12), replace=True)


def test_the_span_of_one_team_is_not_that_of_another(team: Team) -> None:
    other = Team.objects.create(slug="bank", name="Bank CERT", tier="sector")
    Tenure.objects.create(
        person=User.objects.get(email=BILAL.name),
        office=Office.objects.create(slug="bank", name="Bank", role="OA", team=other),
    )
    plan(shift(0, 8))
    theirs = msgspec.structs.replace(shift(-8, 0, BILAL.name), team="bank")
    later = msgspec.structs.replace(shift(40, 48, BILAL.name), team="bank")
    assert plan(shift(20, 28), theirs, later, replace=True) == Changed(3, 0, 0)
    assert len(planned(team)) == 2


def test_a_shift_that_comes_back_is_as_planned(team: Team) -> None:
    plan(shift(0, 8))
    (mine,) = planned(team)
    office = Office.objects.get()
    Tenure.objects.create(person=User.objects.get(email="guest@cert.example"), office=office)
    swap(mine.id, BILAL.name, actor=BILAL, now=NOW)
    swap(mine.id, "guest@cert.example", actor=BILAL, now=NOW)
    assert [(one.person, one.was) for one in planned(team)] == [("guest@cert.example", AMNA.name)]
    assert plan(shift(0, 8)) == Changed(0, 1, 0)
    swap(mine.id, AMNA.name, actor=AMNA, now=NOW)
    assert [(one.person, one.was) for one in planned(team)] == [(AMNA.name, "")]


def test_a_shift_is_handed_over_with_two_signatures(team: Team) -> None:
    given = Given(team.pk, NOW - timedelta(hours=8), " watch the bank \n", {"standing": 3})
    number = give_over(given, actor=AMNA, now=NOW)
    entry = recent()[0]
    assert (entry.act, entry.facts["standing"]) == ("mandate.give-over", 3)
    assert "bank" not in str(entry.facts)
    with pytest.raises(Refused, match="another person takes it"):
        take_over(number, actor=AMNA, now=NOW)
    take_over(number, actor=BILAL, now=NOW)
    (kept,) = handovers(team.pk, viewer=SYSTEM_VIEWER)
    assert (kept.notes, kept.given_by, kept.taken_by) == (
        "watch the bank",
        AMNA.name,
        BILAL.name,
    )
    with pytest.raises(Refused, match="took hand-over"):
        take_over(number, actor=BILAL, now=NOW)
    with pytest.raises(UsageError, match="no hand-over 999"):
        take_over(999, actor=BILAL, now=NOW)
    with pytest.raises(UsageError, match="over 4000"):
        give_over(msgspec.structs.replace(given, notes="x" * 4001), actor=AMNA, now=NOW)


def test_another_team_sees_nothing_of_it(team: Team) -> None:
    plan(shift(0, 8))
    give_over(Given(team.pk, NOW, "", {}), actor=AMNA, now=NOW)
    stranger = Viewer("x", teams=frozenset({team.pk + 1}))
    span = NOON - timedelta(days=1), NOON + timedelta(days=1)
    assert shifts(*span, viewer=stranger) == []
    assert on_duty(team.pk, NOON, viewer=stranger) == []
    assert handovers(team.pk, viewer=stranger) == []
    assert teams_with_shifts(viewer=stranger) == []
