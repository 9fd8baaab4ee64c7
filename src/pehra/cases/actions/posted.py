"""Write to somebody at an organisation in a case: out by the one door, and kept in its thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra.cases.actions.mails import keep
from pehra.cases.actions.timeline import digest_of, locked
from pehra.cases.models.case import Mail, Party
from pehra.cases.rules import check_text
from pehra.cases.threads import Message, subject_of
from pehra.dispatch import queries as dispatch
from pehra.dispatch.actions.releasing import release
from pehra.dispatch.letters import Letter
from pehra.dispatch.rules import Outgoing, Recipient
from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.labels import Tlp
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.registry.queries.contacts import contacts_of, known_address

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """What is written, and to which mailbox of a contact; `thread`: which it goes on with."""

    address: str
    subject: str
    text: str
    thread: str = ""


def post(case: int, wish: Post, *, actor: Actor, at: datetime) -> str:
    """Let a letter leave; gives the state of its envelope.

    Raises:
        UsageError: no such case or mailbox of an organisation in it, or nothing is said.
        Refused: a gate does not let it pass; the message says which, and nothing is kept.
    """
    text = check_text(wish.text)
    if not text or not wish.subject.strip():
        message = "The letter says nothing."
        raise UsageError(message, mend="Give it a subject and a text.")
    with as_system(), transaction.atomic():
        row = locked(case)
        to, organisation = _recipient(case, wish.address)
        subject = subject_of(case, wish.subject)
        key = f"case:{case}:{digest_of(f'{to.address} {subject} {text} {at.isoformat()}')[:32]}"
        item = Outgoing(
            kind="case",
            reference=f"case:{case}",
            key=key,
            recipient=to,
            letter=Letter(subject, text, language=to.language),
            tlp=Tlp(row.tlp),
            about=frozenset({organisation}),
            exercise=row.exercise,
        )
        (told,) = release([item], actor=actor, now=at)
        if told.refusal is not None:
            raise Refused(
                told.refusal.sentence, mend="Change the label, or choose another contact."
            )
        line = dispatch.envelope(told.envelope, viewer=SYSTEM_VIEWER)
        own = line.message_id if line else ""
        newest = Mail.objects.filter(case=row, thread=wish.thread).order_by("-pk").first()
        kept = Message(
            message_id=own,
            author=actor.name,
            recipient=to.address,
            subject=subject,
            text=text,
            references=f"<{newest.message_id}>" if newest and wish.thread else "",
        )
        keep(case, kept, outgoing=True, actor=actor, at=at)
    return told.state.value


def _recipient(case: int, address: str) -> tuple[Recipient, int]:
    rows = Party.objects.filter(case=case, organisation__isnull=False)
    for organisation in sorted({one for one in rows.values_list("organisation", flat=True) if one}):
        if not known_address([organisation], address, viewer=SYSTEM_VIEWER):
            continue
        known = contacts_of(organisation, viewer=SYSTEM_VIEWER)
        language = next((one.language for one in known if one.email == address), "")
        to = Recipient(organisation=organisation, address=address, language=language or "en")
        return to, organisation
    message = "That is no mailbox of an organisation in this case."
    raise UsageError(message, mend="Its page lists those that the register knows.")
