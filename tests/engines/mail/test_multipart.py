"""Entities are put together byte for byte, and a reader takes them apart again."""

from __future__ import annotations

from email import message_from_bytes

from hypothesis import given
from hypothesis import strategies as st

from pehra.engines.mail.multipart import entity, in_base64, multipart

LINES = st.lists(st.from_regex(r"[ -~]{0,40}", fullmatch=True), max_size=5).map(
    lambda lines: "".join(f"{line}\r\n" for line in lines).encode()
)


@given(st.lists(LINES, min_size=1, max_size=3))
def test_parts_come_back_as_they_were(bodies: list[bytes]) -> None:
    parts = [entity({"Content-Type": "text/plain"}, body) for body in bodies]
    whole = multipart('signed; micalg="x"', parts, {"X-A": "b"})
    message = message_from_bytes(whole)
    assert (message.get_content_type(), message.get_param("micalg"), message["X-A"]) == (
        "multipart/signed",
        "x",
        "b",
    )
    found = [part for part in message.walk() if part is not message]
    assert [part.get_payload(decode=True) for part in found] == bodies
    boundary = str(message.get_boundary())
    assert whole.split(f"--{boundary}\r\n".encode())[1] == parts[0] + b"\r\n" or len(parts) == 1


@given(st.binary(max_size=200))
def test_base64_has_lines_that_mail_carries(data: bytes) -> None:
    lines = in_base64(data).split(b"\r\n")
    assert max(map(len, lines)) <= 76
    part = message_from_bytes(entity({"Content-Transfer-Encoding": "base64"}, in_base64(data)))
    assert part.get_payload(decode=True) == data
