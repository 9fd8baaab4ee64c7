"""What comes to a mailbox for replies: matched to its notice, counted, or filed for a person.

A reply counts with two things together: a token that only the notice's reader has, and a writer
whom the register knows at an organisation of that notice, by a signature or by the address.
Nothing is ever sent back, so two machines cannot keep each other awake.
"""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra.dispatch import actions as dispatch
from pehra.dispatch import mailing
from pehra.dispatch import queries as envelopes
from pehra.dispatch.actions.heard import Bounce
from pehra.dispatch.rules import Mode, State
from pehra.engines.blobs import files as blobs
from pehra.intake.fetching.actions import note_mail
from pehra.kernel.actors import Actor
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger import actions as ledger
from pehra.mandate.queries.places import critical_infrastructure
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices import bounces, links, mime, replies, signatures
from pehra.notices.actions.answers import Reply, named_in, take_answer
from pehra.notices.models import Call, Incoming, Notice, Party
from pehra.notices.replies import Mail
from pehra.notices.rules import Said
from pehra.notices.signatures import Judge, Own, Seen
from pehra.registry.actions.contacts import record_health
from pehra.registry.queries.contacts import keys_at, known_address

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.dispatch.queries import Line
    from pehra.kernel.settings import Home
    from pehra.notices.bounces import Notification
    from pehra.registry.contacts import Event, KeyOnFile

MOST_UNVERIFIED = 50
"""Of one notice that wait for a person; more are left in the mailbox, counted as nobody's."""
_SERVER = Actor("mail servers", "mail")


class Came(msgspec.Struct, frozen=True):
    """Where a message lay: how far the mailbox is read is noted with what it brought."""

    mailbox: str
    validity: int
    uid: int


class Filed(msgspec.Struct, frozen=True):
    """What became of a message: `state` as `Incoming.state`, or `nobody's`, or `again`."""

    state: str
    kind: str = ""
    notice: int | None = None
    why: str = ""


class _Opened(msgspec.Struct, frozen=True):
    """A message with its own words, and by what its writer may be believed."""

    mail: Mail
    seen: Seen
    keys: tuple[KeyOnFile, ...] = ()


class _Match(msgspec.Struct, frozen=True):
    """The notice that a message speaks of, and whether it shows that its sender has seen it."""

    notice: int | None = None
    envelope: int | None = None
    proven: bool = False


def file_mail(home: Home, raw: bytes, came: Came, key: bytes, *, now: datetime) -> Filed:
    """Take in one message; what it changes and that it was read are one transaction.

    Args:
        home: its blobs keep the message as it came.
        raw: the message.
        came: where it lay.
        key: of links and tags.
        now: the moment of reading.
    """
    notification = bounces.read(raw)
    mail = replies.read(raw)
    match = _matched(mail, notification, key)
    if match.notice is None and match.envelope is None:
        note_mail(came.mailbox, validity=came.validity, uid=came.uid, claimed=False)
        return Filed("nobody's")
    opened = _opened(home, raw, mail, match, now)
    # Durable before the row that names it: killed in between, it is kept again.
    kept = blobs.keep(home, io.BytesIO(raw), largest=mime.LARGEST).sha256
    with as_system(), transaction.atomic():
        if Incoming.objects.filter(key=mail.key).exists():
            filed = Filed("again")
        elif notification is not None and match.envelope is not None:
            filed = _heard(mail, notification, match, kept, now)
        else:
            filed = _taken(opened, match, kept, now)
        note_mail(
            came.mailbox, validity=came.validity, uid=came.uid, claimed=filed.state != "nobody's"
        )
    return filed


def _opened(home: Home, raw: bytes, mail: Mail, match: _Match, now: datetime) -> _Opened:
    """The message, opened and judged, where its sender has seen the notice; else as it is."""
    if not match.proven or match.notice is None or mail.automatic:
        return _Opened(mail, Seen(content=raw))
    with as_system():
        parties = Party.objects.filter(notice=match.notice)
        organisations = list(parties.values_list("organisation_id", flat=True))
        since = Notice.objects.values_list("released_at", flat=True).get(pk=match.notice) or now
    keys = tuple(keys_at(organisations, viewer=SYSTEM_VIEWER))
    own = Own(
        lambda: mailing.secret_of(home, mailing.OPENPGP_KEY),
        lambda: mailing.secret_of(home, mailing.SMIME_KEY),
    )
    seen = signatures.seen(raw, Judge(keys, since, now, match.notice), own)
    return _Opened(mail if seen.content is raw else replies.reread(mail, seen.content), seen, keys)


