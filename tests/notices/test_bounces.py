"""Delivery status notifications, as servers write them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.notices.bounces import Status, read

REPORT = """\
From: MAILER-DAEMON@relay.example
To: cert@cert.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It did not work.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example
Original-Envelope-Id: {envelope}

Final-Recipient: rfc822; Noc@river-bank.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <noc@river-bank.example>: no such user

--b
Content-Type: {kind}

Message-ID: <abc@cert.example>
Subject: [N12] 3 findings

--b--
"""


def report(action: str = "failed", status: str = "5.1.1", kind: str = "message/rfc822") -> bytes:
    return REPORT.format(action=action, status=status, kind=kind, envelope="+61bc").encode()


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers", "message/global"])
def test_which_message_and_what_became_of_it(kind: str) -> None:
    told = read(report(kind=kind))
    assert told is not None
    assert (told.envelope, told.message_id, told.server) == (
        "abc",
        "<abc@cert.example>",
        "relay.example",
    )
    assert told.worst == Status(
        action="failed",
        status="5.1.1",
        address="noc@river-bank.example",
        words="550 5.1.1 <noc@river-bank.example>: no such user",
    )


@pytest.mark.parametrize(
    ("action", "status", "hard", "blames"),
    [
        ("failed", "5.1.1", True, True),
        ("failed", "5.2.2", True, True),
        ("failed", "4.4.7", False, True),
        ("failed", "5.7.1", True, False),
        ("failed", "5.7.13", True, True),
        ("failed", "5.3.4", True, False),
        ("failed", "", True, True),
        ("delayed", "4.4.1", False, False),
        ("delivered", "2.0.0", False, False),
    ],
)
def test_hard_and_soft_and_who_is_at_fault(
    action: str, status: str, *, hard: bool, blames: bool
) -> None:
    one = Status(action=action, status=status)
    assert (one.is_hard, one.blames_address) == (hard, blames)


def test_the_status_may_stand_in_the_servers_words_alone() -> None:
    told = read(report(status="none"))
    assert told is not None
    assert told.worst.status == "5.1.1"


def test_one_recipient_that_failed_counts_for_all() -> None:
    raw = report(action="delivered").replace(
        b"Action: delivered",
        b"Action: delivered\n\nFinal-Recipient: rfc822; b@c.example\nAction: failed",
    )
    told = read(raw)
    assert told is not None
    assert [one.action for one in told.statuses] == ["delivered", "failed"]
    assert told.worst.action == "failed"


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@b.example\n\nIt did not work.",
        report(action="maybe"),
        report().replace(b"message/delivery-status", b"text/plain"),
        b"Content-Type: multipart/report\n\n",
    ],
)
def test_what_no_machine_can_read_is_no_notification(raw: bytes) -> None:
    assert read(raw) is None


@settings(max_examples=60)
@given(st.integers(0, 900), st.binary(max_size=60))
def test_damaged_notifications_do_no_harm(place: int, noise: bytes) -> None:
    raw = report()
    told = read(raw[:place] + noise + raw[place:])
    assert told is None or told.worst.action == "failed"
