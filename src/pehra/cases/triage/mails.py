"""A mail as received (`.eml`), taken apart: who says that it is from whom, text, links, files.

Headers that tell of the time and the way (dates, relays, programs) are not looked at: they say
when and where a sample was gathered, and nothing of the mail.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import re
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import TYPE_CHECKING

import msgspec

from pehra.cases.triage.pages import Form, Link, page

if TYPE_CHECKING:
    from email.message import Message

LONGEST = 4_000_000
"""Bytes of a mail that are looked at: a larger one is attachments."""
MOST_PARTS = 200
_LONGEST_TEXT = 200_000

RUNS = frozenset(
    [
        "exe",
        "scr",
        "com",
        "pif",
        "bat",
        "cmd",
        "js",
        "jse",
        "vbs",
        "vbe",
        "wsf",
        "wsh",
        "hta",
        "ps1",
        "msi",
        "msp",
        "lnk",
        "jar",
        "apk",
        "cpl",
        "chm",
        "reg",
        "iqy",
        "appx",
        "msix",
        "dll",
        "sct",
        "xll",
        "one",
    ]
)
"""Kinds of file that run when they are opened."""
WRAPS = frozenset(
    ["zip", "rar", "7z", "gz", "tar", "ace", "arj", "cab", "iso", "img", "vhd", "vhdx", "z", "uue"]
)
MACROS = frozenset(["docm", "xlsm", "pptm", "dotm", "xltm", "xlam", "doc", "xls", "ppt", "rtf"])
PAGES = frozenset(["htm", "html", "shtml", "xhtml", "svg", "mht", "mhtml"])

_EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,8})\s*$")


class Attachment(msgspec.Struct, frozen=True):
    """A file that came along: only its name and what it says it is."""

    name: str
    kind: str

    @property
    def extension(self) -> str:
        """In lower case, without the dot; empty where there is none."""
        match = _EXTENSION.search(self.name)
        return match[1].lower() if match else ""


class Mail(msgspec.Struct, frozen=True):
    """A mail, taken apart."""

    sender_name: str
    sender: str
    reply_to: str
    subject: str
    text: str
    links: tuple[Link, ...]
    forms: tuple[Form, ...]
    attachments: tuple[Attachment, ...]

    @property
    def sender_host(self) -> str:
        """After the @ of From."""
        return _host(self.sender)

    @property
    def reply_host(self) -> str:
        """After the @ of Reply-To; empty where there is none."""
        return _host(self.reply_to)


def mail(data: bytes) -> Mail:
    """Take a mail apart. Any bytes give a mail, if an empty one."""
    message = email.message_from_bytes(data[:LONGEST], policy=email.policy.compat32)
    name, sender = _address(message, "From")
    _, reply_to = _address(message, "Reply-To")
    texts: list[str] = []
    links: list[Link] = []
    forms: list[Form] = []
    files: list[Attachment] = []
    for part in _parts(message):
        kind, filename = part.get_content_type(), _filename(part)
        if filename or kind not in {"text/plain", "text/html"}:
            if not part.is_multipart() and kind != "message/rfc822":
                files.append(Attachment(filename, kind))
            continue
        written = _text(part)
        if kind == "text/html":
            read = page(written)
            links.extend(read.links)
            forms.extend(read.forms)
            written = read.text
        texts.append(written)
    return Mail(
        sender_name=name,
        sender=sender,
        reply_to=reply_to,
        subject=_header(message, "Subject"),
        text="\n".join(dict.fromkeys(texts))[:_LONGEST_TEXT],
        links=tuple(links),
        forms=tuple(forms),
        attachments=tuple(files),
    )


def _parts(message: Message) -> list[Message]:
    """The parts in order, also of a mail inside a mail, up to a limit; without recursion."""
    waiting: list[Message] = [message]
    found: list[Message] = []
    while waiting and len(found) < MOST_PARTS:
        part = waiting.pop()
        inside = part.get_payload()
        if isinstance(inside, list):
            waiting.extend(one for one in reversed(inside) if not isinstance(one, str))
        found.append(part)
    return [part for part in found if not isinstance(part.get_payload(), list)]


def _text(part: Message) -> str:
    try:
        data = part.get_payload(decode=True)
    except (ValueError, LookupError):
        return ""
    if not isinstance(data, bytes):
        return ""
    data = data[:_LONGEST_TEXT]
    charset = part.get_content_charset("utf-8")
    try:
        return data.decode(charset, "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")


def _filename(part: Message) -> str:
    try:
        return str(part.get_filename() or "")[:255]
    except (ValueError, LookupError, TypeError, AttributeError):
        return "unreadable name"


def _header(message: Message, name: str) -> str:
    written = str(message.get(name, ""))[:2_000]
    try:
        return " ".join(str(make_header(decode_header(written))).split())
    except (ValueError, LookupError, UnicodeError):
        return " ".join(written.split())


def _address(message: Message, name: str) -> tuple[str, str]:
    """The name that is shown, and the address."""
    written = str(message.get(name, ""))[:2_000]
    shown, address = parseaddr(written)
    with contextlib.suppress(ValueError, LookupError, UnicodeError):
        shown = str(make_header(decode_header(shown)))
    return " ".join(shown.split()), address.strip().lower()


def _host(address: str) -> str:
    return address.rpartition("@")[2].strip(".> ") if "@" in address else ""
