"""Signed mail taken apart: the bytes that were signed, and nothing that stands beside them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.engines.mail.apart import PLAIN, Form, Layer, as_entity, as_mail, outermost

PART = b"Content-Type: text/plain\r\n\r\nFixed.\r\n"
BESIDE = b"Content-Type: application/pgp-signature\r\n\r\nsig\r\n"


def multi(kind: str, *parts: bytes, boundary: str = "b", head: bytes = b"") -> bytes:
    """A message of several, with words before and after that belong to no part."""
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + one + b"\r\n" for one in parts)
    named = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\nbefore\r\n'.encode()
    return head + named + body + f"--{boundary}--\r\nafter\r\n".encode()


def test_what_was_signed_is_given_to_the_byte() -> None:
    told = Layer(Form.SIGNED, "openpgp", PART, b"sig\r\n")
    whole = multi("signed", PART, BESIDE, head=b"From: a@bank.example\r\n")
    assert outermost(whole) == told
    # A list puts its words behind; only the first part is taken apart.
    assert outermost(multi("mixed", whole, b"\r\nfooter", boundary="list")) == told
    assert outermost(multi("mixed", b"\r\nwords", whole, boundary="list")) == PLAIN
    forwarded = b"Content-Type: message/rfc822\r\n\r\n" + whole
    assert outermost(multi("mixed", forwarded, boundary="list")) == PLAIN


@pytest.mark.parametrize(
    "raw",
    [
        multi("signed", PART),
        multi("signed", PART, BESIDE, BESIDE),
        multi("signed", PART, b"Content-Type: text/plain\r\n\r\nsig\r\n"),
        multi("signed", PART, b"Content-Type: application/pgp-signature\r\n\r\n"),
        multi("signed", PART, BESIDE).replace(b"--b--", b"--c--"),
        multi("signed", PART, BESIDE).replace(b'boundary="b"', b"x=y"),
        multi("encrypted", PART, BESIDE),
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n",
        b"Content-Type: application/pkcs7-mime\r\n\r\n",
        b"\r\nContent-Type: application/pkcs7-mime\r\n\r\nMAAA",
        b"",
    ],
)
def test_what_is_not_as_the_standards_say_is_plain(raw: bytes) -> None:
    assert outermost(raw) == PLAIN


def test_what_is_sealed_is_handed_on() -> None:
    version = b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
    inside = b"Content-Type: application/octet-stream\r\n\r\nsealed\r\n"
    assert outermost(multi("encrypted", version, inside)) == Layer(
        Form.SEALED, "openpgp", proof=b"sealed\r\n"
    )
    cms = b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\nMAA="
    assert outermost(cms) == Layer(Form.CMS, "smime", proof=b"0\0")
    text = b"-----BEGIN PGP MESSAGE-----\n\nx\n-----END PGP MESSAGE-----"
    assert outermost(as_entity(text)) == Layer(Form.SEALED, "openpgp", proof=text, text=True)


def test_signed_text_is_what_stands_between_its_lines() -> None:
    text = (
        b"before\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n- - one \t\ntwo\n"
        b"-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\nafter\n"
    )
    proof = b"-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----"
    assert outermost(as_entity(text)) == Layer(
        Form.SIGNED, "openpgp", b"- one\r\ntwo", proof, text=True
    )
    assert outermost(as_entity(text.replace(b"-----END", b"----END"))) == PLAIN
    empty = text.replace(b"- - one \t\ntwo\n", b"")
    assert outermost(as_entity(empty)).content == b""


PIECES = [
    b"Content-Type: multipart/signed; boundary=b\r\n", b"Content-Type: multipart/mixed; boundary=b",
    b"\r\n", b"\n", b"--b", b"--b--", b"--", BESIDE, PART,
    b"Content-Type: application/pkcs7-mime\n",
    b"Content-Transfer-Encoding: base64\n", b"-----BEGIN PGP SIGNED MESSAGE-----\n",
    b"-----BEGIN PGP SIGNATURE-----\n", b"-----END PGP SIGNATURE-----", b"\xff\0",
    b"Content-Type: multipart/mixed; boundary*0*=x''%\n", b"-----BEGIN PGP MESSAGE-----",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=8), max_size=16).map(b"".join))
def test_whatever_the_bytes_are_something_comes_of_it(raw: bytes) -> None:
    layer = outermost(raw)
    assert (layer.form == Form.PLAIN) == (layer == PLAIN)
    # What is said to be signed stands in the message: nothing is made up.
    if layer.form == Form.SIGNED and not layer.text:
        assert layer.content in as_mail(raw)


@given(st.binary(max_size=64).filter(lambda body: b"\n--" not in body and body[:2] != b"--"))
def test_a_part_comes_back_as_it_was_put_in(body: bytes) -> None:
    part = b"Content-Type: text/plain\r\n\r\n" + body
    assert outermost(multi("signed", part, BESIDE, boundary="=_0a")).content == as_mail(part)
