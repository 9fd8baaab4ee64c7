"""The exercise desk: a scenario is played inject by inject, a call tree asked, a lesson ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from pehra.cases.actions.tasks import Wish, give
from pehra.cases.exercises.queries import exercises, lessons, pings
from pehra.kernel.actors import SYSTEM
from pehra.mandate.models import Office, Power, Sector, Team, Tenure, User
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from tests.web.conftest import Nation

pytestmark = pytest.mark.either


@pytest.fixture
def played(officer: Client, nation: Nation) -> str:
    """An exercise at the bank that has begun: its page."""
    form = {"scenario": "power-utility", "organisations": nation.bank.slug}
    return str(officer.post("/exercises/begin/", form)["Location"])


def test_begun_put_in_and_ended(officer: Client, contact: Client, played: str) -> None:
    page = officer.get(played).context
    assert (page["name"], page["injects"]) == ("Ransomware at a power utility", [])
    assert str(page["upcoming"]["does"]) == "Somebody tells something"
    for _ in range(4):
        officer.post(f"{played}act/", {"act": "next"})
    after = officer.get(played).context
    assert [str(one["does"]) for one in after["injects"]] == [
        "Somebody tells something",
        "The call tree is asked",
        "The case goes on a step",
        "A playbook is begun",
    ]
    assert [one["asked"] for one in after["pings"]] == ["1"]
    officer.post(f"{played}act/", {"act": "end"})
    (found,) = exercises(viewer=SYSTEM_VIEWER)
    assert found.ended_at is not None
    again = officer.post(f"{played}act/", {"act": "next"}, follow=True)
    assert "Refused, as on any other day" in again.content.decode()
    for address in ("/exercises/", played):
        assert contact.get(address).status_code == 403
    assert contact.post("/exercises/begin/", {}).status_code == 403
    assert officer.get("/exercises/99/").status_code == 404


def test_not_begun_without_organisations(officer: Client) -> None:
    form = {"scenario": "power-utility", "organisations": "nobody-at-all"}
    answer = officer.post("/exercises/begin/", form, follow=True)
    assert "Not known: nobody-at-all." in answer.content.decode()
    assert exercises(viewer=SYSTEM_VIEWER) == []


def test_a_call_tree_and_its_answers(officer: Client, contact: Client) -> None:
    officer.post("/exercises/call-tree/", {"team": "national", "minutes": "15"})
    (asked,) = pings(viewer=SYSTEM_VIEWER)
    (person,) = asked.called
    assert contact.post(f"/exercises/called/{person.id}/", {"how": "phone"}).status_code == 404
    officer.post(f"/exercises/called/{person.id}/", {"how": "phone"})
    (after,) = pings(viewer=SYSTEM_VIEWER)
    # Whoever was asked and is here has answered here.
    assert [(one.how, one.in_time) for one in after.called] == [("page", True)]
    assert officer.get("/exercises/").context["pings"][0]["in_time"] == "1"
    officer.post("/exercises/call-tree/", {"team": "national", "minutes": "0"})
    assert len(pings(viewer=SYSTEM_VIEWER)) == 1
    assert officer.post("/exercises/call-tree/", {"team": "none"}).status_code == 403


def test_what_was_learned_is_ended_with_a_word(officer: Client, played: str) -> None:
    (found,) = exercises(viewer=SYSTEM_VIEWER)
    wish = Wish(title="Second numbers", assignee="bilal", after_action=True)
    number = give(found.case, wish, actor=SYSTEM, at=found.begun_at)
    assert officer.get(played).context["lessons"][0]["row"].id == number
    officer.post(f"/exercises/learned/{number}/", {"outcome": " "})
    assert len(lessons(viewer=SYSTEM_VIEWER, standing=True)) == 1
    officer.post(f"/exercises/learned/{number}/", {"outcome": "Done, and tried."})
    assert lessons(viewer=SYSTEM_VIEWER, standing=True) == []
    assert officer.post(f"/exercises/learned/{number}/", {"outcome": "x"}).status_code == 404


def test_a_team_plays_with_its_own_organisations(nation: Nation) -> None:
    sector = Sector.objects.get(slug="banking")
    team = Team.objects.create(slug="banks", name="Banks", tier="sectoral", sector=sector)
    office = Office.objects.create(slug="banks-duty", name="Duty", role="SC", team=team)
    Power.objects.create(act="work-cases", role="SC", tier="sectoral")
    person = User.objects.create(email="duty@banks.example")
    Tenure.objects.create(office=office, person=person)
    client = Client()
    client.force_login(person)
    form = {"scenario": "power-utility", "organisations": f"bank {nation.school.slug}"}
    answer = client.post("/exercises/begin/", form, follow=True)
    assert "Not known: school." in answer.content.decode()
    assert exercises(viewer=SYSTEM_VIEWER) == []
    begun = client.post("/exercises/begin/", {**form, "organisations": "bank"}, follow=True)
    assert begun.status_code == 200
    assert len(exercises(viewer=SYSTEM_VIEWER)) == 1
