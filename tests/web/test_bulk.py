"""The pages of acting on many findings: what it would do, how far it is, what it left, undoing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils.html import escape

from pehra.findings.actions import bulk
from pehra.findings.models import BulkAct, Finding
from pehra.findings.rules import State
from pehra.jobs.models import Job
from pehra.kernel.time import clock
from pehra.mandate.models import Office, Tenure, User
from pehra.mandate.tenancy import as_system
from pehra.web.phrases import LAST_DAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from tests.web.conftest import Nation


def states() -> dict[int, State]:
    with as_system():
        return {one: State(state) for one, state in Finding.objects.values_list("id", "state")}


def work() -> None:
    """Do what the worker would."""
    for job in Job.objects.filter(kind__startswith="findings.bulk", state="queued"):
        does = {bulk.CARRY_OUT: bulk.carry_out, bulk.TAKE_BACK: bulk.take_back}[job.kind]
        does(job.payload["bulk"], now=clock(), progress=lambda *_: None)
    Job.objects.filter(kind__startswith="findings.bulk").delete()


def test_the_page_says_how_many_take_each_act(officer: Client) -> None:
    told = officer.get("/findings/act/", {"state": "any"}).context
    assert (told["title"], told["total"]) == ("Act on 4 findings", 4)
    assert [(choice.value, choice.note) for choice in told["choices"]] == [
        ("acknowledge", "3 of 4"),
        ("assign", "4 of 4"),
        ("claim-fix", "3 of 4"),
        ("accept-risk", "3 of 4"),
        ("pass-on", "3 of 4"),
        ("withdraw", "4 of 4"),
    ]


def test_an_act_is_asked_for_shown_and_taken_back(officer: Client) -> None:
    before = states()
    place = officer.post("/findings/act/?state=any", {"act": "acknowledge"}).headers["Location"]
    page = officer.get(place)
    assert (page.context["at_work"], page.context["far_text"]) == (True, "0 of 4")
    assert 'hx-trigger="every 1s"' in page.content.decode()
    assert '<noscript><meta http-equiv="refresh"' in page.content.decode()
    work()
    page = officer.get(place)
    assert (page.context["stage"], page.context["far_text"]) == ("Done", "4 of 4")
    assert "every 1s" not in page.content.decode()
    assert [row[0][1].text for row in page.context["refused"].rows] == ["F4"]
    address = f"/lists/refused.csv?number={place.split('/')[-2]}"
    assert f'href="{address}"' in page.content.decode()
    file = b"".join(officer.get(address).streaming_content).decode()  # type: ignore[attr-defined] # it streams
    assert file.splitlines() == [
        "finding,identifier,asset,state",
        "F4,open-telnet,192.0.2.4,gone",
    ]
    assert officer.get("/lists/refused.csv?number=99").status_code == 404
    assert states() == before | dict.fromkeys((1, 2, 3), State.ACKNOWLEDGED)
    assert officer.post(f"{place}undo/").headers["Location"] == place
    work()
    page = officer.get(place)
    assert (page.context["stage"], page.context["undo_until"]) == ("Undone", None)
    assert states() == before


def test_ticked_findings_are_meant_whatever_their_state(officer: Client) -> None:
    told = officer.get("/findings/act/", {"ticked": "1", "number": ["4", "1"]}).context
    assert told["total"] == 2
    nothing = officer.get("/findings/act/", {"ticked": "1"}, follow=True)
    assert "No finding is ticked." in nothing.content.decode()


def test_what_is_missing_is_said_and_nothing_is_begun(officer: Client) -> None:
    sent = [
        ({}, "Choose what to do."),
        ({"act": "withdraw", "why": " "}, "This needs a reason."),
        *(
            ({"act": "accept-risk", "why": "x", "until": until}, str(LAST_DAY))
            for until in ("", "soon", "2020-01-01", "2999-01-01")
        ),
    ]
    for given, words in sent:
        told = officer.post("/findings/act/?state=any", given)
        assert (told.status_code, told.context["problem"]) == (422, words)
        assert escape(words) in told.content.decode()
    assert Job.objects.filter(kind=bulk.CARRY_OUT).count() == 0


def test_a_contact_acts_on_his_own_and_sees_nobody_elses_acts(
    officer: Client, contact: Client
) -> None:
    told = contact.get("/findings/act/", {"state": "any"}).context
    assert (told["total"], told["staff"]) == (2, False)
    assert [choice.value for choice in told["choices"]] == ["acknowledge", "claim-fix"]
    sent = contact.post("/findings/act/?state=any", {"act": "withdraw", "why": "x"})
    assert sent.status_code == 403
    place = officer.post("/findings/act/?state=any", {"act": "acknowledge"}).headers["Location"]
    assert contact.get(place).status_code == 404
    assert contact.post(f"{place}undo/").status_code == 400


def test_work_is_given_and_found_again(officer: Client, nation: Nation) -> None:
    who = str(nation.officer.pk)
    officer.post("/findings/act/?number=2", {"act": "assign", "assignee": who})
    work()
    mine = officer.get("/findings/", {"assigned": "me"}).context["rows"]
    assert [(row.name, row.assignee) for row in mine] == [("F2", "officer@cert.example")]
    rest = officer.get("/findings/", {"assigned": "nobody"}).context["rows"]
    assert [row.name for row in rest] == ["F3", "F1"]
    assert "officer@cert.example" in officer.get("/findings/2/").content.decode()


def test_an_act_that_was_cancelled_goes_on_or_is_undone(officer: Client) -> None:
    before = states()
    places = [
        officer.post("/findings/act/?state=any", {"act": "acknowledge"}).headers["Location"]
        for _ in range(2)
    ]
    Job.objects.filter(kind=bulk.CARRY_OUT).update(state="cancelled")
    page = officer.get(places[0])
    assert (page.context["stage"], page.context["at_work"]) == ("Stopped before its end", False)
    assert f'action="{places[0]}go-on/"' in page.content.decode()
    assert officer.post(f"{places[0]}go-on/").headers["Location"] == places[0]
    assert officer.get(places[0]).context["stage"] == "At work"
    work()
    assert officer.get(places[0]).context["far_text"] == "4 of 4"
    assert officer.post(f"{places[1]}undo/").headers["Location"] == places[1]
    work()
    assert officer.get(places[1]).context["stage"] == "Undone"
    officer.post(f"{places[0]}undo/")
    work()
    assert states() == before
    assert officer.post(f"/findings/act/{2**63}/go-on/").status_code == 404


@pytest.mark.parametrize("role", ["AUD", "LEG", "OBS"])
def test_whoever_only_looks_acts_on_nothing(
    nation: Nation, signed_in: Callable[[User], Client], role: str
) -> None:
    before = states()
    person = User.objects.create(email="looks@cert.example")
    office = Office.objects.create(slug="looks", name="L", role=role, team=nation.national)
    Tenure.objects.create(office=office, person=person)
    client = signed_in(person)
    assert (
        client.post("/findings/act/?state=any", {"act": "withdraw", "why": "x"}).status_code == 403
    )
    work()
    assert states() == before


@pytest.mark.parametrize("role", ["AUD", "LEG", "OBS"])
def test_whoever_only_looks_takes_nothing_up_and_nothing_back(
    nation: Nation, officer: Client, signed_in: Callable[[User], Client], role: str
) -> None:
    person = User.objects.create(email="looks@cert.example")
    office = Office.objects.create(slug="looks", name="L", role=role, team=nation.national)
    Tenure.objects.create(office=office, person=person)
    client = signed_in(person)
    place = officer.post("/findings/act/?state=any", {"act": "acknowledge"}).headers["Location"]
    Job.objects.filter(kind=bulk.CARRY_OUT).update(state="cancelled")
    # An act of his own, from the days when he held another office.
    with as_system():
        BulkAct.objects.update(by=person.email)
    shown = client.get(place)
    assert (shown.status_code, shown.context["own"]) == (200, False)
    assert "<form" not in shown.content.decode().partition("<main")[2]
    for does in ("undo", "go-on"):
        assert client.post(f"{place}{does}/").status_code == 403
    assert not Job.objects.filter(kind__startswith="findings.bulk", state="queued").exists()


def test_nobody_takes_up_or_back_what_another_asked_for(
    nation: Nation, officer: Client, signed_in: Callable[[User], Client]
) -> None:
    other = User.objects.create(email="other@cert.example")
    Tenure.objects.create(office=Office.objects.get(slug="duty"), person=other)
    client, after = signed_in(other), states()
    del nation
    place = officer.post("/findings/act/?state=any", {"act": "acknowledge"}).headers["Location"]
    Job.objects.filter(kind=bulk.CARRY_OUT).update(state="cancelled")
    shown = client.get(place)
    assert (shown.context["stopped"], shown.context["own"]) == (True, False)
    assert "go-on" not in shown.content.decode()
    for does in ("undo", "go-on"):
        assert client.post(f"{place}{does}/").status_code == 403
    officer.post(f"{place}go-on/")
    work()
    assert states() != after
    assert client.get(place).context["undo_until"] is None
    assert client.post(f"{place}undo/").status_code == 403
    assert officer.get(place).context["undo_until"] is not None


def test_an_auditor_of_a_team_who_answers_for_a_bank_acts_on_the_bank_s_alone(
    nation: Nation, contact: Client
) -> None:
    office = Office.objects.create(slug="aud", name="A", role="AUD", team=nation.national)
    Tenure.objects.create(office=office, person=nation.contact)
    assert len(contact.get("/findings/", {"state": "any"}).context["rows"]) == 4
    told = contact.get("/findings/act/", {"state": "any"}).context
    assert (told["total"], told["staff"]) == (2, False)
    sent = contact.post("/findings/act/?state=any", {"act": "withdraw", "why": "x"})
    assert sent.status_code == 403
