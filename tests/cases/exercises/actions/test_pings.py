"""A call tree is asked; who answers in time counts, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.cases.conftest import AMNA, BILAL, NOW, Nation

from pehra.cases.exercises.actions.pings import answered, ask
from pehra.cases.exercises.queries import pings
from pehra.kernel.errors import Refused, UsageError
from pehra.mandate.models import Office, Shift, Team, Tenure, User
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(nation: Nation) -> int:
    office = Office.objects.create(
        slug="desk", name="Desk", role="SC", team=Team.objects.get(pk=nation.fincert)
    )
    people = [
        User.objects.create(email=f"{one}@cert.example") for one in ("amna", "bilal", "chand")
    ]
    Tenure.objects.bulk_create(Tenure(person=one, office=office) for one in people)
    hours = timedelta(hours=8)
    with as_system():
        Shift.objects.create(
            team_id=nation.fincert, person=people[-1], role="on-call", starts=NOW - hours,
            ends=NOW + hours,
        )  # fmt: skip
    return nation.fincert


def test_who_answers_within_the_target(nation: Nation, team: int) -> None:
    number = ask(team, actor=AMNA, at=NOW)
    (asked,) = pings(viewer=nation.of_fincert, number=number)
    assert [(one.name, one.duty) for one in asked.called] == [
        ("amna@cert.example", "office"),
        ("bilal@cert.example", "office"),
        ("chand@cert.example", "on-call"),
    ]
    first, second, _ = (one.id for one in asked.called)
    answered(first, "phone", actor=AMNA, at=NOW + timedelta(minutes=15))
    answered(second, "mail", actor=BILAL, at=NOW + timedelta(minutes=17))
    (after,) = pings(viewer=SYSTEM_VIEWER)
    assert (after.in_time, after.minutes) == (1, 16)
    assert [one.how for one in after.called] == ["phone", "mail", ""]
    assert pings(viewer=nation.of_bank) == []
    with pytest.raises(Refused, match="answered already"):
        answered(first, "phone", actor=AMNA, at=NOW + timedelta(minutes=20))


def test_what_cannot_be_asked_or_noted(nation: Nation, team: int) -> None:
    with pytest.raises(Refused, match="Nobody holds an office"):
        ask(nation.ncert, actor=AMNA, at=NOW)
    with pytest.raises(UsageError, match="The target is"):
        ask(team, 0, actor=AMNA, at=NOW)
    with pytest.raises(UsageError, match="no way to answer"):
        answered(1, "smoke", actor=AMNA, at=NOW)
    with pytest.raises(UsageError, match="Nobody was asked"):
        answered(9_999, "phone", actor=AMNA, at=NOW)