def _matched(mail: Mail, notification: Notification | None, key: bytes) -> _Match:
    """By the message id of what we sent, else by the signed tag, else by the subject's number."""
    names = mail.follows
    token = ""
    if notification is not None:
        names, token = (notification.message_id,), notification.envelope
    for line in envelopes.known_by(
        [one for one in names if one], token=token, viewer=SYSTEM_VIEWER
    ):
        notice = _notice_of(line)
        if notice is not None or notification is not None:
            return _Match(notice, line.id, proven=True)
    told = next((one for tag in mail.tags if (one := links.tagged(tag, key)) is not None), None)
    if told is not None:
        return _Match(_there(told), proven=True)
    return _Match(_there(mail.hint))


def _notice_of(line: Line) -> int | None:
    kind, _, number = line.reference.partition(":")
    return _there(int(number)) if kind == "notice" and number.isdigit() else None


def _there(number: int | None) -> int | None:
    with as_system():
        known = number is not None and Notice.objects.filter(pk=number, state=Notice.State.RELEASED)
        return number if known and known.exists() else None


def _heard(mail: Mail, told: Notification, match: _Match, kept: str, now: datetime) -> Filed:
    """A server says what became of an envelope."""
    line = envelopes.envelope(match.envelope or 0, viewer=SYSTEM_VIEWER)
    one = told.worst
    bounce = Bounce(one.action, one.status, one.words, told.server)
    after = dispatch.record_bounce(match.envelope or 0, bounce, actor=_SERVER, now=now)
    # What went to a mailbox of ours instead says nothing of the contact, and an exercise counts
    # in no number.
    if (
        line is not None
        and line.contact is not None
        and line.mode != Mode.REDIRECT
        and not line.exercise
    ):
        event: Event | None = None
        if one.action == "delivered":
            event = "arrived"
        elif one.blames_address and after == State.BOUNCED and line.state != State.BOUNCED:
            event = "bounced"
        if event is not None and record_health([(line.contact, event)], actor=_SERVER, now=now):
            _open_calls(match.notice, now)
    hard = "hard" if one.is_hard else "soft"
    why = hard if one.action == "failed" else one.action
    row = Incoming(kind=Incoming.Kind.DELIVERY, state=Incoming.State.NOTED, why=why)
    return _file(row, mail, match, kept, now)


def _open_calls(notice: int | None, now: datetime) -> None:
    """Somebody telephones critical infrastructure whose address is dead (rules, decision 1.5)."""
    inside = critical_infrastructure()
    for party in Party.objects.filter(notice=notice, organisation__in=inside):
        facts = {
            "team_id": party.team_id,
            "findings": party.findings,
            "severity": party.severity,
        }
        Call.objects.update_or_create(
            organisation_id=party.organisation_id,
            why="unhealthy",
            done_at=None,
            defaults=facts,
            create_defaults={**facts, "opened_at": now},
        )


def _taken(opened: _Opened, match: _Match, kept: str, now: datetime) -> Filed:
    """A reply: an answer, or something that a person looks at."""
    mail, seen = opened.mail, opened.seen
    kind = Incoming.Kind.AUTOMATIC if mail.automatic else Incoming.Kind.REPLY
    row = Incoming(kind=kind, state=Incoming.State.NOTED, notice_id=match.notice)
    row.signed, row.signer, row.proof = seen.kind, seen.signer, seen.proof
    if mail.automatic:
        row.why = "machine"
    elif seen.locked:
        row.why, row.state = "locked", Incoming.State.UNVERIFIED
    elif not mail.words:
        row.why = "empty"
    else:
        row.believed, row.why = _believed(opened, match)
        row.state = Incoming.State.UNVERIFIED if row.why else Incoming.State.COUNTED
    waiting = Incoming.objects.filter(notice=match.notice, state=Incoming.State.UNVERIFIED)
    if not match.proven and (
        row.state != Incoming.State.UNVERIFIED or waiting.count() >= MOST_UNVERIFIED
    ):
        return Filed("nobody's")
    if row.state == Incoming.State.COUNTED:
        take_answer(_counted(opened, row), now=now)
    return _file(row, mail, match, kept, now)


