"""A reply by mail, read: what it answers, who writes, the new words, and what they plainly say.

Pure. Nothing here says that a reply counts: that needs the notice's own token and a writer whom the
register knows, by the address or by a signature (`signatures`, `actions.replies`). What a machine
sends back is no answer (RFC 3834).
"""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

from pehra.notices import mime
from pehra.notices.rules import Said

if TYPE_CHECKING:
    from email.message import Message

LONGEST = 2000
"""Characters of the new words that are kept."""
_MOST_IDS = 50
_MOST_FINDINGS = 100

_BULK = frozenset({"bulk", "auto_reply", "junk", "list"})
_MACHINES = ("mailer-daemon@", "postmaster@", "noreply@", "no-reply@", "bounce", "do-not-reply@")
_AWAY = re.compile(
    r"^(?:automatic reply|auto(?:matic)?[ -]?(?:reply|response)|out of (?:the )?office|autoreply"
    r"|undeliver|delivery status|خودکار جواب)",
    re.IGNORECASE,
)
_HINT = re.compile(r"\[N(\d{1,18})\]")
_TAGGED = re.compile(r"\+(n\d{1,18}\.[a-z2-7]{16})@")
_FINDING = re.compile(r"\b(?:F|EX)(\d{1,18})\b", re.IGNORECASE | re.ASCII)
"""`EX` is what an exercise made up."""

_ENDS = re.compile(
    r"^(?:-- ?|-{2,}\s*original message\s*-{2,}|-{4,} ?forwarded message ?-{2,}"
    r"|begin forwarded message:|_{20,}|sent from my .*|get outlook for .*)$",
    re.IGNORECASE,
)
"""A line after which nothing of the writer's own stands."""
_FROM_LINE = re.compile(r"^\*?(?:From|منجانب)\*?:\s", re.IGNORECASE)
_SENT_LINE = re.compile(r"^\*?(?:Sent|Date|To|Subject|تاریخ|موضوع)\*?:\s", re.IGNORECASE)
_WROTE = re.compile(
    r"(?:wrote|writes|schrieb|a écrit|نے لکھا|نے تحریر کیا)\s*:?\s*$", re.IGNORECASE
)
_OPENS = re.compile(r"^(?:On|Am|Le|At|بتاریخ)\b", re.IGNORECASE)
_IN_WORD = re.compile(r"(?<=\w)-(?=\w)")
_QUESTIONS = ("?", "\u061f")
_ONE_FORM = {
    "\u064a": "\u06cc", "\u0649": "\u06cc",  # yeh
    "\u0643": "\u06a9",  # kaf
    "\u0647": "\u06c1", "\u06c3": "\u06c1",  # heh
    "\u0640": "",  # tatweel
    "'": "", "\u2019": "",
}  # fmt: skip
_FOLDED = str.maketrans(_ONE_FORM)


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says of itself. All of it is the sender's word.

    Attributes:
        key: names it: the same message twice has the same, another one has another.
        message_id: its own; may be empty, or somebody else's.
        author: address, in lower case; empty where there is none, or several.
        subject: one line.
        follows: ids of the messages that it answers, the nearest first.
        tags: signed tags of the addresses that it was sent to, such as `n12.abc...`.
        hint: the number in the subject, which anybody could write; null: none.
        words: what is new in it: no quotation, no signature.
        said: what the first line says plainly; else a comment.
        findings: that the first line names; empty: none.
        automatic: a machine sent it.
    """

    key: str
    message_id: str = ""
    author: str = ""
    subject: str = ""
    follows: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    hint: int | None = None
    words: str = ""
    said: Said = Said.COMMENT
    findings: tuple[int, ...] = ()
    automatic: bool = False


def read(raw: bytes) -> Mail:
    """Read a message; whatever the bytes are, something comes of it."""
    message = mime.parsed(raw)
    authors = set(mime.addresses(mime.headers(message, "From")))
    words = new_words(mime.own_text(message))[:LONGEST].strip()
    said, findings = plain_answer(words)
    subject = mime.header(message, "Subject")[:240]
    follows = mime.ids(mime.headers(message, "References") + mime.headers(message, "In-Reply-To"))
    names = next(iter(mime.ids(mime.headers(message, "Message-ID"))), "")
    author = authors.pop()[:254] if len(authors) == 1 else ""
    hinted = _HINT.search(subject)
    return Mail(
        key=_key(raw, names, author, subject, words),
        message_id=names,
        author=author,
        subject=subject,
        follows=follows[:_MOST_IDS],
        tags=_tags(message),
        hint=int(hinted[1]) if hinted else None,
        words=words,
        said=said,
        findings=findings,
        automatic=is_automatic(message, author, subject),
    )


def reread(mail: Mail, content: bytes) -> Mail:
    """The same message with the words of what was signed or sealed in it, and with no others."""
    words = new_words(mime.own_text(mime.parsed(content)))[:LONGEST].strip()
    said, findings = plain_answer(words)
    return msgspec.structs.replace(mail, words=words, said=said, findings=findings)


def _key(raw: bytes, names: str, *told: str) -> str:
    """Two copies of one message differ in the way they came, never in what they say.

    The id alone would not do: whoever sees it could send another message under it first.
    """
    if not names:
        return hashlib.sha256(raw).hexdigest()
    return hashlib.sha256("\0".join((names, *told)).encode()).hexdigest()


def _tags(message: Message) -> tuple[str, ...]:
    places = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
    found = [value.lower() for place in places for value in mime.headers(message, place)]
    tags = dict.fromkeys(tag for value in found for tag in _TAGGED.findall(value))
    return tuple(tags)[:_MOST_IDS]


def is_automatic(message: Message, author: str, subject: str) -> bool:
    """Whether a machine sent it: RFC 3834, and what machines of before it write."""
    submitted = mime.header(message, "Auto-Submitted").lower().partition(";")[0].strip()
    precedence = mime.header(message, "Precedence").lower()
    named = any(
        mime.header(message, name)
        for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "List-Id")
    )
    returned = mime.headers(message, "Return-Path")
    return (
        submitted not in {"", "no"}
        or precedence in _BULK
        or named
        or "<>" in returned
        or message.get_content_type() == "multipart/report"
        or author.startswith(_MACHINES)
        or bool(_AWAY.match(subject))
    )


def new_words(text: str) -> str:
    """The writer's own lines: without quotations, their announcements, and the signature."""
    lines = text.split("\n")
    kept: list[str] = []
    for place, line in enumerate(lines):
        bare = line.strip()
        if _ENDS.match(line.rstrip("\t\r") if line.startswith("--") else bare):
            break
        if _is_copied_head(lines, place):
            break
        if bare.startswith(">"):
            _drop_announcement(kept)
            continue
        kept.append(line.rstrip())
    _drop_announcement(kept)
    return "\n".join(kept).strip()


