"""Re-checks on the pages: the head's consent, and the button on a finding."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from pehra.engines.http.knock import Heard, Knock
from pehra.findings.actions.rechecks import begin, consent, record
from pehra.findings.models import Finding, Recheck, RecheckConsent
from pehra.jobs.models import Job
from pehra.kernel.actors import Actor
from pehra.mandate.models import Office, Tenure
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.web import figures

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from pytest_django.fixtures import Settings
    from tests.web.conftest import Nation

    from pehra.mandate.models import User

PAGE = "/workspace/bank/rechecks/"
FINDING = "/findings/1/"
ASK = f"{FINDING}recheck/"
HEAD = Actor("head@bank.example", "head")
DAY = timedelta(days=1)


@pytest.fixture
def head(nation: Nation, signed_in: Callable[[User], Client]) -> Client:
    """The browser of the bank's head."""
    office = Office.objects.create(slug="head", name="Head", role="ENH", organisation=nation.bank)
    Tenure.objects.create(office=office, person=nation.nobody)
    return signed_in(nation.nobody)


@pytest.fixture
def near(nation: Nation, settings: Settings) -> Nation:
    """Findings lie on the loopback, which is all that tests look at."""
    told = settings.PEHRA
    settings.PEHRA = msgspec.structs.replace(
        told, fetch=msgspec.structs.replace(told.fetch, loopback=True)
    )
    with as_system():
        Finding.objects.filter(id=1).update(asset="127.0.0.1")
    return nation


def agree(nation: Nation) -> None:
    consent(nation.bank.pk, nation.now + DAY, actor=HEAD, now=nation.now)


def last_day(nation: Nation, days: int) -> str:
    return (nation.now.astimezone(figures.zone()).date() + timedelta(days=days)).isoformat()


def test_the_head_consents_for_a_time_and_a_keeper_takes_it_back(
    head: Client, contact: Client, officer: Client, nation: Nation
) -> None:
    assert (head.get(PAGE).context["head"], contact.get(PAGE).context["head"]) == (True, False)
    for days in (-1, 400):
        assert head.post(PAGE, {"what": "give", "until": last_day(nation, days)}).status_code == 422
    assert head.post(PAGE, {"what": "give", "until": "soon"}).status_code == 422
    given = {"what": "give", "until": last_day(nation, 30)}
    # Neither the CISO nor the national team speaks for the organisation's head.
    assert [one.post(PAGE, given).status_code for one in (contact, officer)] == [403, 403]
    assert head.post(PAGE, given).status_code == 302
    assert contact.get(PAGE).context["stands"] is True
    assert contact.post(PAGE, {"what": "end"}).status_code == 302
    assert contact.get(PAGE).context["stands"] is False
    assert contact.post(PAGE, {"what": "end"}).status_code == 422
    with as_system():
        (row,) = RecheckConsent.objects.all()
    assert (row.given_by, row.ended_by) == ("new@cert.example", "ciso@bank.example")


def test_the_button_is_for_who_answers_and_staff_where_the_holder_consents(
    near: Nation, contact: Client, officer: Client
) -> None:
    for reader in (contact, officer):
        told = reader.get(FINDING).context["rechecks"]
        assert (told["ask"], bool(told["why"])) == ("", True)
    agree(near)
    for reader in (contact, officer):
        assert reader.get(FINDING).context["rechecks"]["ask"] == ASK
        assert reader.post(ASK).status_code == 302
    (job,) = Job.objects.filter(kind="findings.recheck")
    assert job.payload["finding"] == 1


def test_who_only_looks_asks_for_nothing(near: Nation, signed_in: Callable[[User], Client]) -> None:
    agree(near)
    office = Office.objects.create(slug="eye", name="Eye", role="OBS", organisation=near.bank)
    Tenure.objects.create(office=office, person=near.nobody)
    reader = signed_in(near.nobody)
    assert reader.get(FINDING).context["rechecks"]["ask"] == ""
    assert (reader.post(ASK).status_code, reader.get(ASK).status_code) == (403, 405)
    assert not Job.objects.filter(kind="findings.recheck").exists()


def test_what_was_heard_is_shown_and_the_next_waits_an_hour(near: Nation, contact: Client) -> None:
    agree(near)
    number, _ = begin(
        1, near.bank.pk, viewer=SYSTEM_VIEWER, actor=HEAD, now=near.now, loopback=True
    )
    record(number, Knock(Heard.OPEN, 503), actor=HEAD, now=near.now)
    page = contact.get(FINDING)
    told = page.context["rechecks"]
    assert [(str(one["word"]), one["status"]) for one in told["heard"]] == [
        ("The port is open.", "HTTP 503")
    ]
    assert (told["ask"], str(told["why"])) == ("", "Its host was looked at within the hour.")
    assert contact.post(ASK, follow=True).status_code == 200
    assert not Job.objects.filter(kind="findings.recheck").exists()
    with as_system():
        assert Recheck.objects.count() == 1


def test_an_offline_home_says_so_and_promises_nothing(
    near: Nation, contact: Client, settings: Settings
) -> None:
    agree(near)
    told = settings.PEHRA
    settings.PEHRA = msgspec.structs.replace(
        told, fetch=msgspec.structs.replace(told.fetch, offline=True)
    )
    words = "This home is offline: no host is looked at from here."
    shown = contact.get(FINDING).context["rechecks"]
    assert (shown["ask"], str(shown["why"])) == ("", words)
    assert words in contact.post(ASK, follow=True).content.decode()
    assert not Job.objects.filter(kind="findings.recheck").exists()


def test_what_is_never_looked_at_says_nothing_of_it(nation: Nation, officer: Client) -> None:
    """A documentation address is no host on the Internet."""
    agree(nation)
    assert officer.get(FINDING).context["rechecks"] is None
    assert officer.post(ASK).status_code == 302
    assert officer.post("/findings/99/recheck/").status_code == 404
    assert not Job.objects.filter(kind="findings.recheck").exists()
