"""A letter, and the message that carries it: RFC 5322 with MIME, plain text first, then HTML.

What leaves shows where it comes from and nothing more: the message's id is the envelope's own, no
header can be smuggled in by a subject or a name, and HTML asks nobody for anything.
"""

from __future__ import annotations

import re
import tomllib
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.labels import Tlp

_DRILL = "EXERCISE-"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ADDRESS = re.compile(r"[!#-'*+\-./0-9=?A-Z^_`a-z{|}~$%&]{1,64}@[A-Za-z0-9.-]{1,253}")
_MEDIA_TYPE = re.compile(r"(?:application|audio|image|text|video)/[\w.+-]{1,80}", re.ASCII)
_MARKS = re.compile(r"(?:\[[^\]]*\] )*")
_LONGEST_SUBJECT = 240
_POLICY = SMTP.clone(max_line_length=76)


class Attachment(msgspec.Struct, frozen=True):
    """A file beside the text."""

    name: str
    media_type: str
    content: bytes


class Letter(msgspec.Struct, frozen=True):
    """What is said, before anybody is written on the envelope.

    Attributes:
        subject: one line.
        text: plain.
        html: the same for readers that show it; empty: none.
        attachments: files beside it.
        language: of the words, `en` or `ur`.
        pointer: what is sent instead, in clear, where details may only go to a known key: that
            there is something, and where to read it.
        reply_tag: put behind the name of the address for replies, so that a reply finds its way.
    """

    subject: str
    text: str
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    language: str = "en"
    pointer: str = ""
    reply_tag: str = ""


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on the envelope.

    Attributes:
        message_id: with its angle brackets; fixed by the envelope, the same at every try.
        date: when it is sent.
        sender: address it comes from.
        name: shown beside it.
        to: address it goes to.
        reply_to: where answers go; empty: to the sender.
        follows: message ids of the letters before it in its thread, the oldest first.
    """

    message_id: str
    date: datetime
    sender: str
    to: str
    name: str = ""
    reply_to: str = ""
    follows: tuple[str, ...] = ()


def is_address(text: str) -> bool:
    """Whether a text is one plain mail address, without a name, a comment or a second one."""
    return bool(_ADDRESS.fullmatch(text))


def is_media_type(text: str) -> bool:
    """Whether a text names what a single file may be (RFC 2046)."""
    return bool(_MEDIA_TYPE.fullmatch(text))


def one_line(text: str) -> str:
    """A text as a header may carry it: no control characters, no second line."""
    return _CONTROL.sub(" ", text).strip()[:_LONGEST_SUBJECT]


def file_name(text: str) -> str:
    """A name for an attachment that is a name and no path."""
    return re.sub(r"[/\\:*?\"<>|]", "-", one_line(text)).lstrip(".")[:120] or "file"


def head_of(letter: Letter, heading: Heading, subject: str = "") -> bytes:
    """The header fields of a message (RFC 5322), without those that speak of its content.

    Args:
        letter: it.
        heading: what stands on the envelope.
        subject: shown instead of the letter's own.

    Raises:
        UsageError: an address is none.
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = _address(heading.sender, heading.name)
    message["To"] = _address(heading.to)
    if heading.reply_to:
        message["Reply-To"] = _address(tagged(heading.reply_to, letter.reply_tag))
    message["Subject"] = one_line(subject or letter.subject)
    message["Date"] = format_datetime(heading.date)
    message["Message-ID"] = one_line(heading.message_id)
    if heading.follows:
        message["In-Reply-To"] = one_line(heading.follows[-1])
        message["References"] = " ".join(map(one_line, heading.follows))
    message["Auto-Submitted"] = "auto-generated"
    return message.as_bytes().rstrip(b"\r\n") + b"\r\nMIME-Version: 1.0\r\n"


