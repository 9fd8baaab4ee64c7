"""A message as anybody may send one, taken apart without trusting a byte of it (RFC 5322, 2045).

What is broken is read as far as it goes, and nothing here raises: who writes to a mailbox decides
what stands in it. Parts inside forwarded messages are not this message's own words.
"""

from __future__ import annotations

import email
import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LARGEST = 10 << 20
"""Bytes of a message that is read at all."""
_MOST_PARTS = 200
_MOST_TEXT = 256 << 10
_LONGEST_HEADER = 64 << 10
_SLOW_CODECS = frozenset({"punycode", "idna", "undefined", "unicode_escape", "raw_unicode_escape"})
"""Of Python's own, that no mail is written in."""
_FAULTS = (LookupError, ValueError, TypeError, AttributeError, AssertionError, HeaderParseError)
_ID = re.compile(r"<[^<>\s]{1,250}>")
_SPACE = re.compile(r"\s+")
_NESTED = re.compile(rb"content-type:\s*(?:multipart|message)/", re.IGNORECASE)


def parsed(raw: bytes) -> Message:
    """The message; an empty one where it is too large, or has parts in parts without end."""
    return Message() if len(raw) > LARGEST else message_of(raw)


def message_of(raw: bytes) -> Message:
    """A message of any size, in a process that may fail; empty where its parts have no end."""
    if len(_NESTED.findall(raw)) > _MOST_PARTS:
        return Message()
    try:
        return email.message_from_bytes(raw)
    except (RecursionError, *_FAULTS):
        return Message()


def headers(message: Message, name: str) -> list[str]:
    """Every value of a header, decoded, on one line each."""
    try:
        found = message.get_all(name, [])
    except _FAULTS:
        return []
    return [_SPACE.sub(" ", _decoded(str(value)[:_LONGEST_HEADER])).strip() for value in found]


def header(message: Message, name: str) -> str:
    """The first value of a header; empty where there is none."""
    return next(iter(headers(message, name)), "")


def _decoded(value: str) -> str:
    try:
        parts = decode_header(value)
    except _FAULTS:
        return clean(value)
    told = (
        part if isinstance(part, str) else text_of(part, charset or "utf-8")
        for part, charset in parts
    )
    return clean("".join(told))


def text_of(data: bytes, charset: str) -> str:
    """Bytes as text, whatever they say they are."""
    name = charset.lower().replace("-", "_").strip()
    try:
        return data.decode("utf-8" if name in _SLOW_CODECS else charset, "replace")
    except _FAULTS:
        return data.decode("utf-8", "replace")


def clean(text: str) -> str:
    """A text that a row and a page can carry: no half characters, no control ones but breaks."""
    sound = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(one for one in sound if one in "\n\t\u200c\u200d" or one.isprintable())


def addresses(values: Iterable[str]) -> tuple[str, ...]:
    """Plain addresses of headers such as `From`, in lower case."""
    try:
        found = getaddresses(list(values))
    except _FAULTS:
        return ()
    return tuple(address.lower() for _, address in found if address.count("@") == 1)


def ids(values: Iterable[str]) -> tuple[str, ...]:
    """Message ids of headers such as `References`, each once, the newest first."""
    found = [one for value in values for one in _ID.findall(value)]
    return tuple(dict.fromkeys(reversed(found)))


def parts(message: Message, *, into: bool = False) -> Iterator[Message]:
    """The message's own leaves in order; with `into`, also the messages that it carries.

    A message that it carries is never looked into here.
    """
    waiting, seen = [message], 0
    while waiting and seen < _MOST_PARTS:
        part = waiting.pop()
        seen += 1
        inside = part.get_payload() if part.is_multipart() else None
        kind = part.get_content_type()
        if part is not message and kind.startswith("message/"):
            if into:
                yield part
        elif isinstance(inside, list) and not kind.startswith("message/"):
            waiting += [one for one in reversed(inside) if isinstance(one, Message)]
        else:
            yield part


def payload(part: Message) -> str:
    """A leaf's text, however it is encoded."""
    try:
        data = part.get_payload(decode=True)
        charset = part.get_content_charset("utf-8")
    except _FAULTS:
        return ""
    if not isinstance(data, bytes):
        return ""
    return text_of(data[:_MOST_TEXT], charset).replace("\r\n", "\n").replace("\r", "\n")


def own_text(message: Message) -> str:
    """What the writer wrote: the plain part, else the words of the HTML one."""
    markup = ""
    for part in parts(message):
        if part.get_content_disposition() == "attachment":
            continue
        kind = part.get_content_type()
        if kind == "text/plain" and (text := payload(part)).strip():
            return clean(text)
        if kind == "text/html" and not markup:
            markup = payload(part)
    return clean(_words_of(markup))


class _Words(HTMLParser):
    """Words of a page; a quoted block gets the marks that plain text has."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = self._quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._hidden += tag in {"script", "style", "head"}
        self._quoted += tag == "blockquote"
        if tag in {"br", "p", "div", "li", "tr", "blockquote", "hr"}:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"script", "style", "head"} and self._hidden > 0
        self._quoted -= tag == "blockquote" and self._quoted > 0
        if tag in {"p", "div", "blockquote", "tr"}:
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            text = _SPACE.sub(" ", data)
            self.found.append(f"> {text}" if self._quoted and text.strip() else text)


def _words_of(markup: str) -> str:
    reader = _Words()
    try:
        reader.feed(markup)
        reader.close()
    except _FAULTS:
        return ""
    return "".join(reader.found)
