"""Pages of breaches: recorded, judged, told and released without scripts; leaked passwords."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.cases.test_breaches import LISTS, WORDS, laid

from pehra.cases.actions.opened import Opening, open_case
from pehra.cases.breaches import queries
from pehra.cases.breaches.actions import recording, texts
from pehra.cases.breaches.leaked import Kind, digest_of
from pehra.cases.breaches.risk import QUESTIONS
from pehra.cases.breaches.rules import Contents
from pehra.kernel.actors import Actor
from pehra.kernel.settings import home_path
from pehra.kernel.time import clock
from pehra.mandate.models import Clock, Power
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.web.conftest import Nation

pytestmark = pytest.mark.django_db
AMNA = Actor("amna", "duty")


@pytest.fixture(autouse=True)
def rules(db: None) -> None:
    del db
    Power.objects.create(act="handle-breaches", role="NC", tier="national")
    Clock.objects.create(kind="breach-authority", hours=72, unconfirmed=True)


def a_case(nation: Nation) -> int:
    opening = Opening(title="Files were copied", affected=(nation.bank.pk,))
    return open_case(opening, actor=AMNA, at=clock())


def a_breach(nation: Nation) -> int:
    """One with texts."""
    found = recording.Found(
        case=a_case(nation),
        organisation=nation.bank.pk,
        aware_at=clock() - timedelta(hours=80),
        contents=Contents(what="Files were copied."),
    )
    number = recording.record_breach(found, actor=AMNA, at=clock())
    texts.draft(number, actor=AMNA, at=clock())
    return number


def state(number: int) -> str:
    found = queries.one(number, viewer=SYSTEM_VIEWER)
    assert found is not None
    return found.state


def test_a_breach_is_recorded_and_taken_to_its_end_without_scripts(
    nation: Nation, officer: Client
) -> None:
    case = a_case(nation)
    form = {"case": case, "organisation": "bank", "aware_at": "2026-11-28T10:00", "what": "Lost."}
    wrong = officer.post("/breaches/new/", {**form, "organisation": "nobody"})
    assert wrong.status_code == 422
    place = officer.post("/breaches/new/", form).headers["Location"]
    number = int(re.findall(r"\d+", place)[0])

    def act(**said: object) -> str:
        return officer.post(f"{place}act/", said, follow=True).content.decode()

    shown = officer.get(place).content.decode()
    for words in ("Missing for a complete notification", "likely consequences", "unconfirmed",
                  "Nobody has judged it yet."):  # fmt: skip
        assert words in shown
    answers = dict.fromkeys(QUESTIONS, "3") | {f"{name}-why": "so" for name in QUESTIONS}
    assert "was chosen" in act(act="assess", level="low", **answers)
    act(act="assess", level="high", **answers)
    assert state(number) == "assessed"
    act(act="describe", what="Files were copied by night.", contact="data@bank.example")
    assert "will have been told later" in act(act="told", told_at="2026-11-28T15:00")
    assert state(number) == "assessed"
    act(act="told", told_at="2026-11-28T13:00")
    assert state(number) == "notified-authority"
    assert "copied by night" in officer.get(place).content.decode()
    act(act="told", told_at="2026-11-28T13:30", people="1150")
    act(act="follow-up")
    act(act="close")
    assert state(number) == "closed"
    register = officer.get("/breaches/register.csv").content.decode()
    assert f"{number},{case},bank,closed,high,2026-11-28T05:00:00Z" in register
    assert "First Bank" in officer.get("/breaches/").content.decode()


def test_what_is_late_asks_why_and_texts_are_released(nation: Nation, officer: Client) -> None:
    number = a_breach(nation)
    place = f"/breaches/{number}/"

    def act(**said: object) -> str:
        return officer.post(f"{place}act/", said, follow=True).content.decode()

    assert "overdue" in officer.get(place).content.decode()
    answers = dict.fromkeys(QUESTIONS, "1") | {f"{name}-why": "so" for name in QUESTIONS}
    act(act="assess", level="low", **answers)
    told = {"act": "told", "told_at": "2026-11-28T14:00"}
    assert "there is no reason" in act(**told)
    act(**told, late_reason="How far it went was not known.")
    assert state(number) == "notified-authority"
    found = {(one.to, one.language): one.id for one in queries.texts(number, viewer=SYSTEM_VIEWER)}
    people, team = found["people", "en"], found["authority", "en"]
    act(act="edit", text=people, subject="A breach", body="Read me.")
    assert "The door says: previewed" in act(act="release", text=people)
    assert "no mailbox" in act(act="release", text=team)


@pytest.mark.parametrize("kind", ["mail addresses", "numbers of identity cards"])
def test_no_leaked_data_come_in(nation: Nation, officer: Client, kind: str) -> None:
    number = a_breach(nation)
    said = {"act": "edit", "text": queries.texts(number, viewer=SYSTEM_VIEWER)[0].id,
            "subject": "x", "body": LISTS[kind]}  # fmt: skip
    answer = officer.post(f"/breaches/{number}/act/", said, follow=True).content.decode()
    assert "takes in no leaked personal data" in answer
    said = {"act": "follow-up", "file": SimpleUploadedFile("leak.csv", b"a@example.org")}
    answer = officer.post(f"/breaches/{number}/act/", said, follow=True).content.decode()
    assert "no file is taken in here" in answer
    assert state(number) == "detected"


def test_the_organisation_reads_its_own_and_acts_on_nothing(
    nation: Nation, contact: Client
) -> None:
    number = a_breach(nation)
    assert "Files were copied." in contact.get(f"/breaches/{number}/").content.decode()
    assert contact.post(f"/breaches/{number}/act/", {"act": "close"}).status_code == 403
    assert contact.get("/breaches/new/").status_code == 403
    assert Client().get(f"/breaches/{number}/").status_code == 302


@pytest.fixture
def data() -> Path:
    folder = home_path().root / "leaked"
    if not (folder / "sha1.txt").exists():
        laid(folder, Kind.SHA1, apart=False)
    return folder


@pytest.mark.usefixtures("data")
def test_a_range_is_shown_and_nothing_longer_is_taken() -> None:
    digest = digest_of(WORDS[3], Kind.SHA1)
    shown = Client().get("/leaked/", {"prefix": digest[:5]})
    assert digest[5:] in shown.content.decode()
    plain = Client().get(f"/leaked/range/sha1/{digest[:5]}")
    assert f"{digest[5:]}:40" in plain.content.decode().split("\r\n")
    for longer in (digest, digest[:6], "password"):
        page = Client().get("/leaked/", {"prefix": longer})
        assert page.status_code == 422
        assert "change it" in page.content.decode()
        assert Client().get(f"/leaked/range/sha1/{longer}").status_code == 400
    assert Client().get("/leaked/range/md5/00000").status_code == 404
    assert Client().get("/leaked/range/ntlm/00000").status_code == 404
    assert 'type="password"' not in Client().get("/leaked/").content.decode()
