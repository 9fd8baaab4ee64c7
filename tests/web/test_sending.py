"""Sending on its pages: switched by two, letters opened with a word in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.web.test_translated import english

from pehra.dispatch.actions import release
from pehra.dispatch.letters import Attachment, Letter
from pehra.dispatch.models import Envelope, Receipt
from pehra.dispatch.queries import sending
from pehra.dispatch.rules import Mode, Outgoing, Recipient
from pehra.kernel.actors import SYSTEM
from pehra.kernel.labels import Tlp
from pehra.ledger.queries import recent
from pehra.mandate.models import Office, Tenure, User
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from tests.web.conftest import Nation


@pytest.fixture
def letter(nation: Nation) -> int:
    """An envelope with a letter of every kind of content."""
    item = Outgoing(
        kind="notice",
        reference="notice:1",
        key="notice:1",
        recipient=Recipient(organisation=nation.bank.pk, address="abuse@bank.example"),
        letter=Letter(
            "Open <Telnet>",
            "192.0.2.1 & more\n",
            "<p>192.0.2.1</p>",
            (Attachment("rows.csv", "text/csv", b"ip\n"),),
        ),
        tlp=Tlp.AMBER,
        about=frozenset({nation.bank.pk}),
    )
    return release([item], actor=SYSTEM, now=nation.now)[0].envelope


def put(**changes: object) -> None:
    with as_system():
        Envelope.objects.update(**changes)


def test_envelopes_are_listed_and_narrowed(officer: Client, letter: int) -> None:
    page = officer.get("/sending/?to=ABUSE@bank.example")
    assert [cells[0][1].text for cells in page.context["table"].rows] == [f"#{letter}"]
    assert [(fact.text, fact.href) for fact in page.context["facts"]] == [
        ("1", "/sending/?state=previewed")
    ]
    assert officer.get("/sending/?state=sent").context["table"].rows == []
    assert officer.get("/notices/").context["links"][0].href == "/sending/"


def test_a_letter_opens_by_post_alone_and_stands_in_the_ledger(
    officer: Client, letter: int
) -> None:
    shut = officer.get(f"/sending/{letter}/")
    assert (shut.context["letter"], "192.0.2.1" in shut.content.decode()) == (None, False)
    assert "dispatch.open" not in [entry.act for entry in recent()]
    opened = officer.post(f"/sending/{letter}/")
    assert opened.context["letter"]["subject"] == "[TLP:AMBER] Open <Telnet>"
    assert "192.0.2.1 &amp; more" in opened.content.decode()
    assert "&lt;p&gt;192.0.2.1&lt;/p&gt;" in opened.content.decode()
    assert [entry.act for entry in recent()][:1] == ["dispatch.open"]
    with as_system():
        Envelope.objects.get(pk=letter).content.delete()
    assert officer.post(f"/sending/{letter}/").context["gone"] is True
    assert officer.get("/sending/999999/").status_code == 404


def test_sending_goes_live_by_two(
    officer: Client, nation: Nation, signed_in: Callable[[User], Client]
) -> None:
    officer.post("/sending/switch/", {"what": "propose"})
    page = officer.get("/sending/")
    assert (page.context["own_proposal"], sending().proposed_by) == (True, nation.officer.email)
    officer.post("/sending/switch/", {"what": "confirm"})
    assert sending().mode == Mode.PREVIEW
    other = User.objects.create(email="second@ncert.example")
    office = Office.objects.filter(team=nation.national)[0]
    Tenure.objects.create(office=office, person=other)
    second = signed_in(other)
    assert "Confirm: letters leave" in second.get("/sending/").content.decode()
    second.post("/sending/switch/", {"what": "confirm"})
    assert sending().mode == Mode.LIVE
    officer.post("/sending/switch/", {"mode": "preview"})
    assert sending().mode == Mode.PREVIEW


def test_careful_modes_are_set_by_one(officer: Client, nation: Nation) -> None:
    officer.post("/sending/switch/", {"mode": "redirect", "redirect_to": "all@cert.example"})
    assert sending().redirect_to == "all@cert.example"
    assert "all@cert.example" in officer.get("/sending/").content.decode()
    officer.post("/sending/switch/", {"mode": "pilot", "pilot": "bank, school"})
    assert sending().pilot == {nation.bank.pk, nation.school.pk}
    told = officer.post("/sending/switch/", {"mode": "pilot", "pilot": "nobody"}, follow=True)
    assert "A pilot names organisations" in told.content.decode()
    assert sending().pilot == {nation.bank.pk, nation.school.pk}
    assert officer.post("/sending/switch/", {"mode": "loud"}).status_code == 404


def test_what_is_uncertain_is_settled_by_a_person(officer: Client, letter: int) -> None:
    put(state="uncertain")
    needs = [(one.text, one.href) for one in officer.get("/").context["needs"]]
    assert ("letter may have left", "/sending/?state=uncertain") in needs
    page = officer.get(f"/sending/{letter}/").content.decode()
    assert "It may have left" in page
    officer.post(f"/sending/{letter}/resolve/", {"state": "sent", "why": "the relay's log"})
    with as_system():
        assert Envelope.objects.get(pk=letter).state == "sent"
        assert Receipt.objects.get().words == "the relay's log"
    refused = officer.post(
        f"/sending/{letter}/resolve/", {"state": "waiting", "why": "again"}, follow=True
    )
    assert "not for a person to settle" in refused.content.decode()
    assert officer.post(f"/sending/{letter}/resolve/", {"state": "held"}).status_code == 404


def test_others_see_none_of_it(contact: Client, letter: int) -> None:
    put(state="sent")
    paths = ("/sending/", f"/sending/{letter}/")
    assert [contact.get(path).status_code for path in paths] == [403, 403]
    assert contact.post("/sending/switch/", {"what": "propose"}).status_code == 403


def test_a_letters_page_has_no_word_of_english(officer: Client, letter: int) -> None:
    officer.cookies["django_language"] = "ur"
    put(state="uncertain", refusal="stranger", message_id="<1@cert.example>")
    assert english(officer.get(f"/sending/{letter}/").content) == []
    put(state="sent", sealed="smime", sent_at="2026-11-28T06:00Z")
    assert english(officer.get(f"/sending/{letter}/").content) == []
