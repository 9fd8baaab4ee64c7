"""Whom to tell, when, and what holds a round back."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.labels import Severity
from pehra.notices import rules
from pehra.notices.rules import Contact, Kind, Rung, Sent, Size

KARACHI = ZoneInfo("Asia/Karachi")
MORNING = datetime(2026, 11, 24, 9, tzinfo=KARACHI)
"""A Tuesday."""


def contact(number: int = 1, purpose: str = "technical", **facts: object) -> Contact:
    made = {"address": f"c{number}@example.org", **facts}
    return Contact(contact=number, organisation=7, purpose=purpose, **made)  # type: ignore[arg-type] # a test's own words


def test_a_persons_word_beats_a_registers() -> None:
    one = contact(1, automatic=True, verified=True)
    two = contact(2)
    assert [c.contact.contact for c in rules.choose([one, two], urgent=False)] == [2]


def test_a_tested_address_beats_an_untested_one_and_purpose_decides_last() -> None:
    tested = contact(3, "abuse", verified=True)
    chosen = rules.choose([contact(1), tested, contact(2, "head")], urgent=False)
    assert [(c.contact.contact, c.why) for c in chosen] == [(3, "abuse stated verified")]
    assert [
        c.contact.contact for c in rules.choose([contact(2, "head"), contact(1)], urgent=False)
    ] == [1]


def test_who_is_there_around_the_clock_is_told_too_when_it_is_urgent() -> None:
    able = [contact(1), contact(2, "24x7"), contact(3, "24x7", healthy=False)]
    assert [c.contact.contact for c in rules.choose(able, urgent=True)] == [1, 2]
    shared = [contact(1), contact(2, "24x7", address="C1@example.org")]
    assert [c.contact.contact for c in rules.choose(shared, urgent=True)] == [1]


def test_an_unhealthy_contact_is_the_last_choice_but_better_than_none() -> None:
    bad = contact(1, healthy=False)
    assert [c.why for c in rules.choose([bad], urgent=True)] == ["technical stated unhealthy"]
    assert [c.contact.contact for c in rules.choose([bad, contact(2, "head")], urgent=True)] == [2]
    assert rules.choose([contact(1, address="")], urgent=True) == []


@given(
    st.lists(
        st.builds(
            contact,
            st.integers(1, 50),
            st.sampled_from(["technical", "abuse", "24x7", "ciso", "head"]),
            automatic=st.booleans(),
            verified=st.booleans(),
            healthy=st.booleans(),
            address=st.sampled_from(["", "a@example.org", "A@example.org", "b@example.org"]),
        ),
        max_size=8,
    ),
    st.booleans(),
)
def test_whoever_can_be_told_is_told_once_in_each_mailbox(
    able: list[Contact],
    urgent: bool,  # noqa: FBT001 drawn by hypothesis
) -> None:
    chosen = rules.choose(able, urgent=urgent)
    mailboxes = [one.contact.address.lower() for one in chosen]
    assert len(set(mailboxes)) == len(mailboxes)
    assert bool(chosen) == any(one.address for one in able)
    if chosen and not chosen[0].contact.healthy:
        assert not any(one.healthy for one in able if one.address)


def test_what_is_urgent_depends_on_whose_it_is() -> None:
    assert rules.least_urgent(critical_infrastructure=False) == Severity.CRITICAL
    assert rules.least_urgent(critical_infrastructure=True) == Severity.HIGH


@pytest.mark.parametrize(
    ("quiet", "hour", "answer"),
    [
        (None, 3, False),
        ((time(22), time(7)), 23, True),
        ((time(22), time(7)), 6, True),
        ((time(22), time(7)), 7, False),
        ((time(12), time(14)), 13, True),
        ((time(12), time(14)), 14, False),
    ],
)
def test_quiet_hours_may_span_midnight(
    quiet: tuple[time, time] | None, hour: int, *, answer: bool
) -> None:
    local = MORNING.replace(hour=hour)
    assert rules.is_quiet(contact(quiet=quiet), local, rests=True) is answer


def test_who_wants_business_days_is_left_alone_on_others() -> None:
    one = contact(business_days=True)
    assert rules.is_quiet(one, MORNING, rests=False) is False
    assert rules.is_quiet(one, MORNING, rests=True) is True
    assert rules.due(one, Sent(), MORNING, rests=True) is None


def test_a_mailbox_gets_one_routine_message_a_day_and_a_weekly_one() -> None:
    one = contact()
    assert rules.due(one, Sent(), MORNING, rests=False) == Kind.DIGEST
    assert rules.due(one, Sent(), MORNING.replace(hour=7), rests=False) is None
    assert rules.due(one, Sent(MORNING - timedelta(hours=1)), MORNING, rests=False) is None
    yesterday = Sent(MORNING - timedelta(days=1))
    assert rules.due(one, yesterday, MORNING, rests=False) == Kind.DIGEST
    assert (
        rules.due(one, Sent(None, MORNING - timedelta(days=7)), MORNING, rests=False) == Kind.WEEKLY
    )
    both = Sent(MORNING - timedelta(days=1), MORNING - timedelta(days=7))
    assert rules.due(one, both, MORNING, rests=False) == Kind.WEEKLY
    today = Sent(MORNING - timedelta(days=9), MORNING - timedelta(hours=1))
    assert rules.due(one, today, MORNING, rests=False) is None


def test_each_severity_has_its_own_interval() -> None:
    now = MORNING.astimezone(UTC)
    assert rules.severities_due(contact(), Sent(), now) == {1, 2, 3, 4}
    yesterday = Sent(now - timedelta(hours=24))
    assert rules.severities_due(contact(), yesterday, now) == {2, 3, 4}
    slow = contact(hours={3: 72})
    assert rules.severities_due(slow, yesterday, now) == {2, 4}


@pytest.mark.parametrize(
    ("recipients", "findings", "why"),
    [
        (100, 1000, ""),
        (125, 1250, ""),
        (126, 1000, "more-recipients"),
        (74, 1000, "fewer-recipients"),
        (100, 1251, "more-findings"),
        (100, 749, "fewer-findings"),
    ],
)
def test_a_routine_round_stops_outside_a_quarter(recipients: int, findings: int, why: str) -> None:
    before = [Size(100, 1000), Size(98, 900), Size(300, 5000)]
    assert rules.usual(before) == Size(100, 1000)
    assert rules.held_why(Size(recipients, findings), before, both_ways=True) == why


def test_the_first_round_waits_and_small_differences_do_not() -> None:
    assert rules.held_why(Size(1, 1), [], both_ways=True) == "first"
    assert rules.held_why(Size(6, 51), [Size(1, 1)], both_ways=True) == ""
    assert rules.held_why(Size(7, 1), [Size(1, 1)], both_ways=True) == "more-recipients"
    assert rules.held_why(Size(10, 100), [Size(100, 1000)], both_ways=False) == ""


@given(
    st.sampled_from(Rung),
    st.integers(0, 2_000),
    st.dictionaries(st.sampled_from(list(Rung)[1:]), st.integers(1, 1_500)),
    st.booleans(),
)
def test_the_ladder_only_rises_in_time_and_ends_where_it_must(
    told: Rung,
    waited: int,
    hours: dict[Rung, int],
    to_the_top: bool,  # noqa: FBT001 drawn by hypothesis
) -> None:
    found = rules.next_rung(told, timedelta(hours=waited), hours, to_the_top=to_the_top)
    if found is None:
        return
    assert found > told
    assert hours[found] <= waited
    assert to_the_top or found <= Rung.TEAM
