"""What recipients say, and what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.notices.conftest import scene

from pehra.findings.rules import State
from pehra.kernel.actors import SYSTEM
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.queries import recent
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices import queries
from pehra.notices.actions import rounds
from pehra.notices.actions.answers import Reply, take_answer
from pehra.notices.models import Notice, Round
from pehra.notices.rules import Said

if TYPE_CHECKING:
    from tests.findings.conftest import House


def set_state(state: str) -> None:
    with as_system():
        Notice.objects.update(state=state)


@pytest.fixture
def sent(told: House) -> House:
    """A notice about three findings that went out."""
    told.telnet("2026-11-20", 10, 11, 12)
    rounds.plan(scene(told), urgent=False, actor=SYSTEM, progress=lambda _done, _total: None)
    set_state(Notice.State.RELEASED)
    return told


def number() -> int:
    return queries.notices(viewer=SYSTEM_VIEWER)[0].id


def reply(said: Said, *findings: int, words: str = "", notice: int | None = None) -> Reply:
    return Reply(
        notice=number() if notice is None else notice,
        said=said,
        how="link",
        by="noc@river-bank.example",
        words=words,
        findings=frozenset(findings) or None,
    )


def states(house: House) -> list[State]:
    return [State(row.state) for row in house.findings()]


def test_each_answer_is_a_claim_about_some_or_all(sent: House) -> None:
    assert take_answer(reply(Said.FIXED, 1), now=sent.now) == 1
    assert take_answer(reply(Said.WORKING, 2), now=sent.now) == 1
    assert take_answer(reply(Said.NOT_MINE, 3, words="sold"), now=sent.now) == 1
    assert states(sent) == [State.FIX_CLAIMED, State.ACKNOWLEDGED, State.DISPUTED]
    assert take_answer(reply(Said.FIXED), now=sent.now) == 1
    assert states(sent) == [State.FIX_CLAIMED, State.FIX_CLAIMED, State.DISPUTED]
    found = queries.answers(number(), viewer=SYSTEM_VIEWER)
    assert [(one.said, one.how, one.words) for one in found] == [
        ("fixed", "link", ""),
        ("working", "link", ""),
        ("not-mine", "link", "sold"),
        ("fixed", "link", ""),
    ]
    acts = [entry.act for entry in recent()[:2]]
    assert acts == ["registry.record-health", "notices.answer"]


def test_a_comment_changes_no_finding(sent: House) -> None:
    assert take_answer(reply(Said.COMMENT, words="Who are you?"), now=sent.now) == 0
    assert states(sent) == [State.OPEN] * 3
    with pytest.raises(UsageError, match="without words"):
        take_answer(reply(Said.COMMENT, words="  "), now=sent.now)
    with pytest.raises(UsageError, match="over 2000"):
        take_answer(reply(Said.COMMENT, words="x" * 2001), now=sent.now)


def test_only_what_the_notice_names_can_be_answered(sent: House) -> None:
    with pytest.raises(UsageError, match="does not name F99"):
        take_answer(reply(Said.FIXED, 1, 99), now=sent.now)
    with pytest.raises(UsageError, match="no notice N99"):
        take_answer(reply(Said.FIXED, notice=99), now=sent.now)
    set_state(Notice.State.PLANNED)
    with pytest.raises(Refused, match="never went out"):
        take_answer(reply(Said.FIXED), now=sent.now)
    assert states(sent) == [State.OPEN] * 3


def test_what_is_said_in_a_drill_changes_no_finding(sent: House) -> None:
    Round.objects.update(exercise=True)
    assert take_answer(reply(Said.FIXED), now=sent.now) == 0
    assert states(sent) == [State.OPEN] * 3
    assert [one.said for one in queries.answers(number(), viewer=SYSTEM_VIEWER)] == ["fixed"]
    assert recent()[0].act == "notices.answer"
