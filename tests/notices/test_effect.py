"""Clocks of findings by group, what is shown to whom, and told beside held back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pehra.notices.effect import (
    FEWEST,
    SCHEMA,
    Clock,
    compared,
    curve,
    groups,
    hidden,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY = 86_400_000_000
NOW = 100 * DAY


def courses(*rows: Mapping[str, object]) -> pl.DataFrame:
    nothing = dict.fromkeys(SCHEMA) | {"severity": 2, "rsit_class": "vulnerable", "opened": 0}
    told = [
        nothing | {"id": place, "organisation": place, "sector": "telecom"} | dict(row)
        for place, row in enumerate(rows)
    ]
    return pl.DataFrame(told, schema=SCHEMA | {"sector": pl.String})


def test_a_clock_runs_from_step_to_step_and_what_is_open_is_watched_until_now() -> None:
    rows = courses(
        {"told": DAY, "gone": 5 * DAY},
        {"told": DAY, "gone": None},
        {"told": None, "gone": 3 * DAY},
        {"told": DAY, "left": 3 * DAY},
    )
    verify, gone = curve(rows, Clock.VERIFY, NOW), curve(rows, Clock.GONE, NOW)
    assert (verify.watched, verify.happened, verify.at_risk[:4]) == (3, 1, (3, 3, 3, 2))
    assert (gone.watched, gone.happened, gone.at_risk[:5]) == (4, 2, (4, 4, 4, 4, 2))
    seven = verify.by(7)
    assert seven is not None
    assert seven.value == 0.5
    notify = curve(rows, Clock.NOTIFY, NOW)
    assert (notify.watched, notify.happened, notify.median.value) == (4, 3, 1.0)


def test_what_was_gone_before_its_holder_was_told_says_nothing_of_the_message() -> None:
    rows = courses({"told": 5 * DAY, "gone": 2 * DAY}, {"told": DAY, "gone": 2 * DAY})
    assert curve(rows, Clock.VERIFY, NOW).watched == 1


def test_a_group_of_few_is_for_the_nation_alone() -> None:
    rows = courses(*({"sector": "telecom"} for _ in range(FEWEST)), {"sector": "power"})
    national = groups(rows, NOW, national=True)
    assert [(one.by, one.name, one.clocks is None) for one in national] == [
        ("", "", False),
        ("class", "vulnerable", False),
        ("sector", "power", False),
        ("sector", "telecom", False),
        ("severity", "2", False),
    ]
    # Power alone could be had by taking telecom from the whole, so telecom goes too.
    others = groups(rows, NOW, national=False)
    assert [one.name for one in others if one.clocks is None] == ["power", "telecom"]
    few = groups(rows.head(FEWEST - 1), NOW, national=False)
    assert {one.clocks for one in few} == {None}


@given(st.lists(st.integers(0, 12)))
def test_what_is_hidden_cannot_be_had_by_subtraction(sizes: list[int]) -> None:
    away = hidden(sizes)
    small = {place for place, size in enumerate(sizes) if size < FEWEST}
    assert small <= away
    assert len(away) != 1 or len(sizes) == 1
    assert (not small) == (not away)


def lots(*rows: tuple[int, bool, int, int]) -> pl.DataFrame:
    names = ["finding", "held", "at", "until"]
    return pl.DataFrame(rows, schema=names, orient="row")


def test_what_was_told_beside_what_was_held_back() -> None:
    rows = courses(
        *({"told": DAY, "gone": 5 * DAY} for _ in range(6)),
        *({"told": 8 * DAY, "gone": 12 * DAY} for _ in range(6)),
    )
    draws = lots(*((number, number > 5, DAY, 8 * DAY) for number in range(12)))
    found = compared(rows, draws, NOW, national=False)
    assert found is not None
    assert (found.told.watched, found.told.happened) == (6, 6)
    assert (found.held.watched, found.held.happened) == (6, 0)
    assert found.gap is not None
    assert (found.gap.value, found.gap.low > 0) == (1.0, True)


def test_without_a_lot_or_among_few_the_effect_is_not_known() -> None:
    rows = courses(*({"told": DAY} for _ in range(4)))
    assert (
        compared(
            rows,
            lots().cast(
                {"finding": pl.Int64, "held": pl.Boolean, "at": pl.Int64, "until": pl.Int64}
            ),
            NOW,
            national=True,
        )
        is None
    )
    few = lots((0, True, DAY, 8 * DAY), (1, False, DAY, 8 * DAY))
    assert compared(rows, few, NOW, national=False) is None
    assert compared(rows, few, NOW, national=True) is not None
    assert compared(rows, few.filter("held"), NOW, national=True) is None


def test_what_is_held_is_watched_only_until_it_is_told() -> None:
    rows = courses({"told": 3 * DAY, "gone": 6 * DAY}, {"told": DAY, "gone": None})
    found = compared(
        rows, lots((0, True, DAY, 8 * DAY), (1, False, DAY, 8 * DAY)), NOW, national=True
    )
    assert found is not None
    assert (found.held.happened, found.held.at_risk[2], found.held.at_risk[3]) == (0, 1, 0)
    assert (found.told.at_risk[7], found.told.at_risk[8], found.gap) == (1, 0, None)
