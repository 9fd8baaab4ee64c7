"""File a report: number it, keep it, and put it into its cluster, in one transaction."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra.cases.models.report import Report, ReportContact, ReportPart
from pehra.cases.reported.actions.clustering import Coming, join
from pehra.cases.reported.actions.receipts import About, acknowledge, mailbox_of
from pehra.cases.reported.numbers import RANDOM_BYTES, number_of
from pehra.cases.reported.rules import LARGEST_MAIL, Filed, checked
from pehra.cases.reported.traces import traces
from pehra.engines.blobs import files as blobs
from pehra.engines.sealed import ring as rings
from pehra.engines.sealed.stream import seal_value
from pehra.findings.keys import secret_of
from pehra.kernel.actors import Actor
from pehra.kernel.ids import digest, new_secret
from pehra.ledger.actions import append
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.cases.reported.rules import Part, Wish
    from pehra.kernel.settings import Home
    from pehra.ledger.body import JSON

PUBLIC = Actor(name="public", office="form")
"""Who reports without an account."""


def file_report(home: Home, wish: Wish, *, actor: Actor, now: datetime, outside: str = "") -> Filed:
    """File what somebody reports; its number is the answer at once.

    Nothing is turned away for coming too often: it is kept, and gathered in one line. Where
    `outside`, the address of the site, is given, the number also goes to the mailbox that was
    left, in the same transaction: a report that is kept has its answer on the way.

    Raises:
        UsageError: the report says nothing.
        EnvironmentFault: a file cannot be kept, or the home's keys cannot be used.
    """
    kept = checked(wish)
    # A file is durable before anything says that it is there.
    parts = tuple(_kept(home, part) for part in kept.parts)
    kept = msgspec.structs.replace(kept, parts=parts)
    found = traces(kept)
    coming = Coming(kept, found, _origin(home, kept.origin, now), now)
    with as_system(), transaction.atomic():
        if kept.delivery and (before := _before(kept.delivery)) is not None:
            return before
        joined = join(coming)
        row = _written(coming, joined.cluster)
        _keep_contact(home, row, kept, now)
        facts: dict[str, JSON] = {
            "kind": str(kept.kind),
            "door": str(kept.door),
            "cluster": joined.cluster,
        }
        subject = f"citizen-report:{row.pk}"
        append("cases.file-report", actor=actor, subject=subject, facts=facts, now=now)
        if outside and kept.contact.mail:
            mailbox = _origin(home, f"receipts {mailbox_of(kept.contact.mail)}", now)
            acknowledge(About(row.pk, row.number, mailbox), kept, outside=outside, now=now)
    return Filed(row.number, row.pk, joined.cluster, joined.new, joined.gathered)


def _kept(home: Home, part: Part) -> Part:
    blob = blobs.keep(home, io.BytesIO(part.data), largest=LARGEST_MAIL)
    return msgspec.structs.replace(part, sha256=blob.sha256, size=blob.size, data=b"")


def _origin(home: Home, place: str, now: datetime) -> int:
    """A digest of a place that only this home can make, and another one next month."""
    words = f"reports {now:%Y-%m} {place}".encode()
    made = hashlib.blake2b(words, key=digest(secret_of(home).encode()).encode(), digest_size=8)
    return int.from_bytes(made.digest(), "big", signed=True)


def _before(delivery: str) -> Filed | None:
    row = Report.objects.filter(delivery=digest(delivery.encode())).first()
    if row is None:
        return None
    return Filed(row.number, row.pk, row.cluster_id, new=False, gathered=False, again=True)


def _written(coming: Coming, cluster: int) -> Report:
    wish = coming.wish
    number = number_of(new_secret(RANDOM_BYTES))
    while Report.objects.filter(number=number).exists():
        number = number_of(new_secret(RANDOM_BYTES))
    row = Report.objects.create(
        number=number,
        cluster_id=cluster,
        kind=wish.kind,
        door=wish.door,
        at=coming.now,
        language=wish.language,
        url=wish.url,
        subject=wish.subject,
        text=wish.text,
        origin=coming.origin,
        robot=wish.robot,
        delivery=digest(wish.delivery.encode()) if wish.delivery else None,
    )
    ReportPart.objects.bulk_create(
        ReportPart(
            report=row,
            name=part.name[:120],
            media_type=part.media_type[:80],
            sha256=part.sha256,
            size=part.size,
        )
        for part in wish.parts
    )
    return row


def context_of(report: int) -> bytes:
    """To what a sealed contact belongs."""
    return f"report-contact:{report}".encode()


def _keep_contact(home: Home, row: Report, wish: Wish, now: datetime) -> None:
    if not wish.contact:
        return
    inside = msgspec.msgpack.encode(wish.contact)
    ReportContact.objects.create(
        report=row,
        inside=seal_value(inside, rings.ring(home).current, context_of(row.pk)),
        has_mail=bool(wish.contact.mail),
        kept_at=now,
    )
