"""By what a mail is known as a case's: its references, or the number in its subject. Pure.

References name messages that only their writers and readers know, so they are strong. A number in
brackets can be guessed: what comes by it alone is kept in the case and marked.
"""

from __future__ import annotations

import re
from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING

import msgspec

from pehra.cases.rules import check_text
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

_TOKEN = re.compile(r"\[pehra\s+c([1-9][0-9]{0,17})\]", re.IGNORECASE)
_ID = re.compile(r"<([^<>\s]{1,250})>")
MOST_REFERENCES = 100
LONGEST_SUBJECT = 250


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A mail whose parts are read; `references`: `In-Reply-To` and `References` of its head."""

    message_id: str
    author: str
    subject: str = ""
    text: str = ""
    references: str = ""
    recipient: str = ""
    at: datetime | None = None


def subject_of(case: int, subject: str) -> str:
    """A subject that carries the case's number, once."""
    plain = " ".join(_TOKEN.sub("", subject).split())
    return f"[Pehra C{case}] {plain}".strip()[:LONGEST_SUBJECT]


def numbers_in(subject: str) -> tuple[int, ...]:
    """Numbers of cases that a subject carries, in order, each once."""
    return tuple(dict.fromkeys(int(one) for one in _TOKEN.findall(subject)))


def ids_in(text: str) -> tuple[str, ...]:
    """Message ids in a head field, the nearest first: as they are stored."""
    found = (one.lower() for one in reversed(_ID.findall(text)))
    return tuple(dict.fromkeys(found))[:MOST_REFERENCES]


def own_id(message: Message) -> str:
    """A message's own id as it is stored.

    Raises:
        UsageError: it has none.
    """
    found = ids_in(message.message_id) or ids_in(f"<{message.message_id}>")
    if not found:
        message_ = "The message has no id that can be kept."
        raise UsageError(message_, mend="Give what its head says as Message-ID.")
    return found[0]


def thread_of(message: Message, known: Iterable[tuple[str, str]]) -> str:
    """The thread that a message belongs to: that of the nearest message it refers to, or its own.

    Args:
        message: the one that came or goes.
        known: message id and thread of messages that are kept.
    """
    threads = dict(known)
    near = (threads[one] for one in ids_in(message.references) if one in threads)
    return next(near, own_id(message))


def clean(message: Message) -> Message:
    """The message as it may be kept.

    Raises:
        UsageError: its text is too long.
    """
    return msgspec.structs.replace(
        message,
        subject=" ".join(message.subject.replace("\x00", "").split())[:LONGEST_SUBJECT],
        text=check_text(message.text),
        author=message.author.strip()[:254],
        recipient=message.recipient.strip()[:254],
    )
