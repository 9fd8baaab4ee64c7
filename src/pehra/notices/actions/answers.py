"""Take in what recipients say. An answer is a claim: what it claims is checked by coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra.findings.actions.told import answered
from pehra.findings.rules import Act
from pehra.kernel.actors import Actor
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger import actions as ledger
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer
from pehra.notices import exercises, queries
from pehra.notices.models import Answer, Named, Notice
from pehra.notices.queries.exercises import made_up
from pehra.notices.rules import Said
from pehra.registry.actions.contacts import record_health

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from pehra.registry.contacts import Event

ACTS = {
    Said.FIXED: Act.CLAIM_FIX,
    Said.WORKING: Act.ACKNOWLEDGE,
    Said.NOT_MINE: Act.DISPUTE,
    Said.FALSE_POSITIVE: Act.DISPUTE,
}
"""What an answer does to a finding; a comment does nothing."""
WORDS = {
    Said.FIXED: "says that it is fixed",
    Said.WORKING: "says that it is being worked on",
    Said.NOT_MINE: "says that it is not theirs",
    Said.FALSE_POSITIVE: "says that it is a false alarm",
}
LONGEST = 2000


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What was said to a notice.

    Attributes:
        how: `link`, `mail`, `page` or `phone`.
        by: who, as far as it is known: the mailbox, or the person's account.
        findings: which of the notice's findings; null: all of them.
    """

    notice: int
    said: Said
    how: str
    by: str
    words: str = ""
    findings: frozenset[int] | None = None


def take_answer(reply: Reply, *, now: datetime) -> int:
    """Take an answer in; returns how many findings it changed.

    Raises:
        UsageError: there is no such notice, or it does not name one of the findings; words that
            say nothing, or too much.
        Refused: the notice never went out.
    """
    words = reply.words.strip()
    if reply.said == Said.COMMENT and not words:
        message = "A comment without words says nothing."
        raise UsageError(message, mend="Write what you want to say.")
    if len(words) > LONGEST:
        message = f"The words are over {LONGEST} characters."
        raise UsageError(message, mend="Shorten them, or reply by mail.")
    with as_system(), transaction.atomic():
        found = Notice.objects.select_for_update(of=("self",)).select_related("round")
        notice = found.filter(pk=reply.notice).first()
        if notice is None:
            message = f"There is no notice N{reply.notice}."
            raise UsageError(message, mend="Check its number.")
        if notice.state != Notice.State.RELEASED:
            message = f"Notice N{reply.notice} never went out: nobody can answer it."
            raise Refused(message, mend="`pehra notices list` shows those that did.")
        chosen = _chosen(reply, notice)
        # What is said in a drill is kept, and is no word about a real finding.
        drill = notice.round.exercise
        changed = 0 if drill else _change(reply, chosen, words, now)
        Answer.objects.create(
            notice=notice,
            said=reply.said,
            how=reply.how,
            by=reply.by[:254],
            words=words,
            findings=changed,
            at=now,
        )
        Notice.objects.filter(pk=notice.pk).update(answered_at=now)
        ledger.append(
            "notices.answer",
            actor=Actor(f"N{reply.notice}", reply.how),
            subject=f"notice:{reply.notice}",
            facts={
                "said": reply.said.value,
                "named": len(chosen),
                "changed": changed,
                "words": bool(words),
            },
            now=now,
        )
        event: Event = "wrong-owner" if reply.said == Said.NOT_MINE else "answered"
        actor = Actor(f"N{reply.notice}", reply.how)
        record_health([] if drill else [(notice.contact, event)], actor=actor, now=now)
    return changed


def named_in(notice: Notice, holders: Collection[int] | None = None) -> frozenset[int]:
    """Numbers of what a notice names, in a scope of the system; those made up are rows nowhere.

    Args:
        notice: with its round.
        holders: only what is about these organisations; null: all of it.
    """
    if not notice.round.scenario:
        rows = Named.objects.filter(notice=notice.pk)
        if holders is not None:
            rows = rows.filter(finding__organisation__in=holders)
        return frozenset(rows.values_list("finding_id", flat=True))
    if holders is None:
        return frozenset(range(1, notice.findings + 1))
    view = queries.one(notice.pk, viewer=SYSTEM_VIEWER)
    own = Viewer("replies", organisations=frozenset(holders))
    return frozenset(line.finding for line in made_up(view, viewer=own)) if view else frozenset()


def _chosen(reply: Reply, notice: Notice) -> list[int]:
    named = named_in(notice)
    if reply.findings is None:
        return sorted(named)
    strange = reply.findings - named
    if strange:
        mark = exercises.MARK if notice.round.scenario else "F"
        message = f"Notice N{reply.notice} does not name {mark}{min(strange)}."
        raise UsageError(message, mend="Choose among those that it names.")
    return sorted(reply.findings)


def _change(reply: Reply, findings: Iterable[int], words: str, now: datetime) -> int:
    act = ACTS.get(reply.said)
    if act is None:
        return 0
    why = WORDS[reply.said] + (f": {words}" if words else "")
    by = f"{reply.by}, by {reply.how}"
    return answered(list(findings), act, by=by, why=why, now=now)
