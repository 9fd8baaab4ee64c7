"""What waits for a person: calls, steps of the ladder, and replies that did not count."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pytest
from tests.web.test_notices import notice, state_of

from pehra.findings.rules import State
from pehra.mandate.tenancy import as_system
from pehra.notices.models import Call, Escalation, Incoming, Notice
from pehra.registry.models import Contact

if TYPE_CHECKING:
    from django.test import Client
    from tests.web.conftest import Nation

__all__ = ["notice"]


def made_waiting(nation: Nation, notice: Notice) -> str:
    """A step about the bank, and a reply of a stranger; gives the address of the school's call."""
    with as_system():
        Escalation.objects.create(
            organisation=nation.bank, team=nation.national, rung=2, findings=1, severity=4,
            opened_at=nation.now,
        )  # fmt: skip
        Contact.objects.create(
            organisation=nation.school, purpose="technical", name="Ali", phone="+92 51 0000000"
        )
        Incoming.objects.create(
            key="a" * 64, notice=notice, kind="reply", state="unverified", why="stranger",
            author="ali@elsewhere.example", said="fixed", words="Fixed.", sha256="b" * 64,
            at=nation.now,
        )  # fmt: skip
    return f"/notices/calls/{number(Call)}/"


@pytest.fixture
def waiting(nation: Nation, notice: Notice) -> Notice:
    """The notice about which something waits."""
    made_waiting(nation, notice)
    return notice


def number(kind: type[Call | Escalation | Incoming]) -> int:
    with as_system():
        return int(kind.objects.get().pk)


@pytest.mark.usefixtures("waiting")
def test_all_that_waits_is_listed_and_on_the_desk(officer: Client, contact: Client) -> None:
    sections = officer.get("/notices/").context["sections"]
    assert [one.anchor for one in sections] == ["rounds", "steps", "calls", "replies", ""]
    told = [(need.figure, need.text, need.href) for need in officer.get("/").context["needs"]]
    assert ("1", "holder who did not answer in time", "/notices/#steps") in told
    assert ("1", "call to make", "/notices/#calls") in told
    assert ("1", "unverified reply", "/notices/#replies") in told
    # Who it is about learns nothing of it.
    assert [one.anchor for one in contact.get("/notices/").context["sections"]] == [""]
    assert [need for need in contact.get("/").context["needs"] if "/notices/" in need.href] == []


@pytest.mark.usefixtures("waiting")
def test_a_call_is_made_and_its_outcome_kept(officer: Client, contact: Client) -> None:
    path = f"/notices/calls/{number(Call)}/"
    shown = officer.get(path).content.decode()
    assert ("+92 51 0000000" in shown, "no address is known" in shown) == (True, True)
    assert contact.get(path).status_code == 404
    assert officer.post(path, {"outcome": " "}).status_code == 400
    assert officer.post(path, {"outcome": "They close it today."}).status_code == 302
    assert "They close it today." in officer.get(path).content.decode()
    assert officer.post(path, {"outcome": "again"}).status_code == 400
    step = f"/notices/steps/{number(Escalation)}/"
    assert contact.post(step, {"outcome": "x"}).status_code == 404
    assert officer.post(step, {"outcome": "We telephone."}).status_code == 302
    assert officer.get("/notices/steps/999/").status_code == 404


def test_a_reply_is_taken_or_set_aside(waiting: Notice, officer: Client, contact: Client) -> None:
    shown = officer.get(f"/notices/{waiting.pk}/")
    assert [one["author"] for one in shown.context["mail"]] == ["ali@elsewhere.example"]
    # The notice speaks to others too: none of them reads what a stranger wrote.
    assert contact.get(f"/notices/{waiting.pk}/").context["mail"] == []
    path = f"/notices/replies/{number(Incoming)}/"
    assert contact.post(path, {"what": "take"}).status_code == 403
    assert officer.get(path).status_code == 405
    assert officer.post(path, {"what": "take"}).status_code == 302
    assert state_of(waiting) == [State.FIX_CLAIMED] * 2
    assert officer.post("/notices/replies/999/", {"what": "take"}).status_code == 404


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            {"believed": "address"},
            ["Believed by its sender's address, which the register knows.", ""],
        ),
        (
            {"believed": "signature", "signed": "smime", "signer": "ab" * 32},
            ["Believed by its signature; only what was signed is read.", "S/MIME certificate abab"],
        ),
        ({"signed": "openpgp"}, ["It is signed, but not by a key that a contact there", ""]),
    ],
)
def test_the_thread_says_by_what_a_reply_was_believed(
    officer: Client, waiting: Notice, facts: dict[str, str], words: list[str]
) -> None:
    with as_system():
        Incoming.objects.update(**facts)
    page = html.unescape(officer.get(f"/notices/{waiting.pk}/").content.decode())
    assert [word in page for word in words] == [True, True]
    assert page.count("Believed by") == ("believed" in facts)


def test_a_code_that_has_no_words_yet_stands_as_it_is(officer: Client, waiting: Notice) -> None:
    with as_system():
        Notice.objects.update(why="technical heard elsewhere")
        Escalation.objects.update(rung=9)
        Call.objects.update(why="no-line")
    listed = officer.get("/notices/")
    told = [row[1][1].text for one in listed.context["sections"][1:3] for row in one.table.rows]
    assert {"9", "no-line"} <= set(told)
    assert "heard · elsewhere" in officer.get(f"/notices/{waiting.pk}/").content.decode()
