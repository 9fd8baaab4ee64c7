"""Three scenarios played to their ends through the real machinery, and in no number."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from tests.findings.conftest import watch
from tests.notices.actions.test_exercises import at_work, numbers
from tests.notices.actions.test_release import silent
from tests.notices.conftest import AMNA, BILAL, scene, told

from pehra.cases.evidence.queries import public as evidence_public
from pehra.cases.exercises.actions.play import PLAYER, SECOND, begin, end, play, put_in
from pehra.cases.exercises.queries import exercise, injects, lessons, pings
from pehra.cases.exercises.scenarios import MARK, SLUGS, scenario
from pehra.cases.fromfindings.queries import outlook
from pehra.cases.models.case import Case, Deadline, Entry, Statement
from pehra.cases.playbooks.queries import runs
from pehra.cases.queries.cases import Wanted, page
from pehra.cases.queries.waiting import waiting as cases_waiting
from pehra.cases.reported.queries import counts as reported_counts
from pehra.cases.rules import State
from pehra.findings.actions.counting import count_day
from pehra.findings.queries.counts import by_day, by_territory, present
from pehra.kernel.actors import SYSTEM
from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.settings import load
from pehra.mandate.models import Office, Organisation, Team, Tenure, User
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices import queries as notices
from pehra.notices.actions import rounds
from pehra.notices.actions.compose import composer
from pehra.notices.actions.release import release

if TYPE_CHECKING:
    from datetime import datetime

    from tests.findings.conftest import House

    from pehra.notices.actions.rounds import Scene

__all__ = ["at_work", "told", "watch"]
pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Asia/Karachi")


def published(house: House) -> dict[str, Any]:
    """Every number that anybody is shown: findings, notices, effect, reports, cases, evidence."""
    count_day(house.now, ZONE)
    day = house.now.astimezone(ZONE).date()
    wanted = [
        Wanted(), Wanted(open=False), Wanted(open=False, overdue=True), Wanted(severity=2),
        *(Wanted(open=False, kind=scenario(slug).kind) for slug in SLUGS),
        *(Wanted(states=(int(state),)) for state in State),
    ]  # fmt: skip
    return {
        **numbers(house),
        "present": present(viewer=SYSTEM_VIEWER),
        "by_day": by_day(day - timedelta(days=30), day, viewer=SYSTEM_VIEWER),
        "by_territory": by_territory(viewer=SYSTEM_VIEWER),
        "cases": [page(one, viewer=SYSTEM_VIEWER, now=house.now) for one in wanted],
        "waiting_cases": cases_waiting(viewer=SYSTEM_VIEWER, now=house.now),
        "evidence_given": evidence_public(),
        "reports_of_people": reported_counts(viewer=SYSTEM_VIEWER, before=house.now),
        "rules": msgspec.to_builtins(outlook(now=house.now, zone=ZONE)),
    }


def bank() -> tuple[int, ...]:
    return (Organisation.objects.get(slug="river-bank").pk,)


def staffed() -> None:
    """Two persons hold an office of every team."""
    people = [User.objects.create(email=f"{name}@cert.example") for name in ("amna", "bilal")]
    for team in Team.objects.all():
        office = Office.objects.create(slug=f"desk-{team.slug}", name="Desk", role="NC", team=team)
        Tenure.objects.bulk_create(Tenure(person=one, office=office) for one in people)


@pytest.fixture
def house(at_work: House) -> House:
    """A house at work, with people, and far enough from its first letters."""
    staffed()
    at_work.now += timedelta(days=30)
    return at_work


def world(house: House) -> Any:  # noqa: ANN401 a function
    def at(moment: datetime) -> Scene:
        return msgspec.structs.replace(scene(house), now=moment)

    return at


def test_three_scenarios_leave_every_number_as_it_was(house: House) -> None:
    before = published(house)
    for slug in SLUGS:
        number, done = play(slug, bank(), scene=world(house), now=house.now)
        played = {one.does: one.facts for one in done}
        round_ = played["letters"]["round"]
        # Letters wait for another person, as on any other day.
        rounds.decide(round_, go=True, actor=BILAL, now=house.now)
        at = composer(house.home, load(house.home), house.now.date())
        left = release(round_, at, actor=SYSTEM, now=house.now, progress=silent)
        assert left == {"released": 2 if slug == "bank-wiper" else 1, "refused": 0}
        found = exercise(number, viewer=SYSTEM_VIEWER)
        assert found is not None
        assert (found.injects, found.ended_at, found.changed) == (len(done), house.now, False)
        with as_system():
            case = Case.objects.get(pk=found.case)
            assert (case.exercise, case.state, case.severity) == (True, State.CLOSED, 2)
            assert case.title.startswith(MARK)
            assert Statement.objects.get(case=case).state == "unverified"
            assert not Deadline.objects.filter(case=case, met_at=None, dropped_at=None).exists()
            assert case.next_due is None
            assert Entry.objects.filter(case=case, kind="exercise").count() == len(done) + 1
        (run,) = runs(found.case, viewer=SYSTEM_VIEWER)
        assert run.standing.settled >= 1
        (asked,) = pings(viewer=SYSTEM_VIEWER, exercise=number)
        assert [one.name for one in asked.called] == ["amna@cert.example", "bilal@cert.example"]
        learned = lessons(viewer=SYSTEM_VIEWER, case=found.case, standing=True)
        assert all(one.owner and one.due_at and one.exercise for one in learned)
        assert len(learned) == 2
    # One that goes on counts as little as those that ended.
    left_open = begin("oil-servers", bank(), actor=AMNA, at=house.now)
    for _ in range(7):
        put_in(left_open, scene=scene(house), actor=AMNA, at=house.now)
    assert published(house) == before


@pytest.mark.either
def test_step_by_step_by_persons(house: House) -> None:
    number = begin("power-utility", bank(), actor=AMNA, at=house.now)
    first = put_in(number, scene=scene(house), actor=BILAL, at=house.now)
    assert (first.place, first.does, first.by) == (0, "note", "bilal")
    assert [one.by for one in injects(number, viewer=SYSTEM_VIEWER)] == ["bilal"]
    end(number, actor=AMNA, at=house.now)
    with pytest.raises(Refused, match="has ended"):
        put_in(number, scene=scene(house), actor=BILAL, at=house.now)
    with pytest.raises(UsageError, match="no exercise 77"):
        end(77, actor=AMNA, at=house.now)
    with pytest.raises(UsageError, match="Nobody was chosen"):
        begin("power-utility", (), actor=AMNA, at=house.now)


@pytest.mark.either
def test_a_rule_of_the_house_holds_in_an_exercise_too(house: House) -> None:
    number = begin("bank-wiper", bank(), actor=AMNA, at=house.now)
    moments = scenario("bank-wiper").injects
    verify = next(place for place, one in enumerate(moments) if one.facts.get("act") == "verify")
    for _ in range(verify):
        put_in(number, scene=scene(house), actor=PLAYER, at=house.now)
    with pytest.raises(Refused, match="another person looks at it"):
        put_in(number, scene=scene(house), actor=PLAYER, at=house.now)
    assert len(injects(number, viewer=SYSTEM_VIEWER)) == verify
    put_in(number, scene=scene(house), actor=SECOND, at=house.now)
    left = len(moments) - verify - 1
    for _ in range(left):
        put_in(number, scene=scene(house), actor=PLAYER, at=house.now)
    with pytest.raises(Refused, match="Nothing is left"):
        put_in(number, scene=scene(house), actor=PLAYER, at=house.now)


@pytest.mark.either
def test_nobody_to_write_to_and_nobody_to_call_are_outcomes(house: House) -> None:
    Tenure.objects.all().delete()
    nobody = Organisation.objects.create(slug="stone-power", name="Stone Power")
    _, done = play("power-utility", (nobody.pk,), scene=world(house), now=house.now)
    played = {one.does: one.facts for one in done}
    assert played["letters"]["refused"].startswith("None of the organisations chosen has a mailbox")
    assert played["ping"]["refused"].startswith("Nobody holds an office")
    assert notices.rounds(exercises=True) == []
