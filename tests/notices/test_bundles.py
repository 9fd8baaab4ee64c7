"""Findings by the mailbox that must be told."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pehra.notices import bundles, rules
from pehra.notices.rules import Contact, Kind

ALL = frozenset({1, 2, 3, 4})


def contact(number: int, organisation: int, **facts: Any) -> Contact:  # noqa: ANN401 any field
    made = {"address": f"c{number}@example.org", "purpose": "technical", **facts}
    return Contact(contact=number, organisation=organisation, **made)


def rows(*given: tuple[int, int, int, bool]) -> pl.DataFrame:
    """Findings by id, organisation, severity, new."""
    made = [
        (number, holder, 1, severity, "open-telnet", "vulnerable", new, 1)
        for number, holder, severity, new in given
    ]
    return pl.DataFrame(made, schema=bundles.FINDINGS, orient="row")


def named(found: bundles.Bundles) -> list[tuple[str, int]]:
    return [(mailbox, finding) for mailbox, finding in found.named.iter_rows()]


def test_what_is_new_and_urgent_goes_to_both_mailboxes() -> None:
    told = bundles.recipients([contact(1, 7), contact(2, 7, purpose="24x7"), contact(3, 8)])
    given = rows((1, 7, 4, True), (2, 7, 3, True), (3, 8, 3, True), (4, 7, 4, False))
    found = bundles.urgent(bundles.mark_urgent(given, {8}), told, -1)
    assert named(found) == [("c1@example.org", 1), ("c2@example.org", 1), ("c3@example.org", 3)]
    assert found.size == rules.Size(3, 2)
    assert found.notices["kind"].unique().to_list() == ["urgent"]


def test_a_digest_has_what_is_new_and_a_weekly_one_all() -> None:
    told = bundles.recipients([contact(1, 7), contact(2, 8)])
    given = rows((1, 7, 3, True), (2, 7, 3, False), (3, 8, 3, True), (4, 8, 2, False))
    due = bundles.due_frame(
        {"c1@example.org": (Kind.DIGEST, ALL), "c2@example.org": (Kind.WEEKLY, ALL)}
    )
    found = bundles.routine(given, told, due, -1)
    assert named(found) == [("c1@example.org", 1), ("c2@example.org", 3), ("c2@example.org", 4)]
    assert found.notices.select("mailbox", "kind", "severity", "findings").rows() == [
        ("c1@example.org", "digest", 3, 1),
        ("c2@example.org", "weekly", 3, 2),
    ]


def test_what_a_holder_wants_early_waits_for_no_interval() -> None:
    told = bundles.recipients([contact(1, 7)])
    given = rows((1, 7, 1, True), (2, 7, 1, True), (3, 7, 1, False))
    due = bundles.due_frame({"c1@example.org": (Kind.DIGEST, frozenset({3}))})
    assert named(bundles.routine(given, told, due, -1)) == []
    assert named(bundles.routine(given, told, due, -1, early=[2, 3])) == [("c1@example.org", 2)]
    marked = bundles.mark_urgent(given, (), [1, 3])
    assert named(bundles.urgent(marked, told, -1)) == [("c1@example.org", 1)]
    both = bundles.recipients([contact(1, 7), contact(2, 7, purpose="24x7")])
    assert named(bundles.urgent(marked, both, -1)) == [
        ("c1@example.org", 1),
        ("c2@example.org", 1),
    ]


def test_a_severity_whose_interval_has_not_passed_waits() -> None:
    told = bundles.recipients([contact(1, 7)])
    given = rows((1, 7, 3, True), (2, 7, 2, True))
    due = bundles.due_frame({"c1@example.org": (Kind.DIGEST, frozenset({2}))})
    assert named(bundles.routine(given, told, due, -1)) == [("c1@example.org", 2)]


def test_two_organisations_of_one_mailbox_share_a_message() -> None:
    told = bundles.recipients(
        [contact(1, 7, address="noc@example.org"), contact(2, 8, address="NOC@example.org")]
    )
    due = bundles.due_frame({"noc@example.org": (Kind.DIGEST, ALL)})
    found = bundles.routine(rows((1, 7, 3, True), (2, 8, 4, True)), told, due, -1)
    assert found.notices.select("mailbox", "contact", "severity", "findings").rows() == [
        ("noc@example.org", 1, 4, 2)
    ]
    assert found.parties.rows() == [
        ("noc@example.org", 7, 1, 1, 3),
        ("noc@example.org", 8, 1, 1, 4),
    ]


def test_what_a_contact_does_not_want_is_left_out() -> None:
    wishes = ("open-telnet",)
    told = bundles.recipients([contact(1, 7, inhibits=wishes), contact(2, 8, inhibits=("other",))])
    due = bundles.due_frame(
        {"c1@example.org": (Kind.DIGEST, ALL), "c2@example.org": (Kind.DIGEST, ALL)}
    )
    found = bundles.routine(rows((1, 7, 3, True), (2, 8, 3, True)), told, due, -1)
    assert named(found) == [("c2@example.org", 2)]
    assert found.untold.height == 0


def test_who_has_no_address_is_said_and_sources_without_approval_wait() -> None:
    told = bundles.recipients([contact(1, 7)])
    due = bundles.due_frame({"c1@example.org": (Kind.DIGEST, ALL)})
    given = rows((1, 7, 3, True), (2, 9, 4, True), (3, 9, 2, True))
    found = bundles.routine(given, told, due, 1)
    assert found.untold.rows() == [(9, 1, 4, 2)]
    assert found.unapproved == 0
    held = bundles.routine(given, told, due, 2)
    assert (named(held), held.unapproved) == ([], 3)
    nobody = bundles.routine(given, told, bundles.due_frame({}), 1)
    assert (nobody.size, nobody.untold.height) == (rules.Size(0, 0), 1)


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4), st.booleans()), max_size=30),
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from("abc")), max_size=6),
)
def test_every_new_finding_is_told_exactly_once_a_mailbox_or_said_to_have_none(
    drawn: list[tuple[int, int, bool]], able: list[tuple[int, str]]
) -> None:
    told = bundles.recipients(
        contact(number, holder, address=f"{letter}@example.org")
        for number, (holder, letter) in enumerate(able, 1)
    )
    given = rows(*((n, holder, level, new) for n, (holder, level, new) in enumerate(drawn, 1)))
    everybody = dict.fromkeys(told.contacts, (Kind.DIGEST, ALL))
    found = bundles.routine(given, told, bundles.due_frame(everybody), -1)
    holders = {holder for holder, _ in able}
    new = {n: holder for n, (holder, _, is_new) in enumerate(drawn, 1) if is_new}
    pairs = named(found)
    assert len(set(pairs)) == len(pairs)
    assert {finding for _, finding in pairs} == {n for n, h in new.items() if h in holders}
    without = [h for h in new.values() if h not in holders]
    assert int(found.untold["findings"].sum()) == len(without)
    assert (
        int(found.parties["findings"].sum()) == len(pairs) == int(found.notices["findings"].sum())
    )
