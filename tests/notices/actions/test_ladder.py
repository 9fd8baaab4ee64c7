"""Somebody else is told when nobody answered, and it stops once somebody does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.notices.actions.test_release import go_live, send, silent
from tests.notices.conftest import AMNA, scene

from pehra.dispatch.models import Envelope
from pehra.findings.actions.answers import answer
from pehra.findings.rules import Act
from pehra.kernel.actors import SYSTEM
from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.settings import load
from pehra.ledger.queries import recent
from pehra.mandate.models import Ground, Organisation
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices import queries
from pehra.notices.actions import ladder, rounds
from pehra.notices.actions.answers import Reply, take_answer
from pehra.notices.actions.compose import composer
from pehra.notices.actions.ladder import Climb
from pehra.notices.actions.release import release
from pehra.notices.models import Climbed
from pehra.notices.queries.waiting import task, tasks
from pehra.notices.rules import Said
from pehra.registry.models.contacts import Contact

if TYPE_CHECKING:
    from tests.findings.conftest import House

CISO = b"""\
organisation,contact_purpose,contact_name,contact_email,contact_language
river-bank,ciso,Officer,ciso@river-bank.example,en
"""


@pytest.fixture
def sent(told: House) -> House:
    """Two high findings at the bank, of which its technical contact was told and said nothing."""
    told.register(CISO)
    go_live(told)
    told.telnet("2026-11-20", 10, 11)
    send(told)
    with as_system():
        Envelope.objects.update(state="sent")
    return told


def climb(house: House, hours: float) -> Climb:
    """So many hours after the first notice."""
    now = house.now
    house.now = now + timedelta(hours=hours)
    try:
        return ladder.climb(scene(house), actor=SYSTEM, progress=silent)
    finally:
        house.now = now


def silences() -> int:
    with as_system():
        return Contact.objects.get(email="noc@river-bank.example").silences


def reminder(house: House) -> queries.NoticeView:
    """Let the round of the ladder go."""
    (found,) = [one for one in queries.rounds() if one.rung]
    if found.state == "held":
        rounds.decide(found.id, go=True, actor=AMNA, now=house.now)
    at = composer(house.home, load(house.home), house.now.date())
    release(found.id, at, actor=SYSTEM, now=house.now, progress=silent)
    return queries.notices(viewer=SYSTEM_VIEWER, round_=found.id)[0]


def test_step_by_step_to_the_lead_team(sent: House) -> None:
    assert climb(sent, 71) == Climb()
    assert (climb(sent, 72), silences()) == (Climb(silent=1, reminded=1), 1)
    (found,) = [one for one in queries.rounds() if one.rung]
    assert (found.state, found.held_why, found.recipients, found.findings) == (
        "held",
        "first",
        1,
        2,
    )
    told = reminder(sent)
    assert (told.kind, told.rung, told.mailbox, told.state) == (
        "reminder",
        1,
        "ciso@river-bank.example",
        "released",
    )
    # Once each: neither the silence nor the step is taken again.
    assert (climb(sent, 73), silences()) == (Climb(), 1)
    assert climb(sent, 168) == Climb(escalated=1)
    (step,) = tasks("step", viewer=SYSTEM_VIEWER)
    assert (step.slug, step.why, step.findings, step.ground) == ("river-bank", "2", 2, "")
    # A look that was cut short before its marks is taken again, and counts nothing twice.
    with as_system():
        Climbed.objects.filter(finding=1).delete()
    assert climb(sent, 169) == Climb(escalated=1)
    assert climb(sent, 170) == Climb()
    assert [one.findings for one in tasks("step", viewer=SYSTEM_VIEWER)] == [2]
    # There it ends for who is neither critical infrastructure nor of the state.
    assert climb(sent, 5_000) == Climb()
    assert recent()[0].act == "notices.climb"


def test_it_stops_once_the_holder_answers(sent: House) -> None:
    climb(sent, 168)
    answer(1, Act.ACKNOWLEDGE, why="", viewer=SYSTEM_VIEWER, actor=AMNA, now=sent.now)
    assert climb(sent, 169) == Climb()
    assert tasks("step", viewer=SYSTEM_VIEWER)[0].findings == 1
    number = queries.notices(viewer=SYSTEM_VIEWER)[0].id
    take_answer(
        Reply(notice=number, said=Said.COMMENT, how="link", by="noc", words="We look."),
        now=sent.now,
    )
    assert climb(sent, 170) == Climb(ended=1)
    assert tasks("step", viewer=SYSTEM_VIEWER) == []
    assert climb(sent, 5_000) == Climb()


def test_a_reminder_that_was_answered_meanwhile_does_not_go(sent: House) -> None:
    climb(sent, 72)
    for number in (1, 2):
        answer(number, Act.ACKNOWLEDGE, why="", viewer=SYSTEM_VIEWER, actor=AMNA, now=sent.now)
    assert reminder(sent).refused_why == "nothing of it is left to tell"


def test_critical_infrastructure_is_called_and_goes_to_the_top_on_a_ground(sent: House) -> None:
    Organisation.objects.filter(slug="river-bank").update(cii_grade="A")
    with as_system():
        Contact.objects.filter(email="ciso@river-bank.example").delete()
        Contact.objects.filter(purpose="24x7").delete()
    assert climb(sent, 72) == Climb(silent=1)  # no mailbox is left that was never told
    (call,) = tasks("call", viewer=SYSTEM_VIEWER)
    assert (call.why, call.findings) == ("no-answer", 2)
    assert climb(sent, 600) == Climb(escalated=1)
    assert [one.why for one in tasks("step", viewer=SYSTEM_VIEWER)] == ["2"]
    Ground.objects.create(slug="of-ours", instrument="Rules", acts=["disclosure"])
    assert climb(sent, 601) == Climb(escalated=1)
    assert [(one.why, one.ground) for one in tasks("step", viewer=SYSTEM_VIEWER)] == [
        ("2", ""),
        ("3", "of-ours"),
    ]
    ladder.done("call", call.id, " Spoke to  them ", actor=AMNA, now=sent.now)
    made = task("call", call.id, viewer=SYSTEM_VIEWER)
    assert made is not None
    assert made.outcome == "Spoke to them"
    step = tasks("step", viewer=SYSTEM_VIEWER)[1]
    assert task("step", step.id, viewer=SYSTEM_VIEWER) == step
    ladder.done("step", step.id, "Written to", actor=AMNA, now=sent.now)
    assert [one.why for one in tasks("step", viewer=SYSTEM_VIEWER)] == ["2"]
    with pytest.raises(Refused, match="done by amna"):
        ladder.done("call", call.id, "again", actor=AMNA, now=sent.now)
    with pytest.raises(UsageError, match="how it went"):
        ladder.done("call", call.id, " ", actor=AMNA, now=sent.now)
    with pytest.raises(UsageError, match="no step 999"):
        ladder.done("step", 999, "x", actor=AMNA, now=sent.now)


def test_nothing_climbs_while_sending_is_off_or_while_the_letter_has_not_left(sent: House) -> None:
    now = sent.now + timedelta(hours=72)
    at = scene(sent, sending=False)
    assert ladder.climb(at, actor=SYSTEM, progress=silent) == Climb()
    with as_system():
        Envelope.objects.update(state="waiting")
    assert climb(sent, 72).silent == 0
    assert silences() == 0
    assert now > sent.now
