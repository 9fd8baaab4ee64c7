"""Letters become messages that any mail program reads, and nothing is smuggled in."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.dispatch.letters import (
    Attachment,
    Heading,
    Letter,
    file_name,
    head_of,
    is_address,
    is_media_type,
    marked,
    part_of,
    pointed,
    tagged,
)
from pehra.kernel.errors import UsageError
from pehra.kernel.labels import Tlp

if TYPE_CHECKING:
    from email.message import EmailMessage

HEADING = Heading(
    message_id="<0123@cert.example>",
    date=datetime(2026, 11, 28, 6, tzinfo=UTC),
    sender="notices@cert.example",
    name="National CERT",
    to="abuse@bank.example",
    reply_to="answers@cert.example",
    follows=("<1@cert.example>", "<2@cert.example>"),
)


def compose(letter: Letter, heading: Heading) -> bytes:
    return head_of(letter, heading) + part_of(letter)


def read(letter: Letter, heading: Heading = HEADING) -> EmailMessage:
    """The message, through its bytes and back."""
    return message_from_bytes(compose(letter, heading), policy=default)


def test_a_whole_letter_is_read_as_it_was_written() -> None:
    rows = b"ip,port\r\n192.0.2.1,23\r\n"
    letter = Letter(
        "کھلا Telnet",
        "پہلی سطر\nLine two\n",
        "<p>پہلی</p>\n",
        (Attachment("a/b.csv", "text/csv", rows),),
        "ur",
        reply_tag="t0ken!",
    )
    message = read(letter)
    assert {name: str(message[name]) for name in set(message.keys()) - {"Content-Type"}} == {
        "From": "National CERT <notices@cert.example>",
        "To": "abuse@bank.example",
        "Reply-To": "answers+t0ken@cert.example",
        "Subject": "کھلا Telnet",
        "Date": "Sat, 28 Nov 2026 06:00:00 +0000",
        "Message-ID": "<0123@cert.example>",
        "In-Reply-To": "<2@cert.example>",
        "References": "<1@cert.example> <2@cert.example>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "ur",
        "MIME-Version": "1.0",
    }
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    read_back = [part.get_content().replace("\r\n", "\n") for part in (text, html)]
    assert read_back == [letter.text, letter.html]
    files = [(file.get_filename(), file.get_content_type()) for file in message.iter_attachments()]
    assert files == [("a-b.csv", "text/csv")]
    assert next(message.iter_attachments()).get_payload(decode=True) == rows


def test_text_alone_has_one_part_and_no_thread() -> None:
    heading = Heading(
        message_id="<1@x.example>", date=HEADING.date, sender="a@x.example", to="b@x.example"
    )
    message = read(Letter("s", "t\n"), heading)
    assert (message.get_content_type(), message["In-Reply-To"], message["Reply-To"]) == (
        "text/plain",
        None,
        None,
    )


@given(st.text(max_size=80), st.text(max_size=20))
def test_no_header_is_smuggled_in(subject: str, name: str) -> None:
    heading = Heading(
        message_id="<1@x.example>",
        date=HEADING.date,
        sender="a@x.example",
        to="b@x.example",
        name=name.encode("utf-8", "replace").decode(),
    )
    letter = Letter(subject.encode("utf-8", "replace").decode(), "t\n")
    raw = compose(letter, heading)
    names = sorted(message_from_bytes(raw, policy=default).keys())
    assert names == sorted(
        [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "Auto-Submitted",
            "Content-Language",
            "Content-Type",
            "Content-Transfer-Encoding",
            "MIME-Version",
        ]
    )


@pytest.mark.parametrize(
    "address",
    ["", "a", "a@b@c.example", "a b@c.example", "a@c.example\nBcc: x@y.example", "<a@c.example>"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    assert is_address(address) is False
    with pytest.raises(UsageError, match="is no mail address"):
        compose(
            Letter("s", "t"),
            Heading(
                message_id="<1@x.example>", date=HEADING.date, sender="a@x.example", to=address
            ),
        )


@pytest.mark.parametrize(
    ("given", "kept"),
    [("../../etc/x", "-..-etc-x"), ("a\r\nb", "a b"), ("", "file"), (".htaccess", "htaccess")],
)
def test_a_name_is_no_path(given: str, kept: str) -> None:
    assert file_name(given) == kept


def test_media_types() -> None:
    told = [is_media_type(one) for one in ("text/csv", "message/rfc822", "text", "text/a\nb")]
    assert told == [True, False, False, False]


def test_a_label_and_a_drill_stand_in_subject_and_body() -> None:
    letter = marked(
        Letter("s", "t\n", "<body class='x'><p>t</p></body>", pointer="p\n"),
        Tlp.AMBER_STRICT,
        exercise=True,
    )
    lines = "EXERCISE: this is a drill. Nothing in it is real.\nTLP:AMBER+STRICT\n\n"
    assert letter == Letter(
        "[EXERCISE] [TLP:AMBER+STRICT] s",
        f"{lines}t\n",
        "<body class='x'><p><strong>EXERCISE: this is a drill. Nothing in it is real.</strong></p>"
        "<p><strong>TLP:AMBER+STRICT</strong></p><p>t</p></body>",
        pointer=f"{lines}p\n",
    )
    assert pointed(letter) == Letter(
        "[EXERCISE] [TLP:AMBER+STRICT] A message for you", f"{lines}p\n"
    )


def test_a_label_that_stands_there_is_not_repeated() -> None:
    letter = Letter("[TLP:GREEN] s", "TLP:GREEN\n\nt\n", language="ur")
    assert marked(letter, Tlp.GREEN, exercise=False) == letter


def test_a_letter_without_a_pointer_gets_the_houses_own() -> None:
    told = pointed(Letter("s", "192.0.2.1", language="ur"))
    assert (told.subject, "192.0.2.1" in told.text, told.text == "") == (
        "آپ کے لیے پیغام",
        False,
        False,
    )


def test_a_tag_is_put_behind_the_name() -> None:
    assert tagged("a@x.example", "") == "a@x.example"
    assert tagged("a@x.example", "n1>@") == "a+n1@x.example"


def test_what_is_encrypted_has_its_subject_inside() -> None:
    letter = Letter("the subject", "From here\nFrom there\n")
    part = message_from_bytes(part_of(letter, subject=True), policy=default)
    assert (part["Subject"], part.get_param("protected-headers")) == ("the subject", "v1")
    assert part.get_content() == "From here\r\nFrom there\r\n"
    assert b"\r\nFrom " not in part_of(letter)
    assert b"Subject: shown\r\n" in head_of(letter, HEADING, "shown")
