"""Verbs on sources and mailboxes: set them, and note what came of a try.

Setting is an act of a person and stands in the ledger; a try is not, as what it brings is
(`intake.take-in`). An address may hold a key by mistake, so the ledger gets its digest only.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import transaction
from django.db.models import F

from pehra.intake.discover import source as find_source
from pehra.intake.fetching.queries import box, boxes_due, due, plan
from pehra.intake.fetching.rules import Rule, check_every
from pehra.intake.models import FetchedAddress, Mailbox, MailRule, SourceHealth, SourceSetting
from pehra.jobs.actions import enqueue
from pehra.kernel.errors import UsageError
from pehra.ledger import actions as ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pehra.engines.http.fetch import Validators
    from pehra.kernel.actors import Actor
    from pehra.ledger.body import JSON

FETCH, READ_MAIL, READ_FOLDER = "findings.fetch", "findings.read-mail", "findings.read-folder"
"""Jobs of the room above: what they fetch, they take in."""
READ_REPLIES = "notices.read-replies"
"""The job that reads what recipients of notices write back."""
READ_CITIZENS = "cases.read-mail"
"""The job that reads what people send on who have no account."""
_READERS = {Mailbox.Purpose.REPLIES: READ_REPLIES, Mailbox.Purpose.CITIZENS: READ_CITIZENS}

_LONGEST_FAULT = 2_000


class Changes(msgspec.Struct, frozen=True):
    """What is set of a source; None leaves a thing as it is, an empty text takes it away."""

    enabled: bool | None = None
    every: timedelta | None = None
    address: str | None = None
    folder: str | None = None
    silent_after: int | None = None


class NewBox(msgspec.Struct, frozen=True):
    """A mailbox as an operator names it; fields as in `models.Mailbox`."""

    host: str
    login: str
    port: int = 993
    security: str = "tls"
    folder: str = "INBOX"
    purpose: str = Mailbox.Purpose.REPORTS
    every: timedelta = timedelta(minutes=5)
    enabled: bool = True


class Delivered(msgspec.Struct, frozen=True):
    """A file of a source that came and was worked on.

    Attributes:
        new: it was not there before.
        fault: why it could not be read; empty where it could.
    """

    batch: str
    rows: int
    new: bool
    fault: str = ""


def set_source(slug: str, changes: Changes, *, actor: Actor, now: datetime) -> None:
    """Switch a source on or off, or set its rhythm, address, folder.

    Raises:
        UsageError: no such source, or a value that does not fit.
    """
    known = find_source(slug)
    told = {
        key: value for key, value in msgspec.structs.asdict(changes).items() if value is not None
    }
    with transaction.atomic():
        row, _ = SourceSetting.objects.select_for_update().get_or_create(source=slug)
        if changes.every is not None:
            check_every(told.pop("every"))
            row.every_seconds = int(changes.every.total_seconds())
        for name, value in told.items():
            setattr(row, name, value)
        _check_source(row, bool(known.fetch))
        row.save()
        if row.enabled:
            _health(slug, now)
        # What was said anew is tried at once.
        SourceHealth.objects.filter(source=slug).update(next_at=None)
        ledger.append(
            "intake.set-source", actor=actor, subject=f"source:{slug}", facts=_facts(row), now=now
        )


def _check_source(row: SourceSetting, has_address: bool) -> None:  # noqa: FBT001 a fact, no switch
    if row.address and not row.address.lower().startswith(("https://", "http://")):
        message = f"{row.address} is not fetched."
        raise UsageError(message, mend="Use https://HOST/...")
    longest = max(len(row.address), len(row.folder))
    if longest > 500:  # noqa: PLR2004 the length of the columns
        message = f"An address or a folder of {longest} characters is too long."
        raise UsageError(message, mend="At most 500.")
    if row.enabled and not (row.address or row.folder or has_address):
        message = f"`{row.source}` has no address to fetch."
        raise UsageError(message, mend="Name one with `--url`, or a folder with `--folder`.")
    taken = SourceSetting.objects.filter(folder=row.folder).exclude(source=row.source).first()
    if row.folder and taken is not None:
        message = f"The folder is that of `{taken.source}`."
        raise UsageError(message, mend="A folder a source.")


def _facts(row: SourceSetting) -> dict[str, JSON]:
    return {
        "enabled": row.enabled,
        "every_seconds": row.every_seconds,
        "address": _digest(row.address),
        "folder": _digest(row.folder),
        "silent_after": row.silent_after,
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def _health(slug: str, now: datetime) -> None:
    SourceHealth.objects.bulk_create([SourceHealth(source=slug, since=now)], ignore_conflicts=True)


@transaction.atomic
def queue_due(now: datetime) -> int:
    """Queue a job for every source and mailbox whose time has come; gives how many."""
    slugs, names = due(now), boxes_due(now)
    for slug in slugs:
        enqueue(FETCH, {"source": slug}, now=now, unique_key=slug)
        note_try(slug, now=now, next_at=now + plan(slug).every)
    for name in names:
        told = box(name)
        kind = _READERS.get(Mailbox.Purpose(told.purpose), READ_MAIL)
        enqueue(kind, {"mailbox": name}, now=now, unique_key=name)
        note_mail_try(name, now=now, next_at=now + told.every)
    return len(slugs) + len(names)


@transaction.atomic
def queue_folder(slug: str, *, now: datetime) -> int:
    """Queue a job that takes the files in a source's folder."""
    return enqueue(READ_FOLDER, {"source": slug}, now=now, unique_key=slug)


