"""Taking messages apart; more of it is tried with replies and notifications."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.notices import mime


def test_headers_are_decoded_and_on_one_line() -> None:
    message = mime.parsed("Subject: =?utf-8?b?2q3YrA==?=\n of\n day\nX: raw ٹھیک\n\n".encode())
    assert mime.header(message, "Subject").endswith("of day")
    assert mime.header(message, "None") == ""


def test_addresses_are_plain_and_in_lower_case() -> None:
    told = mime.addresses(["A <A@B.example>, nobody", "c@d.example"])
    assert told == ("a@b.example", "c@d.example")


def test_ids_are_each_once_the_newest_first() -> None:
    assert mime.ids(["<a@b> junk <c@d>", "<a@b>"]) == ("<a@b>", "<c@d>")


def test_a_charset_that_is_none_is_taken_for_utf_8() -> None:
    for charset in ("", "rot13", "hex", "punycode", "nonsense", "\0"):
        assert mime.text_of("ٹھیک".encode(), charset) == "ٹھیک"
    assert mime.text_of("é".encode("latin-1"), "iso-8859-1") == "é"


def test_parts_in_parts_without_end_are_nothing() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=x\n\n--x\n" * 300
    assert mime.own_text(mime.parsed(raw)) == ""


def test_attachments_are_not_the_writers_words() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n"
        b"Content-Disposition: attachment\n\nfile\n--x\nContent-Type: text/plain\n\nown\n--x--\n"
    )
    assert mime.own_text(mime.parsed(raw)).strip() == "own"


@settings(max_examples=60)
@given(st.text(max_size=100))
def test_what_is_clean_can_be_kept(text: str) -> None:
    once = mime.clean(text)
    assert mime.clean(once) == once
    assert "\0" not in once
    once.encode()