def _believed(opened: _Opened, match: _Match) -> tuple[str, str]:
    """By what a reply is known as a contact's, and, where by nothing, why it does not count."""
    if not match.proven:
        return "", "no-token"
    proof = opened.seen.proof
    known = Incoming.objects.filter(proof__range=signatures.of_the_same(proof)) if proof else ()
    again = any(signatures.is_again(proof, one.proof) for one in known)
    if proof and not again:
        return Incoming.Believed.SIGNATURE, ""
    parties = Party.objects.filter(notice=match.notice).values_list("organisation_id", flat=True)
    if known_address(parties, opened.mail.author, viewer=SYSTEM_VIEWER):
        return Incoming.Believed.ADDRESS, ""
    return "", "replayed" if again else "stranger"


def _counted(opened: _Opened, row: Incoming) -> Reply:
    """The answer of a reply that counts; a key speaks for its own organisation's findings alone."""
    notice = Notice.objects.select_related("round").get(pk=row.notice_id or 0)
    if row.believed != Incoming.Believed.SIGNATURE:
        return _answer(notice, opened.mail, opened.mail.author)
    keys = [one for one in opened.keys if one.fingerprint == row.signer]
    own = named_in(notice, {one.organisation for one in keys})
    reply = _answer(notice, opened.mail, f"{keys[0].holder}, signed")
    asked = own if reply.findings is None else reply.findings
    said = reply.said if asked <= own else Said.COMMENT
    return msgspec.structs.replace(reply, said=said, findings=asked & own)


def _answer(notice: Notice, mail: Mail, by: str) -> Reply:
    """The answer that a reply is; findings that the notice does not name make it a comment."""
    fits = named_in(notice).issuperset(mail.findings)
    return Reply(
        notice=notice.pk,
        said=mail.said if fits else Said.COMMENT,
        how="mail",
        by=by,
        words=mail.words,
        findings=frozenset(mail.findings) if mail.findings and fits else None,
    )


def _file(row: Incoming, mail: Mail, match: _Match, kept: str, now: datetime) -> Filed:
    row.key, row.notice_id, row.envelope = mail.key, match.notice, match.envelope
    row.author, row.subject = mail.author, mail.subject
    row.said, row.words, row.findings = mail.said, mail.words, list(mail.findings)
    row.sha256, row.at = kept, now
    row.save(force_insert=True)
    ledger.append(
        "notices.mail",
        actor=Actor("mail", row.kind),
        subject=f"notice:{match.notice}" if match.notice else f"envelope:{match.envelope}",
        facts={
            "state": str(row.state),
            "why": row.why,
            "believed": str(row.believed),
            "digest": hashlib.sha256(f"{kept}{mail.key}".encode()).hexdigest(),
        },
        now=now,
    )
    return Filed(str(row.state), str(row.kind), match.notice, row.why)


def decide_reply(number: int, *, take: bool, actor: Actor, now: datetime) -> int:
    """A person says of a reply that did not count that it is genuine, or sets it aside.

    Returns:
        How many findings changed.

    Raises:
        UsageError: there is no such reply.
        Refused: it does not wait for anybody.
    """
    with as_system(), transaction.atomic():
        row = Incoming.objects.select_for_update().filter(pk=number).first()
        if row is None or row.notice_id is None:
            message = f"There is no reply {number}."
            raise UsageError(message, mend="`pehra notices replies` lists them.")
        if row.state != Incoming.State.UNVERIFIED:
            message = f"Reply {number} is {row.state}: it does not wait for a decision."
            raise Refused(message, mend="`pehra notices replies` lists those that do.")
        changed = 0
        if take:
            notice = Notice.objects.select_related("round").get(pk=row.notice_id)
            mail = Mail(
                key=row.key, words=row.words, said=Said(row.said), findings=tuple(row.findings)
            )
            by = f"{row.author or '?'} ({actor.name})"
            changed = take_answer(_answer(notice, mail, by), now=now)
        row.state = Incoming.State.COUNTED if take else Incoming.State.SET_ASIDE
        row.decided_by, row.decided_at = actor.name[:160], now
        row.save(update_fields=["state", "decided_by", "decided_at"])
        ledger.append(
            "notices.take-reply" if take else "notices.set-reply-aside",
            actor=actor,
            subject=f"reply:{number}",
            facts={"notice": row.notice_id, "changed": changed},
            now=now,
        )
    return changed
