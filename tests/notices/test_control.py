"""Who is held back: by lot, the same each time, and never what must not wait."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pehra.notices.control import Control, Holder, candidates, drawn, key_of, may_wait

KEY = key_of("a secret of the home")


def share(percent: int, key: int = KEY, size: int = 20_000) -> float:
    return float(drawn(pl.Series(range(1, size + 1)), Control(percent, key)).mean())  # type: ignore[arg-type] # a mean of Booleans is a number


def test_the_share_is_about_what_was_asked_for() -> None:
    assert (share(0), share(100)) == (0.0, 1.0)
    assert [round(share(percent), 2) for percent in (5, 20, 50)] == [0.05, 0.2, 0.5]


def test_neighbours_are_drawn_one_by_one_and_another_home_draws_otherwise() -> None:
    numbers = pl.Series(range(20_000))
    ours = drawn(numbers, Control(50, KEY))
    theirs = drawn(numbers, Control(50, key_of("another secret")))
    alike = float((ours == theirs).mean())  # type: ignore[arg-type] # a mean of Booleans is a number
    runs = float((ours == ours.shift(1)).mean())  # type: ignore[arg-type] # as above
    assert (round(alike, 1), round(runs, 1)) == (0.5, 0.5)


@given(st.lists(st.integers(1, 2**62), unique=True), st.integers(0, 50))
def test_a_lot_hangs_on_nothing_but_the_finding(numbers: list[int], percent: int) -> None:
    control = Control(percent, KEY)
    together = drawn(pl.Series("id", numbers, dtype=pl.Int64), control).to_list()
    alone = [drawn(pl.Series("id", [one], dtype=pl.Int64), control)[0] for one in numbers]
    assert together == alone


def holder(**facts: object) -> Holder:
    known = {"graded": False, "is_public": False, "sector": "telecom", "role": ""}
    return Holder(organisation=1, **(known | facts))  # type: ignore[arg-type] # a test's own words


def test_whom_one_may_not_keep_waiting() -> None:
    may = {
        "private": holder(),
        "not known, of a sector": holder(is_public=None),
        "not known, of none": holder(is_public=None, sector=""),
        "not known, of the state's": holder(is_public=None, sector="government"),
        "of the state": holder(is_public=True),
        "a regulator": holder(role="regulator"),
        "critical": holder(graded=True),
    }
    allowed = {"private", "not known, of a sector"}
    assert {name for name, one in may.items() if may_wait(one)} == allowed


def test_only_what_is_new_and_not_severe_takes_part() -> None:
    rows = pl.DataFrame(
        [(1, 1, 2, True), (2, 1, 3, True), (3, 1, 1, False), (4, 2, 1, True), (5, 1, 4, True)],
        schema=["id", "organisation", "severity", "new"],
        orient="row",
    )
    assert candidates(rows, {1})["id"].to_list() == [
        number for number, _, level, new in rows.iter_rows() if number != 4 and level <= 2 and new
    ]