def _is_copied_head(lines: list[str], place: int) -> bool:
    """Whether the head of another message begins here, as some programs copy it."""
    if not _FROM_LINE.match(lines[place].strip()):
        return False
    return any(_SENT_LINE.match(line.strip()) for line in lines[place + 1 : place + 4])


def _drop_announcement(kept: list[str]) -> None:
    """Take away `On ... X wrote:`, which may be broken over three lines."""
    end = len(kept)
    while end and not kept[end - 1].strip():
        end -= 1
    if not end or not _WROTE.search(kept[end - 1]):
        return
    for start in range(end - 1, max(end - 4, -1), -1):
        if _OPENS.match(kept[start].strip()):
            del kept[start:]
            return
    del kept[end - 1 :]


@cache
def _catalogue() -> dict[str, frozenset[str]]:
    text = (files("pehra.notices") / "data" / "said.toml").read_text("utf-8")
    return {
        name: frozenset(folded(one) for one in phrases)
        for name, phrases in tomllib.loads(text).items()
    }


def folded(text: str) -> str:
    """Words to compare: one form for letters that look alike, no marks, lower case."""
    return " ".join(" ".join(_clauses(text)).split())


def _clauses(text: str) -> list[str]:
    """The text, folded, cut where its marks cut it; empty pieces are left out."""
    plain = unicodedata.normalize("NFKC", _IN_WORD.sub(" ", text)).translate(_FOLDED)
    kept = []
    for one in plain.casefold():
        kind = unicodedata.category(one)
        if kind not in {"Mn", "Cf"}:
            kept.append("\n" if kind in {"Po", "Pd"} else " " if kind[0] in "PSZC" else one)
    return [" ".join(piece.split()) for piece in "".join(kept).split("\n") if piece.strip()]


def plain_answer(words: str) -> tuple[Said, tuple[int, ...]]:
    """What the first line that is no greeting says plainly, and the findings that it names.

    A line that is not wholly understood, doubts or asks is a comment, which a person reads.
    """
    line = _first_line(words)
    findings = tuple(dict.fromkeys(int(one) for one in _FINDING.findall(line)))[:_MOST_FINDINGS]
    rest = _FINDING.sub(" ", line)
    clauses = [one for one in _clauses(rest) if one != "and"]
    known = _catalogue()
    if not clauses or any(mark in rest for mark in _QUESTIONS):
        return Said.COMMENT, findings
    first = clauses[0].removeprefix("and ")
    doubted = {word for one in clauses[1:] for word in one.split()} & known["doubts"]
    for said in (Said.FIXED, Said.WORKING, Said.NOT_MINE, Said.FALSE_POSITIVE):
        if first in known[said.value] and not doubted:
            return said, findings
    return Said.COMMENT, findings


def _first_line(words: str) -> str:
    greetings = _catalogue()["greetings"]
    for line in words.split("\n"):
        told = folded(line).split()
        if told and told[0] not in greetings and " ".join(told[:2]) not in greetings:
            return line
    return ""