def part_of(letter: Letter, *, subject: bool = False) -> bytes:
    """The content of a message as a MIME entity that no relay need change, so that it is signed.

    Args:
        letter: it.
        subject: its subject stands inside too, for what is encrypted.
    """
    message = EmailMessage(policy=_POLICY)
    message.set_content(_lines(letter.text), cte="quoted-printable")
    if letter.html:
        message.add_alternative(_lines(letter.html), subtype="html", cte="quoted-printable")
    for file in letter.attachments:
        kind, _, subtype = file.media_type.partition("/")
        message.add_attachment(
            file.content, maintype=kind, subtype=subtype, filename=file_name(file.name)
        )
    # Last, since a new body takes away what is said of the old.
    message["Content-Language"] = one_line(letter.language)
    del message["MIME-Version"]
    if subject:
        message["Subject"] = one_line(letter.subject)
        message.set_param("protected-headers", "v1")
    # Mailboxes of an old kind put a mark before such a line, and a signature would break.
    return message.as_bytes().replace(b"\r\nFrom ", b"\r\n=46rom ")


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    return tomllib.loads((files("pehra.dispatch") / "data" / "words.toml").read_text("utf-8"))


def _words(language: str) -> dict[str, str]:
    return _catalogue().get(language, _catalogue()["en"])


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _address(text: str, name: str = "") -> Address:
    if not is_address(text):
        message = f"`{one_line(text)[:80]}` is no mail address."
        raise UsageError(message, mend="Write one such as `name@example.org`.")
    user, _, domain = text.rpartition("@")
    return Address(one_line(name), user, domain)


def tagged(address: str, tag: str) -> str:
    """An address with a tag behind its name (RFC 5233); the same where there is no tag."""
    user, _, domain = address.rpartition("@")
    kept = re.sub(r"[^A-Za-z0-9.-]", "", tag)[:40]
    return f"{user}+{kept}@{domain}" if kept else address


def marked(letter: Letter, tlp: Tlp, *, exercise: bool) -> Letter:
    """The letter with its label, and with the mark of an exercise, in subject, text and files.

    TLP 2.0: the label stands in the subject and in the body, before what it speaks of.
    """
    label = f"TLP:{tlp.value}"
    words = _words(letter.language)
    lines = [words["exercise_line"]] if exercise else []
    lines += [] if letter.text.startswith(label) else [label]
    subject = letter.subject if label in letter.subject else f"[{label}] {letter.subject}"
    subject = f"[{words['exercise']}] {subject}" if exercise else subject
    head = "".join(f"{line}\n" for line in lines)
    head_html = "".join(f"<p><strong>{line}</strong></p>" for line in lines)
    return msgspec.structs.replace(
        letter,
        subject=one_line(subject),
        text=f"{head}\n{letter.text}" if head else letter.text,
        html=_into_body(letter.html, head_html) if letter.html else "",
        pointer=f"{head}\n{letter.pointer}" if head and letter.pointer else letter.pointer,
        attachments=tuple(_drilled(file) for file in letter.attachments)
        if exercise
        else letter.attachments,
    )


def mark_of_exercise(language: str) -> str:
    """The word by which a letter of an exercise is known, in its language."""
    return _words(language)["exercise"]


def _drilled(file: Attachment) -> Attachment:
    """A file whose name says that it belongs to an exercise, wherever it is saved."""
    kept = file.name.startswith(_DRILL)
    return file if kept else msgspec.structs.replace(file, name=f"{_DRILL}{file.name}")


def _into_body(html: str, head: str) -> str:
    found = re.search(r"<body[^>]*>", html, re.IGNORECASE)
    at = found.end() if found else 0
    return f"{html[:at]}{head}{html[at:]}"


def pointed(letter: Letter) -> Letter:
    """The letter without its details: the pointer alone, no files; of the subject, its marks."""
    words = _words(letter.language)
    marks = _MARKS.match(letter.subject)
    return msgspec.structs.replace(
        letter,
        subject=f"{marks[0] if marks else ''}{words['pointer_subject']}",
        text=letter.pointer or words["pointer"],
        html="",
        attachments=(),
        pointer="",
    )
