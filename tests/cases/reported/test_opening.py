"""Mail that people send on: read apart, whatever it is; nothing in it is opened or run."""

from __future__ import annotations

import base64
import io
import zipfile
from email.message import EmailMessage

from hypothesis import given
from hypothesis import strategies as st

from pehra.cases.reported.opening import answer, opened, read
from pehra.kernel.ids import digest

HTML = (
    "<html><head><style>x</style></head><body onload=alert(1)><p>Pay <b>now</b></p>"
    "<script>alert(1)</script><a href='https://evil.example/in?u=1'>your bank</a>"
    "<img src=x onerror=alert(1)></body></html>"
)


def hostile() -> EmailMessage:
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "Bank <bank@evil.example>", "Your account is blocked"
    inner.set_content(HTML, subtype="html")
    return inner


def forwarded() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["Subject"] = "Bano <bano@home.example>", "Fwd: is this real"
    message["Message-ID"] = "<1@home.example>"
    message.set_content("Please look.")
    message.add_attachment(hostile())
    message.add_attachment(b"PK", maintype="application", subtype="zip", filename="../x.zip")
    return message


def test_what_was_sent_on_is_read() -> None:
    found = read(forwarded().as_bytes())
    assert (found.sender, found.subject, found.message_id, found.whole, found.automatic) == (
        "bano@home.example", "Your account is blocked", "<1@home.example>", True, False,
    )  # fmt: skip
    assert found.text.split("\n\n") == [
        "Please look.", "Your account is blocked", "Pay now\nyour bank",
        "https://evil.example/in?u=1",
    ]  # fmt: skip
    (part,) = found.parts
    assert (part.name, part.media_type, part.sha256, part.data) == (
        "../x.zip", "application/zip", digest(b"PK"), b"PK",
    )  # fmt: skip


def test_a_machine_is_known() -> None:
    message = forwarded()
    message["Auto-Submitted"] = "auto-replied"
    assert read(message.as_bytes()).automatic is True


def test_bombs_stay_closed() -> None:
    """An archive of a thousand to one, entities of XML in a page: read as the bytes they are."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(20 << 20))
    message = EmailMessage()
    message["From"], message["Subject"] = "a@b.example", "bombs"
    laughs = "".join(f'<!ENTITY a{n} "&a{n - 1};&a{n - 1};">' for n in range(1, 99))
    message.set_content(f"<?xml version='1.0'?><!DOCTYPE x [{laughs}]><x>&a98;</x>", subtype="html")
    message.add_attachment(
        packed.getvalue(), maintype="application", subtype="zip", filename="z.zip"
    )
    found = opened(message.as_bytes())
    assert (found.whole, len(found.text) < 20_000) == (True, True)
    assert [part.size for part in found.parts] == [len(packed.getvalue())]


def test_parts_without_end_leave_the_head() -> None:
    head = (
        b"From: a@b.example\r\nSubject: many\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    )
    found = opened(head + b"--x\r\n\r\n" * 200_000)
    assert (found.sender, found.subject, found.whole, found.parts) == (
        "a@b.example", "many", False, (),
    )  # fmt: skip


def test_a_mail_within_mails_without_end() -> None:
    raw = b"From: a@b.example\n\n"
    for _ in range(150):
        raw = b"Content-Type: message/rfc822\n\n" + raw
    assert len(read(raw).text) < 20_000


@given(st.binary(max_size=400), st.binary(max_size=200))
def test_any_bytes_are_a_mail(head: bytes, body: bytes) -> None:
    mixed = b"Content-Type: multipart/mixed; boundary=x\n" + head + b"\n\n--x\n" + body + b"\n--x--"
    for raw in (head, mixed, base64.b64encode(body)):
        assert answer(raw)
