"""A mail that somebody sent on, opened in a process of its own with little memory and time.

Whoever writes to us decides every byte. What is attached is hashed and handed over, and opened by
nobody: no archive is unpacked, no XML parsed, no HTML shown. Where a mail is too much for the
process, it is kept as it came, and its head alone is read.
"""

from __future__ import annotations

import re
from email.message import Message

import msgspec

from pehra.cases.reported.rules import LARGEST_MAIL, LONGEST_TEXT, MOST_PARTS, Part
from pehra.engines.confined import Limits, asked_apart, serve
from pehra.kernel.ids import digest
from pehra.notices import mime, replies

_LIMITS = Limits(memory=1 << 30, seconds=30)
_HEAD = 64 << 10
_MOST_LINKS = 8
_HREF = re.compile(r"""href\s*=\s*["']?\s*(https?://[^"'\s<>]{3,2000})""", re.IGNORECASE)
_MOST_BOUNDARIES = 5_000
"""Lines that could end a part: a mail of more would fill the memory with parts of nothing."""
_MESSAGES = 4
"""Messages that one carries and that are looked into."""


class Opened(msgspec.Struct, frozen=True):
    """What a mail says.

    Attributes:
        sender: who sent it to us; empty: nobody, or several.
        message_id: its own.
        subject: of what was sent on, where that is a message of its own.
        text: the words, those of messages inside, and where their links lead.
        parts: what is attached.
        automatic: a machine sent it.
        whole: all of it was read; else only its head.
    """

    sender: str = ""
    message_id: str = ""
    subject: str = ""
    text: str = ""
    parts: tuple[Part, ...] = ()
    automatic: bool = False
    whole: bool = True


def opened(raw: bytes) -> Opened:
    """What a mail says; whatever the bytes are, something comes of it."""
    if len(raw) <= LARGEST_MAIL and raw.count(b"\n--") <= _MOST_BOUNDARIES:
        told = asked_apart("pehra.cases.reported.opening", raw, _LIMITS)
        if told is not None:
            return msgspec.msgpack.decode(told, type=Opened)
    head = mime.parsed(raw[:_HEAD].partition(b"\n\n")[0].partition(b"\r\n\r\n")[0])
    return msgspec.structs.replace(_headed(head), whole=False)


def answer(raw: bytes) -> bytes:
    """What the process says to the bytes of a mail."""
    return msgspec.msgpack.encode(read(raw))


def read(raw: bytes) -> Opened:
    """A mail with everything in it."""
    message = mime.message_of(raw)
    head = _headed(message)
    words, links, parts, subject = _gathered(message)
    ends = "\n".join(links)
    text = "\n\n".join(one.strip() for one in (*words, ends) if one.strip())
    return msgspec.structs.replace(
        head,
        subject=subject or head.subject,
        text=text[:LONGEST_TEXT],
        parts=tuple(parts[:MOST_PARTS]),
    )


def _headed(message: Message) -> Opened:
    authors = set(mime.addresses(mime.headers(message, "From")))
    sender = authors.pop()[:254] if len(authors) == 1 else ""
    subject = mime.header(message, "Subject")[:240]
    return Opened(
        sender=sender,
        message_id=next(iter(mime.ids(mime.headers(message, "Message-ID"))), ""),
        subject=subject,
        automatic=replies.is_automatic(message, sender, subject),
    )


def _gathered(message: Message) -> tuple[list[str], list[str], list[Part], str]:
    """Words, links, files and the innermost subject of a message and of those inside."""
    words: list[str] = []
    links: dict[str, None] = {}
    parts: list[Part] = []
    waiting, seen, subject = [message], 0, ""
    while waiting and seen < _MESSAGES:
        one = waiting.pop(0)
        seen += 1
        if seen > 1 and (inner := mime.header(one, "Subject")):
            subject = inner[:240]
            words.append(subject)
        words.append(mime.own_text(one))
        for leaf in mime.parts(one, into=True):
            inside = leaf.get_payload() if leaf.get_content_type() == "message/rfc822" else None
            first = inside[0] if isinstance(inside, list) and inside else None
            if isinstance(first, Message):
                waiting.append(first)
            elif _is_text(leaf):
                if leaf.get_content_subtype() == "html":
                    links |= dict.fromkeys(_HREF.findall(mime.payload(leaf))[:_MOST_LINKS])
            else:
                parts.append(_part(leaf))
    return words, list(links)[:_MOST_LINKS], parts, subject


def _is_text(leaf: Message) -> bool:
    named = leaf.get_filename() is not None or leaf.get_content_disposition() == "attachment"
    return leaf.get_content_maintype() == "text" and not named


def _part(leaf: Message) -> Part:
    try:
        data = leaf.get_payload(decode=True)
        name = leaf.get_filename() or ""
    except (LookupError, ValueError, TypeError, AttributeError):
        data, name = b"", ""
    known = data if isinstance(data, bytes) else b""
    tidy = " ".join(mime.clean(str(name)).split())[:120]
    return Part(tidy, leaf.get_content_type()[:80], digest(known), len(known), known)


if __name__ == "__main__":
    serve(answer, _LIMITS)