@transaction.atomic
def note_try(slug: str, *, now: datetime, next_at: datetime) -> None:
    """Somebody asks the source now; nobody else is to do so before `next_at`."""
    _health(slug, now)
    SourceHealth.objects.filter(source=slug).update(last_try=now, next_at=next_at)


@transaction.atomic
def note_answer(slug: str, *, now: datetime, next_at: datetime) -> None:
    """All addresses of the source answered, and what they gave could be read."""
    _health(slug, now)
    SourceHealth.objects.filter(source=slug).update(
        last_success=now, next_at=next_at, failures=0, fault=""
    )


@transaction.atomic
def note_fault(slug: str, fault: str, *, failures: int, now: datetime, next_at: datetime) -> None:
    """A try failed, the `failures`th in a row."""
    _health(slug, now)
    SourceHealth.objects.filter(source=slug).update(
        failures=failures, fault=_words(fault), next_at=next_at
    )


@transaction.atomic
def note_delivery(slug: str, came: Delivered, *, now: datetime) -> None:
    """A file of the source came, whichever way, and was worked on."""
    _health(slug, now)
    row = SourceHealth.objects.filter(source=slug)
    if came.fault:
        row.update(failures=F("failures") + 1, fault=_words(came.fault), last_batch=came.batch)
        return
    changes: dict[str, Any] = {"last_success": now, "failures": 0, "fault": ""}
    if came.new:
        changes["last_new"] = now
    row.update(last_batch=came.batch, last_rows=came.rows, **changes)


def _words(fault: str) -> str:
    """Words that may quote a file, as PostgreSQL can keep them."""
    return fault.replace("\0", "\N{REPLACEMENT CHARACTER}")[:_LONGEST_FAULT]


@transaction.atomic
def remember(slug: str, address: str, version: Validators, batches: Sequence[str] = ()) -> None:
    """Keep what names the version of a file, and what it came to, once it is taken in."""
    row, _ = FetchedAddress.objects.get_or_create(source=slug, address=address)
    # A name that does not fit the column would name another version when cut.
    row.etag = version.etag if len(version.etag) <= 500 else ""  # noqa: PLR2004 the column's
    row.last_modified = version.last_modified[:100]
    row.batches = [*batches]
    row.save()


@transaction.atomic
def listed_again(slug: str, address: str, before: str, after: str) -> None:
    """What a file came to yesterday, it came to today as another batch."""
    row = FetchedAddress.objects.get(source=slug, address=address)
    row.batches = [after if name == before else name for name in row.batches]
    row.save()


