"""Reasons: codes, sentences, weights."""

from __future__ import annotations

import pytest

from pehra.cases.triage import reasons
from pehra.cases.triage.addresses import canonical
from pehra.cases.triage.mails import Attachment, Mail
from pehra.cases.triage.pages import Link, page


def _codes(url: str) -> set[str]:
    address = canonical(url)
    assert address is not None
    return {one.code for one in reasons.of_address(address, 1.0)}


@pytest.mark.parametrize(
    ("url", "codes"),
    [
        ("http://hbl.com/", {"own-domain", "model-harmful"}),
        ("http://x.edu.pk/", {"public-body", "model-harmful"}),
        ("http://easypa1sa.top/", {"look-alike", "model-harmful"}),
        ("http://hbl-prize.weebly.com/", {"name-of-other", "host-builder", "model-harmful"}),
        ("http://192.0.2.7/app.apk", {"bare-ip", "program", "model-harmful"}),
        ("http://ex\u0430mple.com/", {"other-script", "model-harmful"}),
        ("http://hbl.com@example.com/", {"user-part", "model-harmful"}),
    ],
)
def test_an_address_gives_its_reasons(url: str, codes: set[str]) -> None:
    assert _codes(url) == codes


def test_what_the_caller_knows_goes_from_the_address_to_its_parents() -> None:
    address = canonical("http://a.example.com/x")
    assert address is not None
    known = {"example.com": "malware", "http://a.example.com/x": "lawful"}
    assert [one.code for one in reasons.of_known(address, known)] == ["known-address"]
    known.pop("http://a.example.com/x")
    assert [(one.code, one.kind) for one in reasons.of_known(address, known)] == [
        ("known-host", "malware")
    ]
    assert reasons.of_known(address, {"other.com": "scam"}) == []


def test_words_in_urdu_are_not_read_by_the_english_line() -> None:
    said = {one.code for one in reasons.of_wording("آپ کا انعام نکلا ہے", 5.0, 400)}
    assert said == {"prize", "no-wording"}
    assert {one.code for one in reasons.of_wording("see you at lunch", -1.0, 400)} == {
        "wording-lawful"
    }


def test_a_page_that_asks_for_a_password() -> None:
    read = page("<title>HBL</title><form action=http://example.org/x><input type=password></form>")
    assert [one.code for one in reasons.of_page(read)] == [
        "asks-password",
        "form-sends",
        "title-names",
    ]


def test_a_mail_that_is_from_another_than_it_says() -> None:
    read = Mail(
        sender_name="HBL Care",
        sender="a@example.org",
        reply_to="b@example.net",
        subject="",
        text="",
        links=(Link("http://example.com/", "www.hbl.com"),),
        forms=(),
        attachments=(Attachment("bill.pdf.exe", ""), Attachment("a.html", "")),
    )
    assert {one.code for one in reasons.of_mail(read)} == {
        "reply-elsewhere",
        "name-not-sender",
        "link-says-other",
        "file-runs",
        "file-page",
    }
