"""Joining by the pages: two without an account, the desk's, the invitation's, and first steps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from pehra.dispatch.actions import open_letter
from pehra.dispatch.models import Envelope
from pehra.kernel.actors import SYSTEM
from pehra.kernel.time import clock
from pehra.mandate.models import Office, Tenure, User
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.registry.models.joining import Application
from pehra.registry.queries.joining import DECIDED, WAITING, applications, waiting_applications
from pehra.web.joining.often import FROM_ONE, place

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.web.conftest import Nation

pytestmark = [pytest.mark.django_db, pytest.mark.either]

PASSWORD = "correct horse battery staple"  # noqa: S105 a test's
BODY = {"name": "River Mills", "sector": "banking", "website": "", "networks": "mills.example"}
PERSON = {"person": "Sana", "email": "sana@mills.example", "phone": "", "language": "ur"}


@pytest.fixture(autouse=True)
def _none_counted() -> None:
    cache.clear()
    settings.HOME.keys.mkdir(exist_ok=True)


def sent(client: Client, **changes: str) -> tuple[int, str]:
    """The status of the second page, and where it leads."""
    told = client.post("/join/", {"page": "2", **BODY, **PERSON, **changes})
    return told.status_code, told.headers.get("Location", "")


@pytest.fixture
def supervisor(nation: Nation, signed_in: Callable[[User], Client]) -> Client:
    """Somebody who appoints."""
    person = User.objects.create(email="sup@cert.example")
    office = Office.objects.create(slug="sup", name="Supervisor", role="SUP", team=nation.national)
    Tenure.objects.create(office=office, person=person)
    return signed_in(person)


def test_two_pages_and_nothing_is_kept_before_the_second(nation: Nation) -> None:
    del nation
    client = Client()
    assert "1 of 2" in client.get("/join/").text
    empty = client.post("/join/", {"page": "1", "name": ""})
    assert empty.status_code == 422
    second = client.post("/join/", {"page": "1", **BODY})
    assert (second.status_code, "2 of 2" in second.text) == (200, True)
    assert 'name="networks" value="mills.example"' in second.text
    back = client.post("/join/", {"page": "2", "back": "1", **BODY})
    assert "1 of 2" in back.text
    assert sent(client, email="none")[0] == 422
    assert waiting_applications(viewer=SYSTEM_VIEWER) == 0
    assert sent(client) == (302, "/join/asked/")
    assert waiting_applications(viewer=SYSTEM_VIEWER) == 1


def test_the_answer_is_the_same_for_what_is_known(nation: Nation) -> None:
    client = Client()
    told = [
        sent(client, name=nation.bank.name, email=mail)
        for mail in ("new@mills.example", nation.contact.email, nation.contact.email)
    ]
    assert told == [(302, "/join/asked/")] * 3


def test_one_sender_asks_so_often_an_hour(nation: Nation) -> None:
    del nation
    client = Client(REMOTE_ADDR="2001:db8::1")
    told = [sent(client, email=f"n{n}@mills.example")[0] for n in range(FROM_ONE + 1)]
    assert told == [302] * FROM_ONE + [429]
    assert sent(Client(REMOTE_ADDR="2001:db8::2"))[0] == 429, "the same network of 64 bits"
    assert sent(Client(REMOTE_ADDR="192.0.2.9"))[0] == 302
    assert [place(one) for one in ("192.0.2.9", "none")] == ["192.0.2.9/32", "none"]


def test_accepted_invited_and_led_through_the_first_steps(
    nation: Nation, supervisor: Client, officer: Client, contact: Client
) -> None:
    sent(Client())
    (row,) = applications(viewer=SYSTEM_VIEWER, states=WAITING)
    assert "asks for an account" in supervisor.get("/").text
    assert 'value="river-mills"' in supervisor.get("/applications/").text
    assert contact.get("/applications/").status_code == 403
    decide = f"/applications/{row.id}/decide/"
    accept = {"what": "accept", "slug": "river-mills"}
    assert officer.post(decide, accept).status_code == 403, "who may not appoint"
    assert supervisor.post(decide, accept).headers["Location"] == "/applications/"
    with as_system():
        envelope = Envelope.objects.get(reference=f"application:{row.id}")
    inside = open_letter(
        envelope.pk, home=settings.HOME, viewer=SYSTEM_VIEWER, actor=SYSTEM, now=clock()
    )
    assert inside is not None
    assert (envelope.address, envelope.language) == ("sana@mills.example", "ur")
    found = re.search(r"/join/[\w-]+/", inside.letter.text)
    assert found is not None
    link = found[0]
    guest = Client()
    assert guest.get(link).status_code == 200
    assert guest.post(link, {"password": "123"}).status_code == 422
    told = guest.post(link, {"password": PASSWORD})
    assert told.headers["Location"] == "/workspace/river-mills/begin/"
    assert Client().post(link, {"password": PASSWORD}).status_code == 410
    begun = guest.get("/workspace/river-mills/begin/")
    assert [step.done for step in begun.context["steps"]] == [False] * 5
    assert guest.get("/findings/?state=any").context["rows"] == []
    assert guest.get(f"/workspace/{nation.bank.slug}/begin/").status_code == 404


def test_steps_that_are_done(contact: Client) -> None:
    told = contact.get("/workspace/bank/begin/")
    assert (told.context["done"], told.context["all"]) == (0, 5)
    assert told.context["next"].href == "/workspace/bank/people/"


def test_declined_and_invited_again(supervisor: Client) -> None:
    for mail in ("a@mills.example", "b@mills.example"):
        sent(Client(), email=mail)
    second, first = (one.id for one in applications(viewer=SYSTEM_VIEWER, states=WAITING))
    supervisor.post(f"/applications/{first}/decide/", {"what": "decline", "why": "not ours"})
    supervisor.post(f"/applications/{second}/decide/", {"what": "accept", "slug": "mills"})
    supervisor.post(f"/applications/{second}/decide/", {"what": "again"})
    supervisor.post(f"/applications/{second}/decide/", {"what": "decline", "why": "too late"})
    found = applications(viewer=SYSTEM_VIEWER, states=DECIDED)
    assert [(one.state, one.why) for one in found] == [("accepted", ""), ("declined", "not ours")]
    with as_system():
        assert Envelope.objects.filter(reference=f"application:{second}").count() == 2
    assert "Send a new link" in supervisor.get("/applications/").text


def test_who_was_invited_stays_listed_however_many_were_declined_since(supervisor: Client) -> None:
    sent(Client())
    (row,) = applications(viewer=SYSTEM_VIEWER, states=WAITING)
    supervisor.post(f"/applications/{row.id}/decide/", {"what": "accept", "slug": "mills"})
    declined = Application.State.DECLINED
    Application.objects.bulk_create(
        Application(name="x", person="x", email=f"x{n}@x.example", networks="x", state=declined,
                    asked_at=clock(), decided_at=clock())
        for n in range(51)
    )  # fmt: skip
    assert "Send a new link" in supervisor.get("/applications/").text


def test_nobody_is_accepted_whose_invitation_cannot_be_sealed(supervisor: Client) -> None:
    sent(Client())
    (row,) = applications(viewer=SYSTEM_VIEWER, states=WAITING)
    kept = settings.HOME.keys.rename(settings.HOME.keys.with_name("kept"))
    settings.HOME.keys.write_bytes(b"")
    supervisor.raise_request_exception = False
    try:
        told = supervisor.post(
            f"/applications/{row.id}/decide/", {"what": "accept", "slug": "mills"}
        )
    finally:
        settings.HOME.keys.unlink()
        kept.rename(settings.HOME.keys)
    assert told.status_code == 503
    assert applications(viewer=SYSTEM_VIEWER, states=WAITING) == [row]