def set_mailbox(name: str, told: NewBox, *, actor: Actor, now: datetime) -> None:
    """Add a mailbox, or change one; another place is read from its beginning.

    Raises:
        UsageError: a value that does not fit.
    """
    if told.security not in Mailbox.Security.values:
        message = f"`{told.security}` is no protection."
        raise UsageError(message, mend=f"One of {', '.join(Mailbox.Security.values)}.")
    if told.purpose not in Mailbox.Purpose.values:
        message = f"`{told.purpose}` is nothing that comes by mail."
        raise UsageError(message, mend=f"One of {', '.join(Mailbox.Purpose.values)}.")
    check_every(told.every)
    values = {
        **{key: value for key, value in msgspec.structs.asdict(told).items() if key != "every"},
        "every_seconds": int(told.every.total_seconds()),
        "next_at": None,
    }
    with transaction.atomic():
        row = Mailbox.objects.select_for_update().filter(name=name).first()
        before = (row.host, row.login, row.folder) if row else None
        if before != (told.host, told.login, told.folder):
            values |= {"uid_validity": 0, "last_uid": 0}
        Mailbox.objects.update_or_create(name=name, defaults=values)
        facts: dict[str, JSON] = {
            "host": told.host,
            "enabled": told.enabled,
            "purpose": str(told.purpose),
        }
        ledger.append(
            "intake.set-mailbox", actor=actor, subject=f"mailbox:{name}", facts=facts, now=now
        )


def set_rules(name: str, rules: list[Rule], *, actor: Actor, now: datetime) -> None:
    """Set the rules of a mailbox, in their order, in place of those it has.

    Raises:
        UsageError: a rule names no source, or lets anybody report in its name.
    """
    for rule in rules:
        find_source(rule.source)
        if not rule.sender:
            message = f"The rule for `{rule.source}` names no sender."
            raise UsageError(message, mend="Write `sender=ADDRESS` or `sender=@DOMAIN`.")
    with transaction.atomic():
        MailRule.objects.filter(mailbox=name).delete()
        MailRule.objects.bulk_create(
            MailRule(mailbox_id=name, place=place, **msgspec.structs.asdict(rule))
            for place, rule in enumerate(rules)
        )
        facts: dict[str, JSON] = {"rules": [rule.source for rule in rules]}
        ledger.append(
            "intake.set-rules", actor=actor, subject=f"mailbox:{name}", facts=facts, now=now
        )


def remove_mailbox(name: str, *, actor: Actor, now: datetime) -> None:
    """Forget a mailbox and its rules; what it brought stays."""
    with transaction.atomic():
        Mailbox.objects.filter(name=name).delete()
        ledger.append(
            "intake.remove-mailbox", actor=actor, subject=f"mailbox:{name}", facts={}, now=now
        )


@transaction.atomic
def note_mail_try(name: str, *, now: datetime, next_at: datetime) -> None:
    """Somebody reads the mailbox now."""
    Mailbox.objects.filter(name=name).update(last_try=now, next_at=next_at)


@transaction.atomic
def note_mail(name: str, *, validity: int, uid: int, claimed: bool) -> None:
    """A message is dealt with: its files are taken in, or it is nobody's."""
    changes: dict[str, Any] = {} if claimed else {"unclaimed": F("unclaimed") + 1}
    Mailbox.objects.filter(name=name).update(uid_validity=validity, last_uid=uid, **changes)


@transaction.atomic
def note_mail_end(name: str, fault: str, *, now: datetime, next_at: datetime) -> None:
    """A look into the mailbox has ended, well where `fault` is empty."""
    changes: dict[str, Any] = {"failures": F("failures") + 1, "fault": _words(fault)}
    if not fault:
        changes = {"failures": 0, "fault": "", "last_success": now}
    Mailbox.objects.filter(name=name).update(next_at=next_at, **changes)
