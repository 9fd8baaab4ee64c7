"""Rules change from a day on, by somebody's decision; what held before stays as it was."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from pehra.kernel.errors import Refused, UsageError
from pehra.ledger import queries as ledger
from pehra.mandate import actions, queries
from pehra.mandate.actions.versions import Change, change_rule
from pehra.mandate.models import Clock, Ground
from pehra.mandate.powers import check_ground
from pehra.mandate.queries.powers import grounds, hours_of

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pakistan")]

SOON = date(2026, 12, 1)


def test_a_clock_reads_otherwise_only_from_its_day(now: datetime, actor: Actor) -> None:
    old = Clock.objects.get(kind="notification")
    decision = "Council minute 4/2026"
    change = Change("clock", old.pk, SOON, decision, {"hours": 24})
    number = change_rule(change, actor=actor, now=now)
    assert [hours_of("notification", day) for day in (now.date(), date(2026, 11, 30), SOON)] == [
        72, 72, 24,
    ]  # fmt: skip
    assert number is not None
    new = Clock.objects.get(pk=number)
    assert (new.source, new.unconfirmed, new.decided_by) == (
        decision, False, "ncert-director-general: amna",
    )  # fmt: skip
    entry = ledger.recent(limit=1)[0]
    assert (entry.act, entry.subject) == ("mandate.change-rule", f"clock:{old.pk}")
    assert entry.facts == {
        "new": number, "since": "2026-12-01", "decision": decision, "values": {"hours": "24"},
    }  # fmt: skip
    # The shipped file, loaded again, undoes neither.
    outcome = actions.load_structure(actions.shipped_structure(), actor=actor, now=now)
    assert [(one.outcome, one.kind) for one in outcome] == [("kept", "clocks")]
    assert hours_of("notification", SOON) == 24


def test_a_ground_that_is_confirmed_or_ended_carries_from_and_until_its_day(
    now: datetime, actor: Actor
) -> None:
    act, old = "address-look-up", Ground.objects.get(slug="peca-31")
    with pytest.raises(Refused, match="No public source confirms"):
        check_ground(act, "peca-31", grounds(), SOON)
    values: dict[str, Any] = {"longest_days": 60}
    number = change_rule(
        Change("ground", old.pk, SOON, "Gazette of Pakistan, part II", values), actor=actor, now=now
    )
    assert number is not None
    assert check_ground(act, "peca-31", grounds(), SOON).longest_days == 60
    ended = date(2027, 1, 1)
    change = Change("ground", number, ended, "Repealed by an Act of 2026")
    assert change_rule(change, actor=actor, now=now) is None
    with pytest.raises(Refused, match="is not in force on 2027-01-01") as refused:
        check_ground(act, "peca-31", grounds(), ended)
    assert refused.value.mend == "Grounds for it today: cert-rules-12."


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (Change("clock", 0, SOON, "x", {"hours": 1}), UsageError, "There is no clock 0"),
        (Change("song", 1, SOON, "x"), UsageError, "`song` is no kind of rule"),
        (Change("clock", 1, SOON, "x", {"kind": "fix"}), UsageError, "does not change `kind`"),
        (Change("clock", 1, SOON, "  ", {"hours": 1}), UsageError, "Nobody is named"),
    ],
)
def test_what_is_no_change(
    change: Change, error: type[Exception], says: str, now: datetime, actor: Actor
) -> None:
    with pytest.raises(error, match=says):
        change_rule(change, actor=actor, now=now)


def test_nothing_is_changed_for_days_that_have_passed(now: datetime, actor: Actor) -> None:
    number = Clock.objects.get(kind="notification").pk
    before = len(queries.clocks())
    past = Change("clock", number, date(2026, 11, 21), "x", {"hours": 24})
    with pytest.raises(Refused, match="2026-11-21 has passed") as refused:
        change_rule(past, actor=actor, now=now)
    assert refused.value.mend == "Let the change begin on 2026-11-22 or later."
    change_rule(Change("clock", number, SOON, "x"), actor=actor, now=now)
    with pytest.raises(Refused, match="does not hold on 2026-12-01"):
        change_rule(Change("clock", number, SOON, "x", {"hours": 24}), actor=actor, now=now)
    assert len(queries.clocks()) == before
