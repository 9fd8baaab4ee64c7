"""A mailbox to which people send on what they got: each message is a report, read once, left there.

A message that is too large, or too much for its reader, is a report all the same: of whom it came,
and the bytes as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from pehra.cases.actions import mails
from pehra.cases.reported.actions.filing import PUBLIC, file_report
from pehra.cases.reported.opening import opened
from pehra.cases.reported.queries import is_known_writer
from pehra.cases.reported.rules import LARGEST_MAIL, Contact, Door, Kind, Part, Wish, clean
from pehra.cases.rules import LONGEST_TEXT
from pehra.cases.threads import Message
from pehra.findings import mail
from pehra.findings.fetching import check_online
from pehra.intake.fetching import actions as health
from pehra.intake.fetching import keys
from pehra.intake.fetching import queries as boxes
from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.ids import digest
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices import mime

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pehra.cases.reported.rules import Filed
    from pehra.engines.mail.imap import Folder
    from pehra.intake.fetching.queries import Box
    from pehra.kernel.settings import Home, Settings

_HEAD = 1 << 18
"""Bytes of a message among which its head is looked for."""
_URDU = ("\u0600", "\u06ff")


class Look(msgspec.Struct, frozen=True):
    """What a look into a mailbox works with; `jitter` in [0, 1) spreads what failed together."""

    home: Home
    settings: Settings
    now: datetime
    progress: Callable[[int, int], None]
    jitter: float


class Outcome(msgspec.Struct):
    """What came of it, as counts; `fault`: what went wrong first, in words."""

    mailbox: str
    messages: int = 0
    filed: int = 0
    again: int = 0
    cases: int = 0
    """Kept in a case; they are no reports, but for those of strangers who named its number."""
    machines: int = 0
    """Sent by machines: they are filed, and not answered."""
    fault: str | None = None


def read_mailbox(name: str, at: Look) -> Outcome:
    """File the new messages of a mailbox as reports; the messages stay as they are.

    Raises:
        UsageError: no such mailbox, it is for something else, or it has no password.
        Refused: this home is offline.
        EnvironmentFault: what came cannot be kept. A server that is away is no error here, but the
            outcome's fault, and the mailbox's.
    """
    check_online(at.settings)
    told = boxes.box(name)
    password = keys.read(keys.of_mailbox(at.home, name))
    if told.purpose != "citizens" or not password:
        message = f"The mailbox `{name}` is not for reports of people, or has no password."
        mend = f"`pehra mailboxes set {name} --purpose citizens --password-file FILE`."
        raise UsageError(message, mend=mend)
    outcome = Outcome(mailbox=name)
    visit = mail.Visit(at.home, name, password, at.now, at.jitter)
    mail.look_into(visit, outcome, lambda told, folder: _read(told, folder, at, outcome))
    return outcome


def _read(told: Box, folder: Folder, at: Look, outcome: Outcome) -> None:
    done = told.last_uid if folder.validity == told.uid_validity else 0
    numbers = folder.after(done)
    for place, uid in enumerate(numbers):
        at.progress(place, len(numbers))
        outcome.messages += 1
        raw = b""
        if folder.size(uid) <= LARGEST_MAIL and (letter := folder.letter(uid)) is not None:
            raw = letter.raw
        take(raw, f"mailbox:{told.name}:{folder.validity}:{uid}", at, outcome)
        health.note_mail(told.name, validity=folder.validity, uid=uid, claimed=True)


def take(raw: bytes, came: str, at: Look, outcome: Outcome) -> None:
    """Keep one message in the case that it answers, or file it as a report.

    Both, where a stranger named the number of a case: whoever guessed it is heard all the same.
    No message ends the reading of a mailbox: what a case cannot keep is a report.
    """
    try:
        case = keep_in_case(raw, at)
    except (Refused, UsageError):
        case = None
    if case is not None:
        outcome.cases += 1
        if case.known:
            return
    filed = file_mail(raw, came, at, outcome)
    outcome.filed += not filed.again
    outcome.again += filed.again


class Kept(msgspec.Struct, frozen=True):
    """The case that a message was kept in; `known`: what it answers, or its writer, is known."""

    case: int
    known: bool


def keep_in_case(raw: bytes, at: Look) -> Kept | None:
    """Keep a message in the case that it answers; null where it is of none.

    Raises:
        UsageError: it has no id that can be kept.
    """
    head = mime.parsed(raw[:_HEAD].partition(b"\r\n\r\n")[0].partition(b"\n\n")[0])
    ids = mime.headers(head, "Message-ID")
    message = Message(
        message_id=clean(ids[0]) if ids else "",
        author=next(iter(mime.addresses(mime.headers(head, "From"))), ""),
        subject=mime.header(head, "Subject"),
        references=" ".join(
            (*mime.headers(head, "References"), *mime.headers(head, "In-Reply-To"))
        ),
    )
    found = mails.match(message)
    if not ids or found is None:
        return None
    whole = msgspec.structs.replace(message, text=opened(raw).text[:LONGEST_TEXT])
    case = mails.take_in(whole, actor=PUBLIC, at=at.now)
    if case is None:
        return None
    known = found.by == "reference" or is_known_writer(case, message.author, viewer=SYSTEM_VIEWER)
    return Kept(case, known)


def file_mail(raw: bytes, came: str, at: Look, outcome: Outcome) -> Filed:
    """File one message, and answer with its number whoever wrote it, unless that was a machine.

    Args:
        raw: its bytes; empty: it is too large to take.
        came: names its place, where it has no id of its own.
        at: the look.
        outcome: is told of machines.
    """
    told, wish = wish_of_mail(raw, Door.MAIL)
    named = f"{told.message_id} {told.sender} {digest(raw)}" if told.message_id else came
    outcome.machines += told.automatic
    contact = Contact(mail=told.sender) if told.sender and not told.automatic else Contact()
    text = wish.text if raw else f"A mail of more than {LARGEST_MAIL:,} bytes: see {came}."
    wish = msgspec.structs.replace(wish, text=text, contact=contact, delivery=named)
    return file_report(at.home, wish, actor=PUBLIC, now=at.now, outside=at.settings.outside)


def wish_of_mail(raw: bytes, door: Door) -> tuple[Any, Wish]:
    """What a mail says, and the report that it makes; the mail itself is its first file."""
    told = opened(raw)
    whole = Part("message.eml", "message/rfc822", "", len(raw), raw)
    words = f"{told.subject}\n{told.text}"
    urdu = sum(_URDU[0] <= one <= _URDU[1] for one in words[:2_000])
    wish = Wish(
        kind=Kind.MAIL,
        door=door,
        text=told.text,
        subject=told.subject,
        language="ur" if urdu > len(words[:2_000]) // 4 else "en",
        parts=(whole, *told.parts) if raw else (),
        origin=f"mail {told.sender}",
    )
    return told, wish


def summary(outcome: Outcome) -> dict[str, Any]:
    """What came of a mailbox, as counts."""
    told: dict[str, Any] = msgspec.to_builtins(outcome)
    fault = told.pop("fault")
    return {**told, **({"error": fault} if fault else {})}
