"""Mail of a case: what came is matched with it, what went is kept beside; threads stay whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django.db import transaction

from pehra.cases.actions.timeline import Line, digest_of, locked, write
from pehra.cases.models.case import Case, Mail
from pehra.cases.rules import EntryKind
from pehra.cases.threads import Message, clean, ids_in, numbers_in, own_id, thread_of
from pehra.ledger.actions import append
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor


MOST_UNKNOWN = 50
"""Messages that a case keeps of writers who are not known in it."""


class Matched(msgspec.Struct, frozen=True):
    """The case that a message is of, and by what: `reference` or `number`."""

    case: int
    by: str


def match(message: Message) -> Matched | None:
    """The case that a message is of: by what it refers to, else by the number in its subject."""
    with as_system():
        rows = Mail.objects.filter(message_id__in=ids_in(message.references))
        known = dict(rows.values_list("message_id", "case_id"))
        for one in ids_in(message.references):
            if one in known:
                return Matched(known[one], "reference")
        for number in numbers_in(message.subject):
            if Case.objects.filter(pk=number).exists():
                return Matched(number, "number")
    return None


def take_in(message: Message, *, actor: Actor, at: datetime) -> int | None:
    """Keep a message that came, in the case that it is of; gives its case.

    Null: it is of no case, and whoever read it goes on with it. The same message is kept once.

    Raises:
        UsageError: it has no id, or its text is too long.
    """
    found = match(message)
    if found is None or (found.by == "number" and _flooded(found.case)):
        return None
    return keep(found.case, message, by=found.by, actor=actor, at=at)


def _flooded(case: int) -> bool:
    """Whether so many strangers named the number that no more are kept by it alone."""
    with as_system():
        return Mail.objects.filter(case=case, trusted=False).count() >= MOST_UNKNOWN


def keep(  # noqa: PLR0913 which message in which case, by what, and by whom and when
    case: int,
    message: Message,
    *,
    actor: Actor,
    at: datetime,
    by: str = "officer",
    outgoing: bool = False,
) -> int:
    """Keep a message in a case: one that began it, or that an officer sent; gives its case.

    A message that is kept already stays where it is.

    Raises:
        UsageError: no such case, it has no id, or its text is too long.
    """
    plain, own = clean(message), own_id(message)
    with as_system(), transaction.atomic():
        row = locked(case)
        before = Mail.objects.filter(message_id=own).values_list("case_id", flat=True).first()
        if before is not None:
            return before
        rows = Mail.objects.filter(message_id__in=ids_in(plain.references))
        thread = thread_of(plain, rows.values_list("message_id", "thread"))
        authors = Mail.objects.filter(case=row, author__iexact=plain.author, trusted=True)
        writes = Mail.objects.filter(case=row, recipient__iexact=plain.author, outgoing=True)
        trusted = outgoing or by == "officer" or authors.exists() or writes.exists()
        made = Mail.objects.create(
            case=row,
            message_id=own,
            thread=thread,
            outgoing=outgoing,
            author=plain.author,
            recipient=plain.recipient,
            subject=plain.subject,
            text=plain.text,
            at=plain.at or at,
            matched=by,
            trusted=trusted,
        )
        facts: dict[str, Any] = {
            "mail": made.pk,
            "outgoing": outgoing,
            "matched": by,
            "trusted": trusted,
        }
        line = Line(kind=EntryKind.MAIL, text=plain.subject, facts=facts, happened_at=plain.at)
        write(row, line, actor=actor, at=at)
        append(
            "cases.keep-mail",
            actor=actor,
            subject=f"case:{case}",
            facts={**facts, "digest": digest_of(own + plain.text)},
            now=at,
        )
    return case
