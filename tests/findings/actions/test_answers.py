"""What people say of a finding: every act of theirs, who may, what is kept of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pehra.findings.actions.answers import SAID, answer
from pehra.findings.models import FindingSeen
from pehra.findings.queries import one, steps
from pehra.findings.rules import SETTLED, TABLE, Act, State
from pehra.kernel.actors import Actor
from pehra.kernel.errors import IllegalStep, Refused, UsageError
from pehra.ledger.queries import recent
from pehra.mandate.queries import holders
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import NOBODY, SYSTEM_VIEWER, Viewer

if TYPE_CHECKING:
    from tests.findings.conftest import House

OFFICER = Actor("amna", "duty officer")


def say(
    watch: House, act: Act, viewer: Viewer = SYSTEM_VIEWER, why: str = "because", number: int = 1
) -> State:
    watch.now += timedelta(minutes=1)
    until = watch.now + timedelta(days=90) if act == Act.ACCEPT_RISK else None
    return answer(number, act, why=why, viewer=viewer, actor=OFFICER, now=watch.now, until=until)


def settled(number: int = 1) -> bool:
    with as_system():
        return FindingSeen.objects.get(finding_id=number).settled


@pytest.fixture
def finding(watch: House) -> House:
    """A home with the one finding F1, open."""
    watch.telnet("2026-11-20", 10)
    return watch


@pytest.mark.parametrize("act", SAID)
def test_from_an_open_finding_each_act_leads_where_the_table_says(finding: House, act: Act) -> None:
    before = len(recent())
    if (State.OPEN, act) not in TABLE:
        with pytest.raises(IllegalStep, match=f"A finding that is open cannot {act.value}"):
            say(finding, act)
        assert (len(recent()), steps(1, viewer=SYSTEM_VIEWER)) == (before, [])
        return
    after = TABLE[State.OPEN, act]
    assert say(finding, act) == after
    found = one(1, viewer=SYSTEM_VIEWER)
    assert found is not None
    assert (State(found.row.state), found.answered_at) == (after, finding.now)
    assert found.fix_claimed_at == (finding.now if after == State.FIX_CLAIMED else None)
    assert found.gone_at == (finding.now if after == State.PASSED else None)
    assert settled() == (after in SETTLED)
    (step,) = steps(1, viewer=SYSTEM_VIEWER)
    assert (step.at, step.state, step.by, step.why) == (
        finding.now,
        after,
        "amna, duty officer",
        "because",
    )
    entry = recent()[0]
    assert (entry.act, entry.subject, len(recent())) == (
        f"findings.{act.value}",
        "finding:1",
        before + 1,
    )


def test_a_risk_is_not_accepted_without_an_end_or_for_too_long(finding: House) -> None:
    said = {"why": "because", "viewer": SYSTEM_VIEWER, "actor": OFFICER, "now": finding.now}
    for days, error in ((None, UsageError), (0, UsageError), (92, Refused)):
        until = None if days is None else finding.now + timedelta(days=days)
        with pytest.raises(error):
            answer(1, Act.ACCEPT_RISK, until=until, **said)  # type: ignore[arg-type] # a test's own words
    assert steps(1, viewer=SYSTEM_VIEWER) == []


def test_a_dispute_is_upheld_or_rejected(finding: House) -> None:
    assert say(finding, Act.DISPUTE) == State.DISPUTED
    assert say(finding, Act.REJECT_DISPUTE) == State.OPEN
    assert say(finding, Act.DISPUTE) == State.DISPUTED
    assert say(finding, Act.UPHOLD) == State.WITHDRAWN
    with pytest.raises(IllegalStep, match="withdrawn") as refused:
        say(finding, Act.ACKNOWLEDGE)
    assert refused.value.mend == "Nothing follows this state."
    assert [State(step.state) for step in steps(1, viewer=SYSTEM_VIEWER)] == [
        State.WITHDRAWN,
        State.DISPUTED,
        State.OPEN,
        State.DISPUTED,
    ]


def test_an_acknowledgement_after_a_fix_is_refused_and_changes_nothing(finding: House) -> None:
    say(finding, Act.CLAIM_FIX)
    claimed = one(1, viewer=SYSTEM_VIEWER)
    with pytest.raises(IllegalStep):
        say(finding, Act.ACKNOWLEDGE)
    assert one(1, viewer=SYSTEM_VIEWER) == claimed
    assert settled()


@pytest.mark.parametrize("act", sorted(set(Act) - set(SAID)))
def test_what_follows_from_reports_and_time_is_for_nobody_to_say(finding: House, act: Act) -> None:
    with pytest.raises(UsageError, match="is not for people") as refused:
        say(finding, act)
    assert refused.value.mend.startswith("Possible: acknowledge, claim-fix")


@pytest.mark.parametrize(
    ("act", "needs"),
    [(act, act not in {Act.ACKNOWLEDGE, Act.CLAIM_FIX, Act.PASS_ON}) for act in SAID],
)
def test_some_acts_need_a_reason(finding: House, act: Act, *, needs: bool) -> None:
    if needs:
        with pytest.raises(UsageError, match="needs a reason"):
            say(finding, act, why=" \n")
        assert steps(1, viewer=SYSTEM_VIEWER) == []
    else:
        assert say(finding, act, why="") == TABLE[State.OPEN, act]


def test_only_those_who_see_it_can_answer(finding: House) -> None:
    found = one(1, viewer=SYSTEM_VIEWER)
    assert found is not None
    for stranger in (NOBODY, Viewer("other", organisations=frozenset({10**6}))):
        with pytest.raises(UsageError, match="There is no finding F1"):
            say(finding, Act.ACKNOWLEDGE, stranger)
    with pytest.raises(UsageError, match="There is no finding F99"):
        say(finding, Act.ACKNOWLEDGE, number=99)
    own = Viewer("bank", organisations=frozenset({holders()["river-bank"][0]}))
    assert say(finding, Act.ACKNOWLEDGE, own) == State.ACKNOWLEDGED


def test_a_long_reason_is_cut(finding: House) -> None:
    say(finding, Act.DISPUTE, why="و" * 1_000)
    assert steps(1, viewer=SYSTEM_VIEWER)[0].why == "و" * 240
