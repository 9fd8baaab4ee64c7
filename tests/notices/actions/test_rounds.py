"""Rounds are planned, held, let go and dropped."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest
from tests.notices.conftest import AMNA, BILAL, scene

from pehra.jobs.models import Job
from pehra.kernel.actors import SYSTEM
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.queries import recent
from pehra.mandate.models import Organisation
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices import bundles, queries
from pehra.notices.actions import rounds
from pehra.notices.models import Approval, Round
from pehra.notices.queries.waiting import tasks
from pehra.registry import actions

if TYPE_CHECKING:
    from tests.findings.conftest import House


def silent(done: int, total: int) -> None:
    del done, total


def plan(house: House, *, urgent: bool = False, sending: bool = True) -> queries.RoundView | None:
    at = scene(house, sending=sending)
    return rounds.plan(at, urgent=urgent, actor=SYSTEM, progress=silent)


def sent_to(number: int) -> list[tuple[str, str, int]]:
    found = queries.notices(viewer=SYSTEM_VIEWER, round_=number)
    return sorted((one.mailbox, one.kind, one.findings) for one in found)


def test_a_preview_shows_who_would_be_told_and_changes_nothing(told: House) -> None:
    told.telnet("2026-11-20", 10, 11, 130)
    found = plan(told, sending=False)
    assert found is not None
    assert (found.state, found.recipients, found.findings, found.untold) == ("preview", 2, 3, 0)
    assert sent_to(found.id) == [
        ("abuse@hill-net.example", "digest", 1),
        ("noc@river-bank.example", "digest", 2),
    ]
    again = plan(told, sending=False)
    assert again is not None
    assert (again.id > found.id, again.findings) == (True, 3)
    assert queries.round_of(found.id).state == Round.State.DROPPED  # type: ignore[union-attr] # it is there
    assert rounds.sweep() == 1
    assert queries.round_of(found.id) is None
    assert {row.state for row in told.findings()} == {1}


def test_the_first_round_waits_for_a_person_and_no_other_is_planned(told: House) -> None:
    told.telnet("2026-11-20", 10)
    found = plan(told)
    assert found is not None
    assert (found.state, found.held_why) == ("held", "first")
    told.telnet("2026-11-20", 130)
    assert plan(told) == found
    rounds.decide(found.id, go=True, actor=AMNA, now=told.now)
    assert queries.round_of(found.id).state == "ready"  # type: ignore[union-attr] # it is there
    assert recent()[0].act == "notices.let-go"
    with pytest.raises(Refused, match="does not wait"):
        rounds.decide(found.id, go=False, actor=AMNA, now=told.now)
    with pytest.raises(UsageError, match="no round 999"):
        rounds.decide(999, go=True, actor=AMNA, now=told.now)


def test_what_is_critical_goes_at_once_and_around_the_clock(told: House) -> None:
    told.telnet("2026-11-20", 10, severity="critical")
    told.telnet("2026-11-20", 11)
    found = plan(told, urgent=True)
    assert found is not None
    assert sent_to(found.id) == [
        ("desk@river-bank.example", "urgent", 1),
        ("noc@river-bank.example", "urgent", 1),
    ]
    assert (found.recipients, found.findings) == (2, 1)


def test_a_source_waits_for_two_persons(watch: House) -> None:
    watch.register(b"organisation,contact_purpose,contact_email\nriver-bank,abuse,a@b.example\n")
    watch.telnet("2026-11-20", 10)
    assert plan(watch) is None
    names = ["shadowserver"]
    kind = Approval.Kind.SOURCE
    assert rounds.approve(kind, names, actor=AMNA, now=watch.now) == {"shadowserver": False}
    assert plan(watch) is None
    with pytest.raises(Refused, match="another person"):
        rounds.approve(kind, names, actor=AMNA, now=watch.now)
    assert rounds.approve(kind, names, actor=BILAL, now=watch.now) == {"shadowserver": True}
    assert rounds.approve(kind, names, actor=AMNA, now=watch.now) == {"shadowserver": True}
    assert plan(watch) is not None
    with pytest.raises(UsageError, match="nothing that is approved"):
        rounds.approve("colour", ["red"], actor=AMNA, now=watch.now)


def test_who_has_no_address_is_counted(watch: House) -> None:
    watch.telnet("2026-11-20", 10)
    for person in (AMNA, BILAL):
        rounds.approve(Approval.Kind.SOURCE, ["shadowserver"], actor=person, now=watch.now)
    assert plan(watch) is None
    assert tasks("call", viewer=SYSTEM_VIEWER) == []


def test_half_a_plan_is_taken_away(told: House) -> None:
    told.telnet("2026-11-20", 10)
    ages = [timedelta(minutes=minutes) for minutes in (61, 59)]
    old, young = (Round.objects.create(at=told.now - age, urgent=False) for age in ages)
    found = plan(told)
    assert found is not None
    # Another process may still be writing the young one.
    assert set(Round.objects.values_list("pk", flat=True)) == {found.id, young.pk}
    assert queries.round_of(old.pk) is None


def test_a_plan_that_was_taken_away_is_not_closed(told: House) -> None:
    acts = [one.act for one in recent()]
    nothing = bundles.urgent(
        pl.DataFrame(schema={**bundles.FINDINGS, "urgent": pl.Boolean}), bundles.recipients([]), -1
    )
    for number in (999, Round.objects.create(at=told.now, urgent=True, state="dropped").pk):
        with pytest.raises(Refused, match=f"Round {number} was taken away"):
            rounds.close(number, nothing, scene(told), urgent=True, actor=SYSTEM)
    assert [one.act for one in recent()] == acts
    assert not Job.objects.filter(kind=rounds.RELEASE).exists()


def test_words_and_the_choice_of_recipients_are_approved_by_two_before_anything_leaves(
    watch: House,
) -> None:
    watch.register(b"organisation,contact_purpose,contact_email\nriver-bank,abuse,a@b.example\n")
    watch.telnet("2026-11-20", 10)
    for person in (AMNA, BILAL):
        rounds.approve(Approval.Kind.SOURCE, ["shadowserver"], actor=person, now=watch.now)
    found = plan(watch)
    assert found is not None
    assert (found.state, found.held_why) == ("held", "template")
    needed = rounds.unapproved()
    assert [kind for kind, _ in needed] == ["template", "routing"]
    for kind, name in needed:
        with pytest.raises(Refused, match=f"approved the {kind} `{name}` yet"):
            rounds.decide(found.id, go=True, actor=AMNA, now=watch.now)
        for person in (AMNA, BILAL):
            rounds.approve(kind, [name], actor=person, now=watch.now)
    rounds.decide(found.id, go=True, actor=AMNA, now=watch.now)
    assert rounds.unapproved() == []


def test_a_holder_is_warned_early_of_what_it_has_proven(told: House) -> None:
    told.telnet("2026-11-20", 10, 130, severity="medium")
    assert plan(told, urgent=True) is None
    bank = Organisation.objects.get(slug="river-bank").pk
    actions.record_letter(actions.Letter(bank, "192.0.2.0/25", "a" * 64), actor=AMNA, now=told.now)
    wanted = actions.Wanted(bank, "prefix", "192.0.2.0/25", at_once=("medium",))
    actions.subscribe(wanted, actor=AMNA, now=told.now)
    found = plan(told, urgent=True)
    assert found is not None
    assert sent_to(found.id) == [
        ("desk@river-bank.example", "urgent", 1),
        ("noc@river-bank.example", "urgent", 1),
    ]
