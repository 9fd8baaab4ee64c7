"""Mail of citizens, read from Debian's Dovecot: each is a report, and answered with its number."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from tests.cases.conftest import AMNA, NOW, Nation, opened
from tests.cases.reported.conftest import say
from tests.cases.reported.test_opening import forwarded
from tests.findings.test_mail import PASSWORD, Dovecot, dovecot

from pehra.cases.actions import mails
from pehra.cases.models.case import Mail
from pehra.cases.models.report import Report, ReportContact, ReportPart
from pehra.cases.reported import jobs
from pehra.cases.reported.inbox import Look, Outcome, take, wish_of_mail
from pehra.cases.reported.rules import OFTEN, Door
from pehra.cases.threads import Message
from pehra.dispatch.models import Envelope
from pehra.intake.fetching import actions, keys, queries
from pehra.intake.fetching.actions import READ_CITIZENS, NewBox, queue_due
from pehra.jobs.models import Job
from pehra.kernel.actors import SYSTEM
from pehra.kernel.errors import UsageError
from pehra.kernel.settings import Settings
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from pehra.kernel.settings import Home

__all__ = ["dovecot"]
pytestmark = pytest.mark.django_db


def set_up(home: Home, port: int, purpose: str = "citizens") -> None:
    (home.root / "pehra.toml").touch()
    place = NewBox(host="127.0.0.1", login="me", port=port, security="none", purpose=purpose)
    actions.set_mailbox("citizens", place, actor=SYSTEM, now=NOW)
    keys.keep(keys.of_mailbox(home, "citizens"), PASSWORD, password=True)


def taken(home: Home, *mails_: bytes) -> Outcome:
    outcome = Outcome(mailbox="citizens")
    look = Look(home, Settings(), NOW, lambda *_: None, 0.0)
    for place, raw in enumerate(mails_):
        take(raw, f"mailbox:citizens:1:{place}", look, outcome)
    return outcome


def letter(subject: str, message_id: str, sender: str = "eve@home.example") -> bytes:
    head = f"From: {sender}\nMessage-ID: {message_id}\nSubject: {subject}\n"
    return f"{head}\nSee {sender}".encode()


@pytest.mark.parametrize("own", ["a b c", "", f"<{'a' * 300}@home.example>", "<a@b> <c@d>"])
def test_no_message_ends_the_reading(home: Home, nation: Nation, own: str) -> None:
    case = opened(nation)
    outcome = taken(home, letter(f"[pehra c{case}]", own), letter("help", "<1@home.example>"))
    assert outcome.filed == 2
    with as_system():
        assert Report.objects.count() == 2


def test_a_stranger_who_names_a_case_is_heard_too(home: Home, nation: Nation) -> None:
    case = opened(nation)
    known = Message(message_id="<1@bank.example>", author="bano@bank.example")
    mails.keep(case, known, actor=AMNA, at=NOW)
    subject = f"Re: [Pehra C{case}] files"
    outcome = taken(
        home,
        letter(subject, "<2@home.example>"),
        letter(subject, "<3@bank.example>", "Bano@bank.example"),
    )
    assert (outcome.cases, outcome.filed) == (2, 1)
    with as_system():
        assert Mail.objects.filter(case=case).count() == 3
        assert list(Report.objects.values_list("subject", flat=True)) == [subject]
        assert ReportPart.objects.count() == 1
        assert list(Envelope.objects.values_list("address", flat=True)) == ["eve@home.example"]


def test_a_number_is_sent_in_a_flood_too(home: Home, nation: Nation) -> None:
    del nation
    for number in range(OFTEN):
        say(home, NOW, f"x {number}", origin="mail eve@home.example")
    taken(home, letter("buy", "<9@home.example>"))
    with as_system():
        assert list(Envelope.objects.values_list("address", flat=True)) == ["eve@home.example"]


@pytest.mark.service
def test_each_message_is_a_report_once(home: Home, nation: Nation, dovecot: Dovecot) -> None:
    del nation
    set_up(home, dovecot.port)
    urdu = "From: b@c.example\nSubject: =?utf-8?b?2KzYudmE24w=?=\n\nپیغام جعلی\n".encode()  # noqa: RUF001 letters of Urdu
    large = b"From: d@e.example\nSubject: large\n\n" + os.urandom(1 << 20).hex().encode() * 6
    for raw in (forwarded().as_bytes(), urdu, b"\xff\0", large):
        dovecot.deliver(raw)
    told = jobs.read_now("citizens", NOW)
    counts = {"messages": 4, "filed": 4, "again": 0, "cases": 0, "machines": 0}
    assert told == {"mailbox": "citizens", **counts}
    box = queries.box("citizens")
    actions.note_mail("citizens", validity=box.uid_validity, uid=0, claimed=True)
    assert jobs.read_now("citizens", NOW)["again"] == 4
    with as_system():
        rows = list(
            Report.objects.order_by("id").values_list("door", "kind", "language", "subject")
        )
        assert ReportContact.objects.count() == 3
        assert ReportPart.objects.count() == 5
        mailed = sorted(Envelope.objects.values_list("address", "language"))
    assert rows == [
        ("mail", "mail", "en", "Your account is blocked"),
        ("mail", "mail", "ur", "جعلی"),
        ("mail", "mail", "en", ""),
        ("mail", "mail", "en", "large"),
    ]
    assert mailed == [("b@c.example", "ur"), ("bano@home.example", "en"), ("d@e.example", "en")]


def test_it_is_read_when_due(home: Home, nation: Nation) -> None:
    del nation
    set_up(home, 1)
    assert queue_due(NOW) == 1
    assert list(Job.objects.values_list("kind", flat=True)) == [READ_CITIZENS]
    told = jobs.read_mail({"mailbox": "citizens"}, now=NOW, progress=lambda *_: None)
    assert told is not None
    assert "error" in told


def test_another_mailbox_is_not_read(home: Home, nation: Nation) -> None:
    del nation
    set_up(home, 1, "replies")
    with pytest.raises(UsageError):
        jobs.read_now("citizens", NOW)


def test_a_mail_that_is_too_large_is_a_report() -> None:
    told, wish = wish_of_mail(b"", Door.MAIL)
    assert (told.sender, wish.parts, wish.origin) == ("", (), "mail ")
