"""Proofs of control in time: a table of steps, and laws over any sequence of looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.errors import Refused, UsageError
from pehra.registry import control
from pehra.registry.control import Proof, checked, due, proven

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DAY = timedelta(days=1)
ASKED = Proof(method="dns-txt", state="asked", asked_at=NOW)
PROVED = proven(ASKED, NOW)


@pytest.mark.parametrize(
    ("kind", "method", "fits"),
    [
        ("domain", "dns-txt", True),
        ("domain", "letter", True),
        ("prefix", "registry-mailbox", True),
        ("prefix", "dns-txt", False),
        ("asn", "https-file", False),
        ("software", "letter", False),
        ("nonsense", "letter", False),
    ],
)
def test_a_way_fits_its_kind(kind: str, method: str, fits: bool) -> None:  # noqa: FBT001 a parameter of the table
    if fits:
        control.check_method(kind, method)
        return
    with pytest.raises(UsageError, match="does not prove control"):
        control.check_method(kind, method)


def test_requests_are_counted() -> None:
    control.check_number(19)
    with pytest.raises(Refused):
        control.check_number(20)


def test_the_word_is_found_whole() -> None:
    assert control.holds(["v=spf1", " pehra-control=abc\n"], "abc")
    assert not control.holds(["pehra-control=abcd", "abc", ""], "abc")
    assert control.dns_name("bank.example") == "_pehra-control.bank.example"
    assert control.file_url("bank.example").startswith("https://bank.example/.well-known/")


@pytest.mark.parametrize(
    ("proof", "found", "days", "rivalled", "state"),
    [
        (ASKED, True, 1, False, "proved"),
        (ASKED, False, 13, False, "asked"),
        (ASKED, None, 13, False, "asked"),
        (ASKED, False, 14, False, "lapsed"),
        (PROVED, True, 90, True, "proved"),
        (PROVED, False, 90, False, "proved"),
        (PROVED, False, 90, True, "proved"),
        (PROVED, None, 119, True, "proved"),
        (PROVED, None, 120, False, "lapsed"),
        (checked(PROVED, False, NOW), False, 6, False, "proved"),
        (checked(PROVED, False, NOW), False, 7, False, "lapsed"),
        (checked(PROVED, False, NOW), False, 1, True, "lapsed"),
        (checked(PROVED, False, NOW), True, 7, True, "proved"),
        (msgspec.structs.replace(PROVED, state="withdrawn"), True, 1, False, "withdrawn"),
    ],
)
def test_what_a_look_makes_of_a_proof(
    proof: Proof, found: bool | None, days: int, rivalled: bool, state: str  # noqa: FBT001 a parameter of the table
) -> None:  # fmt: skip
    assert checked(proof, found, NOW + days * DAY, rivalled=rivalled).state == state


LOOKS = st.lists(st.tuples(st.sampled_from([True, False, None]), st.integers(1, 60)), max_size=30)


@given(LOOKS)
def test_a_word_that_was_never_shown_never_proves(looks: list[tuple[bool | None, int]]) -> None:
    proof, now = ASKED, NOW
    for found, days in looks:
        now += days * DAY
        proof = checked(proof, False if found else found, now)
        assert not proof.stands


@given(LOOKS)
def test_no_proof_outlives_its_word_by_more_than_its_time(
    looks: list[tuple[bool | None, int]],
) -> None:
    proof, now, shown = PROVED, NOW, NOW
    for found, days in looks:
        now += days * DAY
        before = proof
        proof = checked(proof, found, now)
        shown = now if found and before.stands else shown
        most = control.LIFE + control.OUT_OF_REACH
        assert not proof.stands or now < shown + most
        assert before.stands or proof == before


@pytest.mark.parametrize(
    ("proof", "after", "claimed", "expected"),
    [
        (ASKED, 0 * DAY, None, True),
        (checked(ASKED, False, NOW), timedelta(minutes=5), None, False),
        (checked(ASKED, False, NOW), timedelta(minutes=10), None, True),
        (checked(ASKED, False, NOW + DAY), DAY + timedelta(hours=2), None, False),
        (PROVED, 89 * DAY, None, False),
        (PROVED, 90 * DAY, None, True),
        (PROVED, DAY, NOW + timedelta(hours=1), True),
        (PROVED, DAY, NOW - timedelta(hours=1), False),
        (checked(PROVED, False, NOW), timedelta(hours=23), None, False),
        (checked(PROVED, False, NOW), DAY, None, True),
        (checked(PROVED, None, NOW + 90 * DAY), 90 * DAY + timedelta(hours=1), None, False),
        (msgspec.structs.replace(PROVED, state="lapsed"), 99 * DAY, None, False),
    ],
)
def test_when_a_proof_is_looked_at(
    proof: Proof, after: timedelta, claimed: datetime | None, expected: bool  # noqa: FBT001 a parameter of the table
) -> None:  # fmt: skip
    assert due(proof, NOW + after, claimed_at=claimed) is expected
