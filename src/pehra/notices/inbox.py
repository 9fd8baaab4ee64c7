"""Mailboxes for replies: every new message is read once, in order, and left where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from pehra.engines.lake.lock import only_one
from pehra.engines.mail import imap
from pehra.findings.fetching import check_online
from pehra.intake.fetching import actions as health
from pehra.intake.fetching import keys
from pehra.intake.fetching import queries as boxes
from pehra.intake.fetching.rules import next_try
from pehra.kernel.errors import EnvironmentFault, PehraError, UsageError
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
    with only_one(at.home.locks / f"mail-{name}"):
        told = boxes.box(name)
        health.note_mail_try(name, now=at.now, next_at=at.now + told.every)
        try:
            with imap.opened(_place(told), password) as folder:
                _read(told, folder, at, outcome)
        except EnvironmentFault as error:
            outcome.fault = outcome.fault or str(error)
        except PehraError as error:
            outcome.fault = str(error)
            raise
        finally:
            failures = told.failures + 1 if outcome.fault else 0
            next_at = next_try(told.every, failures, at.jitter, at.now)
            health.note_mail_end(name, outcome.fault or "", now=at.now, next_at=next_at)
    return outcome


def _place(told: Box) -> imap.Place:
    return imap.Place(told.host, told.port, told.security, told.login, told.folder)


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
