"""Reports that come by mail: what rules say is one is taken in, its source's as any other file.

Messages are dealt with in the order in which the server numbers them, and how far that is is noted
after each: a crash in between takes one again, and the same bytes are the same batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from pehra.engines.lake.lock import only_one
from pehra.engines.mail import imap
from pehra.findings.arrivals import Arrival, ingest_each, room
from pehra.findings.fetching import check_online
from pehra.intake.fetching import actions as health
from pehra.intake.fetching import keys, queries
from pehra.intake.fetching.rules import next_try, rule_for
from pehra.kernel.errors import EnvironmentFault, PehraError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from pehra.engines.mail.imap import Folder, Letter
    from pehra.findings.fetching import Round
    from pehra.findings.ingest import Result
    from pehra.intake.fetching.queries import Box
    from pehra.intake.fetching.rules import Rule
    from pehra.kernel.settings import Home

LARGEST = 128 * 1024**2
"""Bytes; a message comes whole into memory."""


class Mail(msgspec.Struct):
    """What came of a look into a mailbox.

    Attributes:
        messages: that were new.
        unclaimed: of which no rule said whose they are, or that held no file of a report.
        files: what was taken in.
        fault: what went wrong first, in words.
    """

    mailbox: str
    messages: int = 0
    unclaimed: int = 0
    files: list[Result] = []
    fault: str | None = None


def read_mailbox(name: str, at: Round) -> Mail:
    """Take in the reports among the new messages of a mailbox; the messages stay as they are.

    Raises:
        UsageError: no such mailbox, or no password is kept for it.
        Refused: this home is offline.
        EnvironmentFault: what came cannot be kept. A server that is away is no error here, but the
            outcome's fault, and the mailbox's.
    """
    check_online(at.settings)
    queries.box(name)  # that there is one
    password = keys.read(keys.of_mailbox(at.home, name))
    if not password:
        message = f"There is no password for the mailbox `{name}`."
        raise UsageError(message, mend=f"`pehra mailboxes set {name} --password-file FILE`.")
    outcome = Mail(mailbox=name)
    visit = Visit(at.home, name, password, at.by.now, at.jitter)
    look_into(visit, outcome, lambda told, folder: _read(told, folder, at, outcome))
    return outcome


class Faulty(Protocol):
    """What came of a visit; `fault`: what went wrong first, in words."""

    fault: str | None


class Visit(msgspec.Struct, frozen=True):
    """A look into a mailbox; `jitter` in [0, 1) spreads what failed together."""

    home: Home
    mailbox: str
    password: str
    now: datetime
    jitter: float


def look_into(visit: Visit, outcome: Faulty, read: Callable[[Box, Folder], None]) -> None:
    """Let `read` look into a mailbox, one at a time, and note how it did, also where it failed.

    A server that is away is no error, but the outcome's fault and the mailbox's.
    """
    name, now = visit.mailbox, visit.now
    with only_one(visit.home.locks / f"mail-{name}"):
        told = queries.box(name)
        health.note_mail_try(name, now=now, next_at=now + told.every)
        try:
            with imap.opened(_place(told), visit.password) as folder:
                read(told, folder)
        except EnvironmentFault as error:
            outcome.fault = outcome.fault or str(error)
        except PehraError as error:
            outcome.fault = str(error)
            raise
        finally:
            failures = told.failures + 1 if outcome.fault else 0
            next_at = next_try(told.every, failures, visit.jitter, now)
            health.note_mail_end(name, outcome.fault or "", now=now, next_at=next_at)


def _place(told: Box) -> imap.Place:
    return imap.Place(told.host, told.port, told.security, told.login, told.folder)


def _read(told: Box, folder: Folder, at: Round, outcome: Mail) -> None:
    done = told.last_uid if folder.validity == told.uid_validity else 0
    cap = min(at.settings.fetch.largest_file, LARGEST)
    numbers = folder.after(done)
    for place, uid in enumerate(numbers):
        at.coming(place, len(numbers))
        outcome.messages += 1
        claimed = False
        if folder.size(uid) > cap:
            fault = f"A message of {folder.size(uid):,} bytes is too large."
            outcome.fault = outcome.fault or fault
        elif (letter := folder.letter(uid)) is not None:
            claimed = _take(told, uid, letter, at, outcome)
        outcome.unclaimed += not claimed
        health.note_mail(told.name, validity=folder.validity, uid=uid, claimed=claimed)


def _take(told: Box, uid: int, letter: Letter, at: Round, outcome: Mail) -> bool:
    """Take in what a message brings; whether it brought anything."""
    rule = rule_for(told.rules, letter.sender, letter.subject)
    files = _files(rule, uid, letter) if rule else ()
    for name, data in files:
        with room(at.home) as folder:
            path = folder / "attached"
            path.write_bytes(data)
            _ingest(rule.source if rule else "", path, name, at, outcome)
    return bool(files)


def _files(rule: Rule, uid: int, letter: Letter) -> tuple[tuple[str, bytes], ...]:
    if rule.whole:
        return ((f"{uid}.eml", letter.raw),)
    named = ((name or f"{uid}", data) for name, data in letter.files)
    return tuple((name, data) for name, data in named if rule.takes(name))


def _ingest(source: str, path: Path, name: str, at: Round, outcome: Mail) -> None:
    """A file that its reader refuses holds up none of those after it."""
    try:
        files = [
            file for _, file in ingest_each(at.open_desk(), Arrival(source, path, name), at.by)
        ]
    except UsageError as error:
        outcome.fault = outcome.fault or str(error)
        return
    outcome.files += files
    faults = [file.error for file in files if file.error]
    outcome.fault = outcome.fault or (faults[0] if faults else None)


def summary(outcome: Mail) -> dict[str, Any]:
    """What came of a mailbox, as counts."""
    names = ("rows", "accepted", "rejected", "duplicates", "unchanged", "attributed")
    counts = {name: sum(getattr(file, name) for file in outcome.files) for name in names}
    return {
        "mailbox": outcome.mailbox,
        "messages": outcome.messages,
        "unclaimed": outcome.unclaimed,
        "files": len(outcome.files),
        **counts,
        **({"error": outcome.fault} if outcome.fault else {}),
    }
