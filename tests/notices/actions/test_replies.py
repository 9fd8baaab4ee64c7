"""What comes by mail: what counts, what waits for a person, and what servers say."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from tests.notices.actions.test_exercises import approved, number_of, run
from tests.notices.actions.test_release import go_live, send, states
from tests.notices.conftest import AMNA, BILAL

from pehra.dispatch import queries as dispatch
from pehra.dispatch.mailing import OPENPGP_KEY
from pehra.dispatch.models import Envelope
from pehra.dispatch.queries import Wanted
from pehra.engines.blobs import files as blobs
from pehra.engines.durable import keep_secret
from pehra.engines.mail import openpgp
from pehra.findings.rules import State
from pehra.intake.fetching import actions as boxes
from pehra.intake.fetching.queries import box
from pehra.kernel.actors import SYSTEM
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.queries import recent
from pehra.mandate.models import Organisation
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices import links, queries
from pehra.notices.actions import replies
from pehra.notices.actions.exercises import Exercise
from pehra.notices.actions.replies import Came, Filed, decide_reply, file_mail
from pehra.notices.queries.waiting import replies as replies_of
from pehra.notices.queries.waiting import tasks, waiting
from pehra.registry.actions.contacts import add_key
from pehra.registry.contacts import KeyFacts
from pehra.registry.models.contacts import Contact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.findings.conftest import House

KEY = links.key_of("0" * 64)
SIGNED = datetime.now(tz=UTC)  # Sequoia signs by the clock
RIVER, HILL, STRANGE = (
    openpgp.new_key("", f"{name}@x.example") for name in ("river", "hill", "strange")
)
NOC = "noc@river-bank.example"


@pytest.fixture
def sent(told: House) -> House:
    """A notice about three findings that went out, and a mailbox for replies."""
    go_live(told)
    told.telnet("2026-11-20", 10, 11, 12)
    send(told)
    with as_system():
        Envelope.objects.update(state="sent", sent_at=told.now)
    place = boxes.NewBox(host="mail.example", login="me", purpose="replies")
    boxes.set_mailbox("replies", place, actor=SYSTEM, now=told.now)
    return told


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside has not happened afterwards: a house is dear to set up."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def number() -> int:
    return queries.notices(viewer=SYSTEM_VIEWER)[0].id


def envelope() -> Envelope:
    with as_system():
        return Envelope.objects.earliest("pk")


def reply(text: str = "Fixed.", sender: str = NOC, **headers: str) -> bytes:
    made = EmailMessage()
    made["From"], made["Message-ID"] = sender, f"<{len(text)}@river-bank.example>"
    told = {"In-Reply-To": envelope().message_id}
    for name, value in (
        told | {name.replace("_", "-"): one for name, one in headers.items()}
    ).items():
        made[name] = value
    made.set_content(text)
    return made.as_bytes()


def take(house: House, raw: bytes, uid: int = 1) -> Filed:
    return file_mail(house.home, raw, Came("replies", 7, uid), KEY, now=house.now)


def test_a_known_contact_with_the_token_answers(sent: House) -> None:
    filed = take(sent, reply("Fixed.\n\n> F1 192.0.2.10"))
    assert filed == Filed("counted", "reply", number(), "")
    assert states(sent) == [State.FIX_CLAIMED] * 3
    (said,) = queries.answers(number(), viewer=SYSTEM_VIEWER)
    assert (said.said, said.how, said.by, said.words) == ("fixed", "mail", NOC, "Fixed.")
    (row,) = replies_of(viewer=SYSTEM_VIEWER, notice=number())
    assert blobs.is_kept(sent.home, row.sha256)
    assert [one.act for one in recent()].count("notices.mail") == 1
    assert box("replies").last_uid == 1
    # The same message counts once.
    assert take(sent, b"Received: by x\n" + reply("Fixed.\n\n> F1 192.0.2.10"), 2).state == "again"
    assert len(queries.answers(number(), viewer=SYSTEM_VIEWER)) == 1
    assert box("replies").last_uid == 2


def test_the_signed_tag_is_a_token_too_and_some_may_be_named(sent: House) -> None:
    tagged = f"cert+{links.tag(number(), KEY)}@cert.example"
    raw = reply("F1 is broken, see below", To=tagged, In_Reply_To="<other@river-bank.example>")
    assert take(sent, raw.replace(b"In-Reply-To", b"X-Other", 1)).state == "counted"
    assert states(sent) == [State.NOTIFIED] * 3
    assert take(sent, reply("F1, F3: not ours"), 2).state == "counted"
    assert states(sent) == [State.DISPUTED, State.NOTIFIED, State.DISPUTED]
    take(sent, reply("F2 F99 fixed"), 3)
    assert [one.said for one in queries.answers(number(), viewer=SYSTEM_VIEWER)] == [
        "comment",
        "not-mine",
        "comment",
    ]


def test_what_lacks_one_of_the_two_changes_nothing_and_waits(sent: House) -> None:
    token = envelope().message_id
    hint = reply("Fixed").replace(
        f"In-Reply-To: {token}".encode(), b"Subject: Re: [N%d]" % number()
    )
    for raw, why in (
        (reply("Fixed", "mallory@elsewhere.example"), "stranger"),
        (reply("Fixed", "abuse@hill-net.example"), "stranger"),  # of another organisation
        (hint, "no-token"),
    ):
        with undone():
            assert take(sent, raw) == Filed("unverified", "reply", number(), why)
            assert waiting(viewer=SYSTEM_VIEWER).replies == 1
            assert states(sent) == [State.NOTIFIED] * 3
            assert queries.answers(number(), viewer=SYSTEM_VIEWER) == []


def key_of(address: str, secret: bytes) -> None:
    """A contact puts a key on file."""
    with as_system():
        contact = Contact.objects.get(email=address).pk
    facts = KeyFacts(
        kind="openpgp",
        content=openpgp.public_of(secret),
        fingerprint=openpgp.fingerprint_of(secret),
    )
    add_key(contact, facts, actor=SYSTEM, now=SIGNED)


def signed(words: str, secret: bytes, *, sender: str, subject: str = "Re") -> bytes:
    """A reply in answer to the notice, signed by OpenPGP; words in clear stand beside it."""
    part = f"Content-Type: text/plain\r\n\r\n{words}\r\n".encode()
    head = f"From: {sender}\r\nSubject: {subject}\r\nMessage-ID: <{sender}>\r\n"
    told = f"In-Reply-To: {envelope().message_id}\r\n"
    return (head + told).encode() + openpgp.signed(part, secret)


def test_a_signature_stands_in_for_the_address(sent: House) -> None:
    sent.now = SIGNED
    key_of(NOC, RIVER)
    key_of("abuse@hill-net.example", HILL)
    for secret, why in ((HILL, "stranger"), (STRANGE, "stranger")):
        with undone():
            raw = signed("Fixed.", secret, sender="ali@elsewhere.example")
            assert take(sent, raw) == Filed("unverified", "reply", number(), why)
            (row,) = replies_of(viewer=SYSTEM_VIEWER, notice=number())
            assert (row.believed, row.signed, row.signer) == ("", "openpgp", "")
    raw = signed("F1, F3: not ours", RIVER, sender="ali@elsewhere.example")
    assert take(sent, raw) == Filed("counted", "reply", number(), "")
    assert states(sent) == [State.DISPUTED, State.NOTIFIED, State.DISPUTED]
    (row,) = replies_of(viewer=SYSTEM_VIEWER, notice=number())
    assert (row.believed, row.signed) == ("signature", "openpgp")
    assert row.signer == openpgp.fingerprint_of(RIVER)
    (said,) = queries.answers(number(), viewer=SYSTEM_VIEWER)
    assert (said.by, said.words) == (f"{NOC}, signed", "F1, F3: not ours")
    # Sent on by somebody else it says nothing new.
    again = take(sent, raw.replace(b"ali@", b"eve@"), 2)
    assert again == Filed("unverified", "reply", number(), "replayed")


def test_what_was_signed_counts_once_beside_and_inside_what_is_sealed(sent: House) -> None:
    sent.now = SIGNED
    key_of(NOC, RIVER)
    keep_secret(sent.home.keys / OPENPGP_KEY, HILL)
    part = b"Content-Type: text/plain\r\n\r\nFixed: N%d\r\n" % number()
    told = f"From: ali@elsewhere.example\r\nIn-Reply-To: {envelope().message_id}\r\n".encode()
    beside = told + openpgp.signed(part, RIVER)
    inside = told + openpgp.encrypted(part, openpgp.public_of(HILL), RIVER, now=SIGNED)
    for first, second in ((beside, inside), (inside, beside)):
        with undone():
            assert take(sent, first) == Filed("counted", "reply", number(), "")
            assert take(sent, second, 2) == Filed("unverified", "reply", number(), "replayed")
    other = part.replace(b"N%d" % number(), b"N%d" % (number() + 1))
    raw = told + openpgp.encrypted(other, openpgp.public_of(HILL), RIVER, now=SIGNED)
    assert take(sent, raw) == Filed("unverified", "reply", number(), "stranger")


def test_a_reply_may_name_what_an_exercise_made_up(sent: House) -> None:
    sent.now = SIGNED
    sent.register(
        b"organisation,contact_purpose,contact_name,contact_email,contact_language\n"
        b"hill-net,technical,NOC,noc@river-bank.example,en\n"
    )
    approved(sent)
    key_of("desk@river-bank.example", RIVER)
    both = frozenset(map(number_of, ("hill-net", "river-bank")))
    drill = run(sent, Exercise(both, "web"))
    (notice,) = (
        one for one in queries.notices(viewer=SYSTEM_VIEWER, round_=drill) if one.mailbox == NOC
    )
    tagged = f"cert+{links.tag(notice.id, KEY)}@cert.example"
    aside = b"In-Reply-To", b"X-Other", 1
    for uid, words in enumerate(("EX1, EX3: fixed", "EX5 fixed"), 10):
        assert take(sent, reply(words, To=tagged).replace(*aside), uid).state == "counted"
    # The first two lines are another organisation's: this key says nothing of them.
    for uid, words in enumerate(("EX3: not ours", "EX1: fixed", "Fixed."), 20):
        raw = signed(words, RIVER, sender=f"{uid}@elsewhere.example").replace(*aside)
        assert take(sent, f"To: {tagged}\r\n".encode() + raw, uid).state == "counted"
    answers = queries.answers(notice.id, viewer=SYSTEM_VIEWER)
    told = [one.facts["named"] for one in reversed(recent()) if one.act == "notices.answer"]
    assert list(zip([one.said for one in answers], told, strict=True)) == [
        ("fixed", 2), ("comment", 4), ("not-mine", 1), ("comment", 0), ("fixed", 2)
    ]  # fmt: skip
    assert states(sent) == [State.NOTIFIED] * 3


def test_without_the_token_a_signature_says_nothing(sent: House) -> None:
    sent.now = SIGNED
    key_of(NOC, RIVER)
    raw = signed("Fixed.", RIVER, sender=NOC, subject=f"Re: [N{number()}]")
    raw = raw.replace(b"In-Reply-To", b"X-Other")
    assert take(sent, raw) == Filed("unverified", "reply", number(), "no-token")


def test_a_signed_reply_of_a_known_address_is_believed_by_the_stronger(sent: House) -> None:
    sent.now = SIGNED
    with undone():
        assert take(sent, signed("Fixed.", RIVER, sender=NOC)).state == "counted"
        assert replies_of(viewer=SYSTEM_VIEWER, notice=number())[0].believed == "address"
    key_of(NOC, RIVER)
    assert take(sent, signed("Fixed.", RIVER, sender=NOC)).state == "counted"
    assert replies_of(viewer=SYSTEM_VIEWER, notice=number())[0].believed == "signature"
    assert states(sent) == [State.FIX_CLAIMED] * 3


def test_what_is_sealed_is_read_with_our_key_and_else_filed_for_a_person(sent: House) -> None:
    sent.now = SIGNED
    part = b"Content-Type: text/plain\r\n\r\nFixed.\r\n"
    head = f"From: {NOC}\r\nIn-Reply-To: {envelope().message_id}\r\n".encode()
    raw = head + openpgp.encrypted(part, openpgp.public_of(HILL), b"", now=SIGNED)
    with undone():
        assert take(sent, raw) == Filed("unverified", "reply", number(), "locked")
        (row,) = replies_of(viewer=SYSTEM_VIEWER, notice=number())
        assert decide_reply(row.id, take=False, actor=AMNA, now=sent.now) == 0
    keep_secret(sent.home.keys / OPENPGP_KEY, HILL)
    assert take(sent, raw) == Filed("counted", "reply", number(), "")
    assert states(sent) == [State.FIX_CLAIMED] * 3


def test_a_person_takes_a_reply_or_sets_it_aside(sent: House) -> None:
    take(sent, reply("Fixed", "ali@elsewhere.example"))
    take(sent, reply("Not ours", "eve@elsewhere.example"), 2)
    second, first = replies_of(viewer=SYSTEM_VIEWER, state="unverified")
    assert decide_reply(first.id, take=True, actor=AMNA, now=sent.now) == 3
    assert decide_reply(second.id, take=False, actor=BILAL, now=sent.now) == 0
    assert states(sent) == [State.FIX_CLAIMED] * 3
    (said,) = queries.answers(number(), viewer=SYSTEM_VIEWER)
    assert said.by == "ali@elsewhere.example (amna)"
    with pytest.raises(Refused, match="set-aside"):
        decide_reply(second.id, take=True, actor=AMNA, now=sent.now)
    with pytest.raises(UsageError, match="no reply"):
        decide_reply(999, take=True, actor=AMNA, now=sent.now)


def test_machines_empty_messages_and_those_of_nobody_are_no_answers(sent: House) -> None:
    assert take(sent, reply("Fixed", Auto_Submitted="auto-replied")).why == "machine"
    assert take(sent, reply("> Fixed"), 2).why == "empty"
    assert states(sent) == [State.NOTIFIED] * 3
    assert queries.answers(number(), viewer=SYSTEM_VIEWER) == []
    # What speaks of no notice is nobody's, and is not kept.
    made = EmailMessage()
    made["From"], made["Subject"] = NOC, "Re: [N999] findings"
    made.set_content("Fixed")
    assert take(sent, made.as_bytes(), 3) == Filed("nobody's")
    assert (len(replies_of(viewer=SYSTEM_VIEWER)), box("replies").last_uid) == (2, 3)


def test_who_guesses_numbers_fills_no_page(sent: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "MOST_UNVERIFIED", 2)
    found = []
    for uid in range(1, 5):
        made = EmailMessage()
        made["From"], made["Subject"] = f"{uid}@x.example", f"[N{number()}]"
        made.set_content("Fixed")
        found.append(take(sent, made.as_bytes(), uid).state)
    assert found == ["unverified", "unverified", "nobody's", "nobody's"]


NOTE = """\
From: MAILER-DAEMON@relay.example
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example
{envelope}
Final-Recipient: rfc822; noc@river-bank.example
Action: {action}
Status: {status}

