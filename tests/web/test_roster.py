"""Pages of the roster: the week, its files, swaps, and the hand-over that two persons sign."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.web.conftest import _person

from pehra.findings.models import Finding
from pehra.kernel.actors import Actor
from pehra.ledger.actions import append
from pehra.ledger.queries import recent
from pehra.mandate.models import Handover, Office, Team, Tenure
from pehra.mandate.models import Shift as Row
from pehra.mandate.roster.actions import plan_shifts
from pehra.mandate.roster.rules import Shift
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from tests.web.conftest import Nation

    from pehra.mandate.models import User


@pytest.fixture
def second(nation: Nation, signed_in: Callable[[User], Client]) -> Client:
    """The browser of a colleague of the officer."""
    del nation
    return signed_in(_person("second@cert.example", Office.objects.get(slug="duty")))


@pytest.fixture
def planned(nation: Nation, second: Client) -> int:
    """A shift of the officer that runs now; its number."""
    del second
    span = nation.now - timedelta(hours=1), nation.now + timedelta(hours=7)
    shift = Shift(*span, "national", "duty", nation.officer.email)
    plan_shifts([shift], actor=Actor("amna", "duty"), now=nation.now)
    with as_system():
        return Row.objects.get().pk


def test_the_week_shows_who_is_on_duty(officer: Client, contact: Client, planned: int) -> None:
    shown = officer.get("/roster/")
    assert [one.name for one in shown.context["now"]] == ["officer@cert.example"]
    lines = [line for _, _, lines in shown.context["days"] for line in lines]
    assert [(line.id, line.now, line.utc.endswith(" UTC")) for line in lines] == [
        (planned, True, True)
    ]
    calendar = officer.get("/roster/?form=ics")
    assert calendar["Content-Type"] == "text/calendar; charset=utf-8"
    assert calendar.content.startswith(b"BEGIN:VCALENDAR")
    assert officer.get("/roster/?form=csv").content.splitlines()[0] == b"team,person,role,from,to"
    later = officer.get(f"/roster/?week={shown.context['after']}")
    assert [lines for _, _, lines in later.context["days"]] == [[]] * 7
    assert officer.get("/roster/?week=never").status_code == 404
    assert officer.get("/roster/?team=other").status_code == 404
    assert contact.get("/roster/").status_code == 403
    assert contact.get("/roster/handover/").status_code == 403


def test_a_shift_changes_hands(officer: Client, contact: Client, planned: int) -> None:
    path = f"/roster/{planned}/swap/"
    form = {"team": "national", "person": "second@cert.example"}
    assert contact.post(path, form).status_code == 403
    assert officer.post("/roster/999/swap/", form).status_code == 404
    wrong = officer.post(path, {**form, "person": "ciso@bank.example"}, follow=True)
    assert "choose a colleague of the team" in wrong.content.decode()
    done = officer.post(path, form, follow=True)
    assert "has changed hands" in done.content.decode()
    with as_system():
        row = Row.objects.select_related("person").get()
    assert (row.person.email, row.was_id is not None) == ("second@cert.example", True)


def test_what_others_do_pushes_nothing_out_of_a_shift(officer: Client, nation: Nation) -> None:
    own = Actor(nation.officer.email, "duty")
    for hours in (30, 2):
        append("x.y", actor=own, subject="z", facts={}, now=nation.now - timedelta(hours=hours))
    for _ in range(600):
        append("x.y", actor=Actor("worker", "-"), subject="z", facts={}, now=nation.now)
    assert len(officer.get("/roster/handover/").context["table"].rows) == 1
    officer.post("/roster/handover/give/", {"notes": ""})
    with as_system():
        assert Handover.objects.get().counts["decided"] == 1


def test_a_shift_hands_over_its_teams_work_alone(
    nation: Nation, signed_in: Callable[[User], Client]
) -> None:
    person = _person("both@cert.example", None)
    nation.finding(nation.bank)
    for slug, holder in (("fincert", nation.bank), ("educert", nation.school)):
        team = Team.objects.create(slug=slug, name=slug.title(), tier="sectoral")
        office = Office.objects.create(slug=f"{slug}-desk", name="Desk", role="SC", team=team)
        Tenure.objects.create(office=office, person=person)
        with as_system():
            Finding.objects.filter(organisation=holder).update(team=team)
    office = Office.objects.create(slug="own", name="CISO", role="ENT", organisation=nation.school)
    Tenure.objects.create(office=office, person=person)
    client = signed_in(person)
    for slug in ("fincert", "educert"):
        form = {"team": slug, "notes": ""}
        assert client.post("/roster/handover/give/", form).status_code == 302
    with as_system():
        signed = {row.team.slug: row.counts for row in Handover.objects.select_related("team")}
    assert {slug: one["standing"] for slug, one in signed.items()} == {"fincert": 2, "educert": 1}


def test_a_shift_is_handed_over_by_two(officer: Client, second: Client) -> None:
    shown = officer.get("/roster/handover/")
    assert (shown.status_code, len(shown.context["needs"]) > 0) == (200, True)
    assert officer.post("/roster/handover/give/", {"notes": "watch the bank"}).status_code == 302
    with as_system():
        row = Handover.objects.get()
    assert row.counts["standing"] == 3
    path = f"/roster/handover/{row.pk}/take/"
    own = officer.post(path, follow=True).content.decode()
    assert "another person takes what one gave" in own
    waiting = second.get("/roster/handover/").content.decode()
    assert ("I take the shift" in waiting, "watch the bank" in waiting) == (True, True)
    assert "The shift is yours" in second.post(path, follow=True).content.decode()
    with as_system():
        row.refresh_from_db()
    assert (row.given_by, row.taken_by) == ("officer@cert.example", "second@cert.example")
    assert [one.act for one in recent()][:2] == ["mandate.take-over", "mandate.give-over"]
    acts = [one[0][1].text for one in second.get("/roster/handover/").context["table"].rows]
    assert acts == ["mandate.take-over", "mandate.give-over"]
    assert second.post("/roster/handover/999/take/").status_code == 404
