"""The list of cases, the page of one, and what is done there by plain forms."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cases.test_severity import MILDEST
from tests.web.conftest import NOW as AT

from pehra.cases.actions.clocks import fire_due
from pehra.cases.actions.grades import grade
from pehra.cases.actions.links import link_all
from pehra.cases.actions.mails import keep
from pehra.cases.actions.opened import Opening, open_case
from pehra.cases.actions.timeline import Line, record
from pehra.cases.models.case import Case, Entry, Grade, Join, Link, Statement, Task
from pehra.cases.queries.page import EntryView
from pehra.cases.rules import EntryKind
from pehra.cases.severity import Grading, Right
from pehra.cases.threads import Message
from pehra.kernel.actors import SYSTEM, Actor
from pehra.mandate.models import Clock, Power, Team
from pehra.mandate.tenancy import as_system
from pehra.web.cases import timeline

if TYPE_CHECKING:
    from django.test import Client
    from tests.web.conftest import Nation

AMNA = Actor("amna", "duty")


def opened(nation: Nation, **facts: object) -> int:
    given = {"title": "Files are encrypted", "affected": (nation.bank.pk,), **facts}
    return open_case(Opening(**given), actor=AMNA, at=nation.now)  # type: ignore[arg-type] # a test's own words


def act(client: Client, number: int, what: str, **given: object) -> str:
    """Do it, and say what the page says then."""
    answer = client.post(f"/cases/{number}/act/", {"what": what, **given}, follow=True)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def row(number: int) -> Case:
    with as_system():
        return Case.objects.get(pk=number)


@pytest.mark.usefixtures("nation")
def test_a_case_is_opened_and_listed(officer: Client) -> None:
    assert officer.get("/cases/open/").status_code == 200
    given = {"title": "Defaced <b>page</b>", "kind": "web-compromise", "tlp": "AMBER",
             "affected": "bank", "text": "<script>alert(1)</script>",
             "aware": "2026-11-28T01:00"}  # fmt: skip
    page = officer.post("/cases/open/", given, follow=True).content.decode()
    assert "Defaced &lt;b&gt;page&lt;/b&gt;" in page
    assert "<script>alert" not in page
    page = officer.get("/cases/?kind=web-compromise").content.decode()
    assert "Compromised website" in page
    assert "No case fits" in officer.get("/cases/?kind=ddos&grade=1&text=x").content.decode()
    answer = officer.post("/cases/open/", {**given, "affected": "strange"})
    assert "There is no organisation `strange`" in answer.content.decode()


def test_a_course_by_forms(nation: Nation, officer: Client) -> None:
    Clock.objects.create(kind="case-triage", hours=4)
    Clock.objects.create(kind="early-warning", hours=24)
    Power.objects.create(act="close-as-fixed", role="ENT", does="claim")
    number = opened(nation)
    fire_due(actor=SYSTEM, at=nation.now + timedelta(hours=4))
    page = officer.get(f"/cases/{number}/").content.decode()
    assert "A person looks at it, time is over" in page
    link_all(number, "finding", [1], actor=AMNA, at=nation.now)
    assert f"C{number} Files are encrypted" in officer.get("/findings/1/").content.decode()
    with as_system():
        Case.objects.update(next_due=nation.now, provisional=True)
    needs = [one for one in officer.get("/").context["needs"][:3] if "looked" not in one.text]
    assert [(one.figure, one.text) for one in needs] == [
        ("1", "case with a deadline that has passed"),
        ("1", "case whose grade the director confirms"),
    ]  # fmt: skip
    for one in needs:
        assert f"C{number} " in officer.get(one.href).content.decode()
    with as_system():
        Case.objects.update(provisional=False)
    assert "Done, and written" in act(officer, number, "step", act="triage", text="Looked.")
    assert "Answer all eight" in act(officer, number, "grade", grade="3", functional="none")
    assert "Done" in act(officer, number, "grade", grade="5", text="It may spread.", **MILDEST)
    assert row(number).severity == 5
    assert "cannot close" in act(officer, number, "step", act="close", text="x")
    act(officer, number, "step", act="confirm", text="It is so.")
    assert row(number).state == 6
    act(officer, number, "note", text="Asked for logs.", shared="1", at="2026-11-28T01:00")
    act(officer, number, "task", title="Ask for logs", due="2026-11-28T01:00")
    with as_system():
        task = Task.objects.get().pk
    act(officer, number, "take", task=task)
    assert "They came." in act(officer, number, "finish", task=task, text="They came.")


def test_claims_and_the_rest_by_forms(nation: Nation, officer: Client) -> None:
    number, bank = opened(nation), nation.bank.pk
    act(officer, number, "claim", text="No data was taken.", said_by="IT", organisation=bank)
    with as_system():
        said = Statement.objects.get().pk
    page = act(officer, number, "judge", statement=said, verdict="supported", text="x")
    assert "stays unverified" in page
    act(officer, number, "link", kind="evidence", ref="E7")
    with as_system():
        proof = Link.objects.get().pk
    page = act(
        officer, number, "judge", statement=said, verdict="refuted", text="For sale.", link=proof
    )
    assert "Evidence refutes it" in page
    page = act(officer, number, "suspect", text="A group", confidence="low", link=proof)
    assert "low confidence" in page
    act(officer, number, "situation", text="All is known.")
    act(officer, number, "describe", title="Ransomware at a bank", kind="ransomware", tlp="GREEN",
        malicious="yes", cross_border="no")  # fmt: skip
    act(officer, number, "bring-in", organisation="school", role="reporter")
    page = act(officer, number, "investigator", text="NCCIA 7")
    assert "With an investigator" in page
    assert "Ransomware at a bank" in page


def test_the_affected_sees_what_is_shared_and_claims_the_recovery(
    nation: Nation, contact: Client
) -> None:
    Power.objects.create(act="close-as-fixed", role="ENT", does="claim")
    number = opened(nation)
    record(number, Line(text="for us alone"), actor=AMNA, at=nation.now)
    record(number, Line(text="for the bank", shared=True), actor=AMNA, at=nation.now)
    page = contact.get(f"/cases/{number}/").content.decode()
    assert "for the bank" in page
    assert "for us alone" not in page
    for what in ("note", "merge", "grade", "confirm", "link"):
        answer = contact.post(f"/cases/{number}/act/", {"what": what, "text": "x", "into": "1"})
        assert (what, answer.status_code) == (what, 403)
    assert (
        contact.post(f"/cases/{number}/act/", {"what": "step", "act": "close"}).status_code == 403
    )
    with as_system():
        Case.objects.update(state=6)
    assert "Claim that it is recovered" in contact.get(f"/cases/{number}/").content.decode()
    act(contact, number, "step", act="claim-recovered", text="Restored.")
    assert row(number).state == 9


def test_merged_and_split_by_forms_and_undone(nation: Nation, officer: Client) -> None:
    first, second = opened(nation), opened(nation, title="A mail of a bank")
    link_all(first, "finding", range(1, 30), actor=AMNA, at=nation.now)
    for number in (first, second):
        mail = Message(
            message_id=f"<{number}@x>", author="a@bank.example", subject=f"Help {number}"
        )
        keep(number, mail, actor=AMNA, at=nation.now)
    act(officer, second, "merge", into=f"C{first}", text="One note.")
    page = officer.get(f"/cases/{first}/?links=finding").content.decode()
    assert f"Help {first}" in page
    assert f"Help {second}" in page
    with as_system():
        join = Join.objects.get().pk
    act(officer, first, "undo", join=join, text="Two notes.")
    assert row(second).merged_into_id is None
    page = act(officer, first, "split", title="Apart", threads=f"{first}@x", text="Another matter.")
    assert "split from" in page
    assert officer.post(f"/cases/{first}/act/", {"what": "merge", "into": "0"}).status_code == 404
    assert officer.post(f"/cases/{first}/act/", {"what": "undo", "join": "0"}).status_code == 404
    assert officer.post(f"/cases/{first}/act/", {"what": "nothing"}).status_code == 404


def test_teams_by_forms(nation: Nation, officer: Client) -> None:
    number = opened(nation)
    assert "leads on case" in act(officer, number, "offer", team="national", text="Full.")
    assert "in case" in act(officer, number, "support", team="national")
    assert "offered to nobody" in act(officer, number, "answer", answer="accept")
    assert "abuse@bank.example" in officer.get(f"/cases/{number}/").content.decode()
    letter = {"address": "x@evil.example", "subject": "Logs", "text": "Please."}
    assert "no mailbox" in act(officer, number, "post", **letter)
    assert "not run" in act(officer, number, "meet", clock="final", text="By mail.")
    assert "waits to be confirmed" in act_or_403(officer, number)
    assert "no link" in act(officer, number, "unlink", link="7", text="Wrong.")


def act_or_403(officer: Client, number: int) -> str:
    Power.objects.create(act="grade-incident", role="NC", does="approve")
    return act(officer, number, "confirm")


def test_a_long_timeline_goes_by_pages(nation: Nation, officer: Client) -> None:
    number = opened(nation)
    with as_system():
        Entry.objects.bulk_create(
            Entry(case_id=number, at=nation.now, recorded_at=nation.now, kind="note", by="a",
                  office="b", tlp="GREEN", text=f"line-{one}.")
            for one in range(60)
        )  # fmt: skip
    first = officer.get(f"/cases/{number}/").context["timeline"]
    second = officer.get(first["pages"].next.partition("#")[0]).context["timeline"]
    texts = [one.text for part in (first, second) for one in part["rows"]]
    assert texts == [*(f"line-{one}." for one in range(59, -1, -1)), ""]
    assert second["pages"].next == ""


@pytest.mark.parametrize("kind", EntryKind)
def test_every_line_has_words(kind: EntryKind) -> None:
    facts: tuple[dict[str, Any], ...] = ({}, {"act": "triage", "to": "triaged"}, {"act": "other"},
             {"of": "finding", "count": 3}, {"of": "case", "ref": "1", "count": 1},
             {"of": "case", "ref": "1", "count": -1},
             {"did": "merged"}, {"clock": "final", "met": True}, {"clock": "x"}, {"role": "lead"},
             {"confirmed": 1}, {"to": 2, "provisional": True}, {"to": 4}, {"outgoing": True},
             {"trusted": True}, {"draft": True})  # fmt: skip
    said = {timeline.title(kind, one) for one in facts}
    assert all(said)
    line = EntryView(
        id=1, case=2, at=AT, recorded_at=AT, kind=kind, by="a", office="b", tlp="RED", text="",
        facts={}, shared=True,
    )  # fmt: skip
    assert timeline.told(line, number=1, now=AT).case == "C2"


def test_the_lead_is_offered_by_who_has_it_and_answered_by_who_is_asked(
    nation: Nation, officer: Client
) -> None:
    bankers = Team.objects.create(slug="fincert", name="FinCERT", tier="sectoral")
    number = opened(nation, team=bankers.pk, support=(nation.national.pk,))
    Power.objects.filter(act="merge-cases").delete()
    offer = {"what": "offer", "team": "national", "text": "We want it."}
    assert officer.post(f"/cases/{number}/act/", offer).status_code == 403
    Power.objects.create(act="merge-cases", role="NC")
    mine = opened(nation)
    assert "Done" in act(officer, mine, "offer", team="fincert", text="It is of banks.")
    answer = {"what": "answer", "answer": "accept"}
    assert officer.post(f"/cases/{mine}/act/", answer).status_code == 403
    assert "Accept the lead" not in officer.get(f"/cases/{mine}/").content.decode()
    assert "Done" in act(officer, number, "offer", team="national", text="By the supervisor.")
    assert "Done" in act(officer, number, "answer", answer="accept")


def test_who_works_on_a_case_does_not_close_what_was_national(
    nation: Nation, officer: Client
) -> None:
    number = opened(nation)
    grade(number, Grading(grade=1, why="No cash."), right=Right.DIRECTOR, actor=AMNA, at=nation.now)
    with as_system():
        Case.objects.update(state=10, severity=5)
    Power.objects.filter(act="close-cases").delete()
    close = {"what": "step", "act": "close", "text": "x"}
    assert officer.post(f"/cases/{number}/act/", close).status_code == 403
    with as_system():
        Grade.objects.all().delete()
    assert "Done" in act(officer, number, "step", act="close", text="It is over.")


def test_who_reported_a_case_does_not_claim_its_recovery(nation: Nation, contact: Client) -> None:
    Power.objects.create(act="close-as-fixed", role="ENT", does="claim")
    number = opened(nation, affected=(nation.school.pk,), reporters=(nation.bank.pk,))
    with as_system():
        Case.objects.update(state=6)
    assert "Claim that it is recovered" not in contact.get(f"/cases/{number}/").content.decode()
    claim = {"what": "step", "act": "claim-recovered", "text": "Restored."}
    assert contact.post(f"/cases/{number}/act/", claim).status_code == 403


def test_mailboxes_of_a_case_are_one_query(nation: Nation, officer: Client) -> None:
    def asked(affected: tuple[int, ...]) -> int:
        number = opened(nation, affected=affected)
        with CaptureQueriesContext(connection) as found:
            page = officer.get(f"/cases/{number}/").content.decode()
        assert ("abuse@bank.example" in page, "abuse@school.example" in page) == (
            True,
            nation.school.pk in affected,
        )
        return sum("registry_contact" in one["sql"] for one in found)

    assert (asked((nation.bank.pk,)), asked((nation.bank.pk, nation.school.pk))) == (1, 1)
