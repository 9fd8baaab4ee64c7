"""Mails taken apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pehra.cases.triage.mails import Attachment, mail
from pehra.cases.triage.pages import Form, Link

MAIL = b"""From: "=?utf-8?q?Habib_Bank?=" <care@example.org>
Reply-To: other@example.net
Subject: =?utf-8?b?U2VydmljZQ==?= notice
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html; charset=utf-8

<p>Dear customer <a href="http://example.com/x">https://hbl.com</a>
<form action="/x"></form>
--b
Content-Type: application/octet-stream; name="bill.pdf.exe"

x
--b--
"""


def test_a_mail_is_taken_apart() -> None:
    read = mail(MAIL)
    assert (read.sender_name, read.sender_host, read.reply_host) == (
        "Habib Bank",
        "example.org",
        "example.net",
    )
    assert read.subject == "Service notice"
    assert read.text == "Dear customer https://hbl.com"
    assert read.links == (Link("http://example.com/x", "https://hbl.com"),)
    assert read.forms == (Form("/x", password=False),)
    assert read.attachments == (Attachment("bill.pdf.exe", "application/octet-stream"),)
    assert read.attachments[0].extension == "exe"


@given(st.binary(max_size=400))
def test_any_bytes_give_a_mail(data: bytes) -> None:
    assert isinstance(mail(data).text, str)
    assert isinstance(mail(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + data).text, str)
    assert isinstance(mail(MAIL[:200] + data + MAIL[200:]).text, str)


def test_a_deep_mail_needs_no_depth() -> None:
    deep = b"Content-Type: message/rfc822\n\n" * 400
    assert mail(deep).attachments == ()


def test_an_unknown_encoding_is_read_as_it_can() -> None:
    read = mail(b"From: a@example.org\nContent-Type: text/plain; charset=no-such\n\n\xd8\xa7 yes")
    assert read.text == "\u0627 yes"
