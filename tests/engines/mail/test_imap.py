"""What a message holds, whatever it is; the rest is tried with a server (tests/findings)."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.engines.mail.imap import Place, opened, opened_letter
from pehra.kernel.errors import EnvironmentFault, Refused


def test_sender_subject_and_files() -> None:
    made = EmailMessage()
    made["From"], made["Subject"] = "رپورٹ <Daily@Reports.example>", "روزانہ"
    made.set_content("Text.")
    made.add_attachment(b"a,b\n", maintype="text", subtype="csv", filename="یک.csv")
    raw = made.as_bytes()
    told = opened_letter(raw)
    assert (told.sender, told.subject, told.raw) == ("Daily@Reports.example", "روزانہ", raw)
    assert told.files == (("یک.csv", b"a,b\n"),)


def test_a_message_in_a_message_comes_as_its_bytes() -> None:
    inner, outer = EmailMessage(), EmailMessage()
    inner["Subject"] = "inner"
    inner.set_content("x")
    outer["From"] = "a@b.example"
    outer.set_content("See.")
    outer.add_attachment(inner)
    ((_, data),) = opened_letter(outer.as_bytes()).files
    assert b"Subject: inner" in data


@given(st.binary(max_size=400))
def test_any_bytes_are_a_message(raw: bytes) -> None:
    assert opened_letter(raw).raw == raw


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: multipart/mixed; boundary=x\n\n" * 3_000,
        b"".join(
            b"Content-Type: multipart/mixed; boundary=x%d\n\n--x%d\n" % (n, n) for n in range(2_000)
        ),
        b"From: =?x?q?=\nSubject: =?utf-8?b?////?=\n\n",
        b"From: " + b"<" * 100_000,
    ],
)
def test_hostile_messages_hold_nothing(raw: bytes) -> None:
    assert opened_letter(raw).files == ()


def test_a_password_is_not_sent_in_the_clear() -> None:
    place = Place("mail.example", 143, "none", "me", "INBOX")
    with pytest.raises(Refused), opened(place, "word"):
        raise AssertionError


@pytest.mark.parametrize("security", ["none", "tls", "starttls"])
def test_a_server_that_is_away(security: str) -> None:
    place = Place("127.0.0.1", 1, security, "me", "INBOX", seconds=2)
    with pytest.raises(EnvironmentFault, match="does not answer"), opened(place, "word"):
        raise AssertionError
