"""Replies as mail programs of all kinds write them, and as somebody hostile might."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.notices.replies import LONGEST, new_words, plain_answer, read
from pehra.notices.rules import Said

TAG = "n12.abcdefghij234567"


def reply(text: str = "Fixed.", **headers: str) -> bytes:
    made = EmailMessage()
    told = {
        "From": "NOC <Noc@river-bank.example>",
        "To": f"cert+{TAG}@cert.example",
        "Subject": "Re: [TLP:AMBER] [N12] 3 findings on your networks",
        "Message-ID": "<1@river-bank.example>",
        "In-Reply-To": "<b@cert.example>",
        "References": "<a@cert.example> <b@cert.example>",
    }
    for name, value in (
        told | {name.replace("_", "-"): one for name, one in headers.items()}
    ).items():
        if value:
            made[name] = value
    made.set_content(text)
    return made.as_bytes()


def test_what_a_reply_says_of_itself() -> None:
    told = read(
        reply("Fixed.\n\nOn Sat, 28 Nov 2026, CERT <cert@cert.example>\nwrote:\n> F1 ...\n")
    )
    assert (told.author, told.hint, told.tags, told.follows) == (
        "noc@river-bank.example",
        12,
        (TAG,),
        ("<b@cert.example>", "<a@cert.example>"),
    )
    assert (told.words, told.said, told.automatic) == ("Fixed.", Said.FIXED, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Fixed", Said.FIXED),
        ("Hello,\n\nThis has been fixed. Thank you.", Said.FIXED),
        ("Dear team\nF1, F2 fixed", Said.FIXED),
        ("FIXED!!!", Said.FIXED),
        ("We're working on it", Said.WORKING),
        ("Working on it - Ali", Said.WORKING),
        ("Not ours.", Said.NOT_MINE),
        ("False-positive", Said.FALSE_POSITIVE),
        ("ٹھیک", Said.FIXED),
        ("سلام\nٹھیک کر دیا گیا ہے، شکریہ", Said.FIXED),  # noqa: RUF001 letters of Urdu
        ("ٹھيک كر ديا", Said.FIXED),  # with Arabic letters, as some keyboards write them
        ("اس پر کام ہو رہا ہے", Said.WORKING),
        ("یہ ہمارا نہیں ہے", Said.NOT_MINE),
        ("غلط اطلاع", Said.FALSE_POSITIVE),
        ("ٹھیک ہے", Said.COMMENT),  # "all right" is no claim
        ("Fixed?", Said.COMMENT),
        ("Fixed, but not on .11", Said.COMMENT),
        ("Not fixed", Said.COMMENT),
        ("It will be fixed", Said.COMMENT),
        ("We have received your message", Said.COMMENT),
        ("", Said.COMMENT),
    ],
)
def test_only_what_is_said_plainly_is_more_than_a_comment(text: str, said: Said) -> None:
    assert plain_answer(text)[0] == said


def test_the_first_line_may_name_findings() -> None:
    assert plain_answer("F1, f22 and F1: fixed\nF9 is old") == (Said.FIXED, (1, 22))
    assert plain_answer("EX1, ex3: fixed\nEX2 is old") == (Said.FIXED, (1, 3))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("New\n> old\nmore\n>> older", "New\nmore"),
        ("New\n\nOn Sat, 28 Nov 2026 at 10:00, CERT <a@b.example> wrote:\n\n> old", "New"),
        ("New\n\n28 نومبر 2026 کو CERT نے لکھا:\n> old", "New"),
        ("New\n-- \nAli, NOC\n+92 51 0000000", "New"),
        ("New\n-----Original Message-----\nFrom: x", "New"),
        ("New\n\n________________________________\nFrom: x\nSent: y", "New"),
        ("New\n\nFrom: CERT <a@b.example>\nSent: Saturday\nTo: me\nold", "New"),
        ("From: our side it is done.\nBye", "From: our side it is done.\nBye"),
        ("New\n---------- Forwarded message ---------\nold", "New"),
        ("New\n\nSent from my phone", "New"),
        ("> only\n> old", ""),
        ("On it\n> old", "On it"),
    ],
)
def test_new_words(text: str, words: str) -> None:
    assert new_words(text) == words


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; x=y"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"Return_Path": "<>"},
        {"List_Id": "<all.river-bank.example>"},
        {"From": "MAILER-DAEMON@river-bank.example"},
        {"Subject": "Out of office: Re: [N12] findings"},
    ],
)
def test_what_a_machine_sends_is_no_answer(headers: dict[str, str]) -> None:
    assert read(reply(**headers)).automatic


def test_a_person_may_say_that_it_is_a_person() -> None:
    assert not read(reply(Auto_Submitted="no", Return_Path="<noc@river-bank.example>")).automatic


def test_the_words_of_a_page_are_read_where_there_is_no_plain_text() -> None:
    made = EmailMessage()
    made["From"] = "a@b.example"
    made.set_content(
        "<html><head><title>x</title></head><body><p>Fixed</p><blockquote>old</blockquote>"
        "<script>bad()</script></body></html>",
        subtype="html",
    )
    told = read(made.as_bytes())
    assert (told.words, told.said) == ("Fixed", Said.FIXED)


def test_a_forwarded_message_is_not_what_its_sender_says() -> None:
    inner, outer = EmailMessage(), EmailMessage()
    inner["From"] = "x@y.example"
    inner.set_content("Fixed")
    outer["From"] = "a@b.example"
    outer.set_content("See below.")
    outer.add_attachment(inner)
    assert read(outer.as_bytes()).words == "See below."
    raw = b"From: a@b.example\nContent-Type: message/rfc822\n\nFrom: x@y.example\n\nFixed\n"
    assert read(raw).said == Said.COMMENT


def test_two_authors_are_nobody() -> None:
    assert read(reply(From="a@b.example, c@d.example")).author == ""


def test_a_copy_has_the_same_key_and_other_words_another() -> None:
    first = reply()
    assert read(first).key == read(b"Received: by x\n" + first).key
    assert read(first).key != read(reply("Not ours.")).key
    assert read(reply(Message_ID="")).key != read(b"Received: by x\n" + reply(Message_ID="")).key


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: multipart/mixed; boundary=x\n\n" * 3_000,
        b"".join(
            b"Content-Type: multipart/mixed; boundary=x%d\n\n--x%d\n" % (n, n) for n in range(2_000)
        ),
        b"From: =?x?q?=\nSubject: =?utf-8?b?////?=\nContent-Type: text/plain; charset=rot13\n\nx",
        b"From: " + b"<" * 100_000,
        b"References: " + b"<a@b> " * 50_000,
        b"Content-Type: text/plain; charset=punycode\n\n" + b"a-" * 100_000,
        b"Content-Type: text/html\n\n" + b"<div>" * 100_000,
        b"Content-Transfer-Encoding: base64\n\n\xff\xfe=",
        b"x" * (11 << 20),
    ],
)
def test_hostile_messages_are_read_as_far_as_they_go(raw: bytes) -> None:
    told = read(raw)
    assert (told.said, len(told.words) <= LONGEST) == (Said.COMMENT, True)


@settings(max_examples=60)
@given(
    st.binary(max_size=300),
    st.sampled_from(
        [b"", b"From: a@b.example\nContent-Type: ", b"Subject: =?", b"References: <", b"\n"]
    ),
)
def test_any_bytes_are_a_message(rest: bytes, start: bytes) -> None:
    told = read(start + rest)
    assert (len(told.key), "\0" in told.words, told.author.count("@") <= 1) == (64, False, True)
    told.words.encode()


@settings(max_examples=60)
@given(st.text(max_size=200))
def test_new_words_are_the_writers_own_and_stay(text: str) -> None:
    once = new_words(text)
    assert not any(line.strip().startswith(">") for line in once.split("\n"))
    assert new_words(once) == once
