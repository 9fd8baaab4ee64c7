"""What a planning must know of rounds before, and who reads what of a notice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.notices.conftest import scene

from pehra.kernel.actors import SYSTEM
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer
from pehra.notices import queries
from pehra.notices.actions import rounds
from pehra.notices.models import Notice, Round
from pehra.notices.rules import Sent, Size

if TYPE_CHECKING:
    from tests.findings.conftest import House


def silent(done: int, total: int) -> None:
    del done, total


def test_sizes_of_rounds_before_are_those_that_went_out(told: House) -> None:
    for day, (recipients, state) in enumerate([(5, "released"), (9, "dropped"), (6, "released")]):
        for urgent in (False, True):
            Round.objects.create(
                at=told.now - timedelta(days=9 - day),
                state=state,
                urgent=urgent,
                recipients=recipients,
                findings=recipients * 2,
            )
    hour = told.now.hour
    assert queries.sizes(urgent=False, hour=hour, now=told.now) == [Size(5, 10), Size(6, 12)]
    assert queries.sizes(urgent=False, hour=(hour + 1) % 24, now=told.now) == []
    assert queries.sizes(urgent=True, hour=None, now=told.now) == [Size(5, 10), Size(6, 12)]
    Round.objects.create(at=told.now, state="released", urgent=True, recipients=2, findings=3)
    assert queries.sent_today(told.now) == Size(2, 3)
    assert queries.sizes(urgent=True, hour=None, now=told.now) == [Size(5, 10), Size(6, 12)]


def test_when_a_mailbox_was_last_sent_something(told: House) -> None:
    told.telnet("2026-11-20", 10)
    rounds.plan(scene(told), urgent=False, actor=SYSTEM, progress=silent)
    assert queries.last_sent(told.now) == {}
    with as_system():
        Notice.objects.update(state="released", released_at=told.now)
    assert queries.last_sent(told.now) == {"noc@river-bank.example": Sent(told.now, None)}


def test_an_organisation_reads_its_own_part(told: House) -> None:
    told.register(
        b"organisation,contact_purpose,contact_email\nhill-net,technical,noc@river-bank.example\n"
    )
    told.telnet("2026-11-20", 10, 130, severity="high")
    rounds.plan(scene(told), urgent=False, actor=SYSTEM, progress=silent)
    (whole,) = queries.notices(viewer=SYSTEM_VIEWER)
    assert (whole.mailbox, whole.findings) == ("noc@river-bank.example", 2)
    bank, net = queries.parties(whole.id, viewer=SYSTEM_VIEWER)[::-1]
    viewer = Viewer("x", organisations=frozenset({bank.organisation}))
    (part,) = queries.notices(viewer=viewer)
    assert (part.findings, queries.sees_whole(part.id, viewer=viewer)) == (1, False)
    assert [one.slug for one in queries.parties(part.id, viewer=viewer)] == [bank.slug]
    assert len(queries.findings_of(part.id, viewer=viewer)) == 1
    nobody = Viewer("x", organisations=frozenset({net.organisation + 999}))
    assert (queries.notices(viewer=nobody), queries.one(part.id, viewer=nobody)) == ([], None)
    assert queries.sees_whole(whole.id, viewer=SYSTEM_VIEWER) is True
