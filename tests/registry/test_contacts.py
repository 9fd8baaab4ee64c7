"""Which contacts are told, what may be said of one, and when it counts as unhealthy."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any, get_args

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.errors import UsageError
from pehra.registry import contacts
from pehra.registry.contacts import REACHABLE, SEVERITIES, ContactFacts, Event, Health, after

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TIMES = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))


@given(TIMES, TIMES)
def test_quiet_hours_are_read_as_written(since: time, until: time) -> None:
    assert contacts.quiet_of(contacts.quiet_text(since, until)) == (since, until)


@given(st.dictionaries(st.sampled_from(SEVERITIES), st.integers(0, 8784)))
def test_intervals_are_read_as_written(intervals: dict[str, int]) -> None:
    assert contacts.intervals_of(contacts.intervals_text(intervals)) == intervals


@given(st.text(max_size=20))
def test_any_text_is_understood_or_not(text: str) -> None:
    quiet, words = contacts.quiet_of(text), contacts.inhibits_of(text)
    assert (quiet is None) or contacts.quiet_text(*quiet) == text
    assert (words is None) or contacts.inhibits_of(" ".join(words)) == words


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"purpose": "boss"}, "`boss` is no purpose of a contact."),
        ({"email": ""}, "A contact needs a mail address or a telephone number."),
        ({"email": "a@b"}, "`a@b` is no mail address."),
        ({"phone": "call"}, "`call` is no telephone number."),
        ({"language": "fr"}, "`fr` is no language of the notices."),
        ({"quiet_from": time(22)}, "Quiet hours have a beginning and an end."),
        ({"intervals": {"worst": 1}}, "`worst=1` is no interval."),
        ({"intervals": {"high": 10_000}}, "`high=10000` is no interval."),
        ({"inhibits": ("Open Telnet",)}, "`Open Telnet` is no class, type or identifier."),
    ],
)
def test_what_no_mail_could_follow_is_refused(change: dict[str, Any], message: str) -> None:
    facts = {"purpose": "abuse", "email": "abuse@bank.example", **change}
    with pytest.raises(UsageError) as caught:
        contacts.check(ContactFacts(**facts))
    assert (caught.value.message, bool(caught.value.mend)) == (message, True)


def told_of(*events: Event) -> Health:
    health = Health()
    for number, event in enumerate(events):
        health = after(health, event, NOW + timedelta(hours=number))
    return health


@pytest.mark.parametrize(
    ("events", "since"),
    [
        (("bounced", "bounced"), None),
        (("bounced", "bounced", "bounced", "bounced"), 2),
        (("bounced", "bounced", "arrived", "bounced"), None),
        (("bounced", "bounced", "bounced", "arrived"), None),
        (("silent",) * 5, 4),
        ((*("silent",) * 4, "answered", "silent"), None),
        (("wrong-owner",), None),
        (("wrong-owner", "answered", "wrong-owner", "answered"), 2),
    ],
)
def test_a_contact_becomes_unhealthy_and_well_again(
    events: tuple[Event, ...], since: int | None
) -> None:
    expected = None if since is None else NOW + timedelta(hours=since)
    assert told_of(*events).unhealthy_since == expected


@given(st.lists(st.sampled_from(get_args(Event)), max_size=12))
def test_unhealthy_has_a_beginning_and_a_link_mends_it(events: list[Event]) -> None:
    health = told_of(*events)
    assert (health.unhealthy_since is None) == contacts.well(health)
    assert contacts.well(contacts.verified(health))
    assert contacts.verified(health).unhealthy_since is None


def test_a_link_is_answered_for_two_weeks() -> None:
    ages = [timedelta(0), timedelta(days=13, hours=23), timedelta(days=14), timedelta(hours=-1)]
    assert [contacts.answerable(NOW - age, NOW) for age in ages] == [True, True, False, False]
    assert contacts.answerable(None, NOW) is False


def row(contact: int, **other: Any) -> dict[str, Any]:  # noqa: ANN401 any column
    usual = dict.fromkeys(REACHABLE)
    given = {"contact": contact, "organisation": 1, "purpose": "abuse", "address": "a@b.example"}
    return {**usual, **given, "automatic": False, "healthy": True, **other}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, [2]),
        ({"healthy": False}, [1, 2]),
        ({"address": ""}, [1, 2]),
        ({"purpose": "head"}, [1, 2]),
        ({"organisation": 2}, [1, 2]),
        ({"organisation": None, "team": 1}, [1, 2]),
        ({"automatic": True}, [1, 2]),
    ],
)
def test_what_a_person_gave_beats_what_a_registry_says(
    given: dict[str, Any], told: list[int]
) -> None:
    rows = [row(1, automatic=True), row(2, **given)]
    frame = pl.DataFrame(rows, schema=REACHABLE, orient="row")
    assert contacts.told(frame)["contact"].to_list() == told
