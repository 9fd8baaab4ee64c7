"""Exercises on pages: begun by a form, ribboned, answered, and left out of the desk's numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.web.conftest import SECRET

from pehra.mandate.tenancy import as_system
from pehra.notices import links, queries
from pehra.notices.models import Answer, Notice
from pehra.registry.models import Contact
from pehra.web.notices import answer as page

if TYPE_CHECKING:
    from django.test import Client
    from tests.web.conftest import Nation

RIBBON = "This is training, and"


@pytest.fixture
def reached(nation: Nation) -> Nation:
    """A nation whose bank has a mailbox."""
    page._key.cache_clear()  # noqa: SLF001 the house of this test has its own secret
    with as_system():
        Contact.objects.create(
            organisation=nation.bank, purpose="technical", email="noc@bank.example"
        )
    return nation


def begun(officer: Client, nation: Nation, **more: str) -> Notice:
    form = {"organisations": nation.bank.slug, "scenario": "exposed", **more}
    answered = officer.post("/notices/exercises/begin/", form)
    assert answered.status_code == 302
    (row,) = queries.rounds(exercises=True)
    assert answered["Location"] == f"/notices/rounds/{row.id}/"
    with as_system():
        return Notice.objects.get(round=row.id)


def test_an_officer_begins_one_and_every_page_of_it_has_the_ribbon(
    officer: Client, contact: Client, reached: Nation
) -> None:
    notice = begun(officer, reached)
    for path in (
        "/notices/exercises/",
        f"/notices/rounds/{notice.round_id}/",
        f"/notices/{notice.pk}/",
    ):
        assert RIBBON in officer.get(path).content.decode()
    shown = contact.get(f"/notices/{notice.pk}/")
    assert [row[1][1].text for row in shown.context["named"].rows] == [
        "EX1 open-rdp",
        "EX2 open-smb",
        "EX3 open-telnet",
    ]
    assert shown.context["letter"]["subject"].startswith("[EXERCISE] [TLP:AMBER]")
    assert RIBBON not in officer.get("/notices/").content.decode()
    assert contact.get("/notices/exercises/").status_code == 403
    assert contact.post("/notices/exercises/begin/", {}).status_code == 403


def test_its_link_is_answered_into_the_exercise(
    officer: Client, client: Client, reached: Nation
) -> None:
    notice = begun(officer, reached)
    with as_system():
        Notice.objects.filter(pk=notice.pk).update(state="released", released_at=reached.now)
    until = (reached.now + timedelta(days=3)).date()
    path = f"/answer/{links.sign(links.Link(notice.pk, until), links.key_of(SECRET))}/"
    shown = client.get(path).content.decode()
    assert (RIBBON in shown, "EX1 open-rdp 203.0.113." in shown) == (True, True)
    form = {"said": "fixed", "which": "some", "finding": ["1", "3"]}
    assert client.post(path, form).status_code == 302
    with as_system():
        assert list(Answer.objects.values_list("said", "findings")) == [("fixed", 0)]
    facts = officer.get(f"/notices/rounds/{notice.round_id}/").context["facts"]
    told = {one.label: one.text for one in facts}
    assert (told["Answered"], told["Fixed"]) == ("1 of 1", "1")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"organisations": "nobody-here"}, "these organisations are not known: nobody-here"),
        ({"organisations": ""}, "choose organisations that have a mailbox"),
    ],
)
def test_what_cannot_begin_says_why(officer: Client, form: dict[str, str], words: str) -> None:
    shown = officer.post("/notices/exercises/begin/", {"scenario": "web", **form}, follow=True)
    assert words in shown.content.decode()
    assert queries.rounds(exercises=True) == []


@pytest.mark.parametrize("written", ["first_bank", "bank first_bank", "bank\u060c first_bank;"])
def test_what_is_no_slug_is_named_and_nothing_begins(
    officer: Client, reached: Nation, written: str
) -> None:
    form = {"organisations": written, "scenario": "exposed"}
    shown = officer.post("/notices/exercises/begin/", form, follow=True).content.decode()
    assert "these organisations are not known: first_bank." in shown
    assert queries.rounds(exercises=True) == []
    del reached
