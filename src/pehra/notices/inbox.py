"""Mailboxes for replies: every new message is read once, in order, and left where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from pehra.findings import mail
from pehra.findings.fetching import check_online
from pehra.intake.fetching import actions as health
from pehra.intake.fetching import keys
from pehra.intake.fetching import queries as boxes
from pehra.kernel.errors import UsageError
from pehra.notices import mime
from pehra.notices.actions.replies import Came, file_mail

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pehra.engines.mail.imap import Folder
    from pehra.intake.fetching.queries import Box
    from pehra.kernel.settings import Home, Settings


class Look(msgspec.Struct, frozen=True):
    """What a look into a mailbox works with.

    Attributes:
        key: of links and tags.
        jitter: in [0, 1); spreads what failed together.
    """

    home: Home
    settings: Settings
    key: bytes
    now: datetime
    progress: Callable[[int, int], None]
    jitter: float


class Outcome(msgspec.Struct):
    """What came of it, as counts; `fault`: what went wrong first, in words."""

    mailbox: str
    messages: int = 0
    counted: int = 0
    unverified: int = 0
    bounces: int = 0
    unclaimed: int = 0
    fault: str | None = None


def read_mailbox(name: str, at: Look) -> Outcome:
    """Take in the replies among the new messages of a mailbox; the messages stay as they are.

    Raises:
        UsageError: no such mailbox, it is for something else, or it has no password.
        Refused: this home is offline.
        EnvironmentFault: what came cannot be kept. A server that is away is no error here, but the
            outcome's fault, and the mailbox's.
    """
    check_online(at.settings)
    told = boxes.box(name)
    password = keys.read(keys.of_mailbox(at.home, name))
    if told.purpose != "replies" or not password:
        message = f"The mailbox `{name}` has no replies, or no password."
        mend = f"`pehra mailboxes set {name} --purpose replies --password-file FILE`."
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
        letter = None if folder.size(uid) > mime.LARGEST else folder.letter(uid)
        if letter is None:
            outcome.unclaimed += 1
            health.note_mail(told.name, validity=folder.validity, uid=uid, claimed=False)
            continue
        came = Came(told.name, folder.validity, uid)
        filed = file_mail(at.home, letter.raw, came, at.key, now=at.now)
        outcome.counted += filed.state == "counted"
        outcome.unverified += filed.state == "unverified"
        outcome.bounces += filed.kind == "delivery"
        outcome.unclaimed += filed.state == "nobody's"


def summary(outcome: Outcome) -> dict[str, Any]:
    """What came of a mailbox, as counts."""
    told: dict[str, Any] = msgspec.to_builtins(outcome)
    fault = told.pop("fault")
    return {**told, **({"error": fault} if fault else {})}
