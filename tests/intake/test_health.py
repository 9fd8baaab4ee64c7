"""Whether a list may be believed: each rule at its edge, and laws over any history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.intake.health import Kind, Taken, flags, silent_since, usual

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


def taken(rows: int, day: int = 0, digest: str = "", *, trusted: bool = True) -> Taken:
    return Taken(rows, NOW + day * DAY, digest or f"{day}", trusted)


def kinds(now: Taken, past: list[Taken]) -> set[Kind]:
    return {flag.kind for flag in flags(now, past)}


@pytest.mark.parametrize(
    ("before", "rows", "kind"),
    [
        (1000, 500, None),
        (1000, 499, Kind.SHRUNK),
        (1000, 2000, None),
        (1000, 2001, Kind.JUMPED),
        (1000, 0, Kind.EMPTY),
        (8, 2, None),
        (20, 3, None),
        (60, 28, Kind.SHRUNK),
    ],
)
def test_sizes(before: int, rows: int, kind: Kind | None) -> None:
    past = [taken(before, day) for day in range(3)]
    assert kinds(taken(rows, 3), past) == ({kind} if kind else set())


def test_the_measure_is_the_last_trusted_size() -> None:
    past = [taken(1000), taken(100, 1, trusted=False)]
    assert kinds(taken(900, 2), past) == set()
    (flag,) = flags(taken(100, 2), past)
    assert flag.facts == {"rows": 100, "before": 1000, "usual": 1000}
    accepted = [*past, Taken(100, NOW + 2 * DAY, "2", accepted=True)]
    assert kinds(taken(110, 3), accepted) == set()


def test_what_cannot_be_read_is_none() -> None:
    past = [taken(100)]
    assert kinds(Taken(95, NOW + DAY, "1", rejected=5), past) == set()
    assert kinds(Taken(95, NOW + DAY, "1", rejected=6), past) == {Kind.UNREADABLE}
    assert kinds(Taken(0, NOW + DAY, "1", rejected=6), past) == {Kind.UNREADABLE}


def test_empty_is_news_once_for_what_is_known_to_be_empty() -> None:
    assert kinds(taken(0), []) == {Kind.EMPTY}
    assert kinds(taken(0, 1), [taken(5), Taken(0, NOW, "0", accepted=True)]) == set()


def test_the_same_for_weeks_is_stuck() -> None:
    past = [taken(100, 0)] + [taken(100, day, "same") for day in range(1, 16)]
    assert kinds(taken(100, 15, "same"), past) == set()
    assert kinds(taken(100, 16, "same"), past) == {Kind.STUCK}
    assert kinds(taken(100, 17), past) == set()
    weekly = [taken(100, 7 * day, "same") for day in range(3)]
    assert kinds(taken(100, 21, "same"), weekly) == set(), "four repeats are needed"


def test_a_list_that_dates_itself_is_stuck_by_when_it_came() -> None:
    same = [Taken(100, NOW, "same", came=NOW + day * DAY) for day in range(16)]
    assert kinds(same[-1], same[:-1]) == {Kind.STUCK}


def test_canaries_are_named() -> None:
    (flag,) = flags(taken(100, 1), [taken(100)], ["b", "a"])
    assert (flag.kind, flag.facts) == (Kind.CANARY, {"canaries": ["a", "b"]})


def test_silence_is_by_rhythm_and_by_habit() -> None:
    came = [NOW + day * DAY for day in range(10)]
    assert silent_since(came, DAY, came[-1] + 3 * DAY) is None
    flag = silent_since(came, DAY, came[-1] + 3 * DAY + timedelta(hours=1))
    assert flag is not None
    assert (flag.kind, flag.facts) == (Kind.SILENT, {"hours": 73, "usual_hours": 24})
    gap = [*came, came[-1] + 6 * DAY]
    assert silent_since(gap, DAY, gap[-1] + 6 * DAY) is None, "it was silent so long before"
    assert silent_since([], DAY, NOW) is None
    assert silent_since([NOW], None, NOW + 99 * DAY) is None
    assert usual([]) is None


@given(st.lists(st.integers(0, 200_000), max_size=30), st.integers(0, 200_000))
def test_what_is_like_the_day_before_is_believed(sizes: list[int], rows: int) -> None:
    past = [taken(size, day) for day, size in enumerate(sizes)]
    again = taken(rows, len(sizes))
    for now in (rows, rows + rows // 2):
        assert kinds(taken(now, len(sizes) + 1), [*past, again]) <= {Kind.EMPTY}
