"""Replies read from Debian's Dovecot."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
from tests.findings.test_mail import PASSWORD, Dovecot, dovecot
from tests.notices.actions.test_release import states
from tests.notices.actions.test_replies import reply, sent

from pehra.findings.rules import State
from pehra.intake.fetching import actions, keys, queries
from pehra.intake.fetching.actions import READ_REPLIES, NewBox, queue_due
from pehra.jobs.queries import jobs as queued
from pehra.kernel.actors import SYSTEM
from pehra.kernel.errors import UsageError
from pehra.notices import jobs

if TYPE_CHECKING:
    from tests.findings.conftest import House

__all__ = ["dovecot", "sent"]
pytestmark = pytest.mark.django_db


def set_up(house: House, port: int, purpose: str = "replies") -> None:
    place = NewBox(host="127.0.0.1", login="me", port=port, security="none", purpose=purpose)
    actions.set_mailbox("replies", place, actor=SYSTEM, now=house.now)
    keys.keep(keys.of_mailbox(house.home, "replies"), PASSWORD, password=True)


def read(house: House) -> dict[str, Any]:
    told: dict[str, Any] = jobs.read_now("replies", house.now)
    return told


@pytest.mark.service
def test_replies_are_read_once_even_after_a_crash(sent: House, dovecot: Dovecot) -> None:
    set_up(sent, dovecot.port)
    dovecot.deliver(reply("F1 fixed"))
    dovecot.deliver(reply("Fixed", "mallory@elsewhere.example"))
    dovecot.deliver(b"From: spam@elsewhere.example\n\nBuy!\n")
    assert read(sent) == {
        "mailbox": "replies",
        "messages": 3,
        "counted": 1,
        "unverified": 1,
        "bounces": 0,
        "unclaimed": 1,
    }
    assert states(sent) == [State.FIX_CLAIMED, State.NOTIFIED, State.NOTIFIED]
    box = queries.box("replies")
    actions.note_mail("replies", validity=box.uid_validity, uid=0, claimed=True)
    again = read(sent)
    assert (again["messages"], again["counted"], again["unverified"]) == (3, 0, 0)
    assert read(sent)["messages"] == 0
    assert len(list(dovecot.new.iterdir())) == 3


def test_a_server_that_is_away_is_the_mailboxes_fault(sent: House) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        set_up(sent, closed.getsockname()[1])
        told = read(sent)
    assert (told["messages"], "does not answer" in told["error"]) == (0, True)
    set_up(sent, 1, "reports")
    with pytest.raises(UsageError, match="has no replies"):
        read(sent)
    # Each mailbox is read by the job of its purpose.
    set_up(sent, 1)
    assert queue_due(sent.now) >= 1
    assert READ_REPLIES in {one.kind for one in queued()}