--b
Content-Type: text/rfc822-headers

Message-ID: {message}

--b--
"""


def note(action: str, status: str, *, by_envelope: bool = False, salt: str = "") -> bytes:
    row = envelope()
    told = f"Original-Envelope-Id: {row.token}\n" if by_envelope else ""
    names = "<none@x.example>" if by_envelope else row.message_id
    body = NOTE.format(action=action, status=status, envelope=told, message=names)
    return f"X-Salt: {salt}\n{body}".encode()


def contact() -> Contact:
    with as_system():
        return Contact.objects.get(email=NOC)


def test_what_a_server_says_is_noted_and_counts_for_the_address(sent: House) -> None:
    for action, status, by_envelope, expected in (
        ("failed", "5.1.1", False, ("bounced", 1, "hard")),
        ("failed", "5.1.1", True, ("bounced", 1, "hard")),
        ("failed", "4.4.7", False, ("bounced", 1, "soft")),
        ("failed", "5.7.1", False, ("bounced", 0, "hard")),
        ("delayed", "4.4.1", False, ("sent", 0, "delayed")),
        ("delivered", "2.0.0", False, ("sent", 0, "delivered")),
    ):
        with undone():
            raw = note(action, status, by_envelope=by_envelope)
            assert take(sent, raw) == Filed("noted", "delivery", number(), expected[2])
            assert (envelope().state, contact().bounces) == expected[:2]
            assert take(sent, raw, 2).state == "again"
            # The same bounce told twice, in other words, counts once too.
            take(sent, note(action, status, by_envelope=by_envelope, salt="x"), 3)
            assert contact().bounces == expected[1]


def test_a_bounce_in_an_exercise_says_nothing_of_the_contact(sent: House) -> None:
    with as_system():
        Envelope.objects.update(exercise=True)
    assert take(sent, note("failed", "5.1.1")).state == "noted"
    assert (envelope().state, contact().bounces) == ("bounced", 0)


def test_a_server_that_has_it_resolves_what_nobody_heard(sent: House) -> None:
    with as_system():
        Envelope.objects.update(state="uncertain", sent_at=None)
        Contact.objects.filter(email=NOC).update(bounces=2)
    take(sent, note("delivered", "2.0.0"))
    assert (envelope().state, contact().bounces) == ("sent", 0)

    forged(sent)


def forged(sent: House) -> None:
    """Names no envelope of ours."""
    raw = note("failed", "5.1.1").replace(envelope().token.encode(), b"0" * 32)
    assert take(sent, raw) == Filed("nobody's")
    assert (envelope().state, contact().bounces) == ("sent", 0)


def test_critical_infrastructure_whose_address_is_dead_is_telephoned(sent: House) -> None:
    Organisation.objects.filter(slug="river-bank").update(cii_grade="A")
    with as_system():
        Contact.objects.filter(email=NOC).update(bounces=2)
    take(sent, note("failed", "5.1.1"))
    (call,) = tasks("call", viewer=SYSTEM_VIEWER)
    assert (call.slug, call.why, call.findings) == ("river-bank", "unhealthy", 3)
    # A letter of another kind bounces too.
    with as_system():
        Envelope.objects.update(reference="verification:1", state="sent")
    assert take(sent, note("failed", "5.1.1", salt="x"), 2) == Filed(
        "noted", "delivery", None, "hard"
    )
    lines = dispatch.envelopes(Wanted(), viewer=SYSTEM_VIEWER)
    assert [line.state for line in lines] == ["bounced"]
