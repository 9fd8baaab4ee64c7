"""Kaplan-Meier: beside a published example, beside its definition, and its laws."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.notices.survival import Curve, difference, estimate, wilson

FREIREICH = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
"""Weeks in remission under 6-MP (Freireich et al. 1963), as textbooks give them; + is censored."""
PUBLISHED = {6: (0.857, 0.0764), 7: (0.807, 0.0869), 10: (0.753, 0.0963), 13: (0.690, 0.1068),
             16: (0.627, 0.1141), 22: (0.538, 0.1282), 23: (0.448, 0.1346)}  # fmt: skip
"""Survival and its standard error at the weeks of relapses (Klein and Moeschberger, table 4.1)."""

WATCHED = st.lists(
    st.tuples(st.integers(0, 12), st.booleans(), st.integers(0, 4)), min_size=1, max_size=40
)


def curve(rows: list[tuple[int, bool, int]], days: int = 15) -> Curve:
    length, happened, cluster = zip(*rows, strict=True)
    return estimate(
        np.array(length, dtype=np.float64), np.array(happened), np.array(cluster), days=days
    )


def freireich() -> Curve:
    rows = [
        (int(one.rstrip("+")), not one.endswith("+"), place)
        for place, one in enumerate(FREIREICH.split())
    ]
    return curve(rows, days=40)


def test_a_published_example() -> None:
    found = freireich()
    told = {
        week: (round(1 - found.days[week].value, 3), round(found.deviations[week] or 0, 4))  # type: ignore[union-attr] # it is known
        for week in PUBLISHED
    }
    assert told == PUBLISHED
    assert (found.watched, found.happened, found.median.value) == (21, 9, 23)
    assert (found.median.low, found.median.high) == (13, None)
    assert (found.by(35) is None, found.by(36), found.by(41)) == (False, None, None)
    ten = found.by(10)
    assert ten is not None
    # exp(-exp(log(-log S) +/- z se / (S |log S|))), by hand
    spread = 1.959964 * 0.0963 / (0.7529 * abs(math.log(0.7529)))
    assert (1 - ten.high, 1 - ten.low) == pytest.approx(
        (0.7529 ** math.exp(spread), 0.7529 ** math.exp(-spread)), abs=1e-3
    )


@given(WATCHED)
def test_it_is_the_product_of_its_definition(rows: list[tuple[int, bool, int]]) -> None:
    found = curve(rows)
    last = max(length for length, _, _ in rows)
    left, hazard = Fraction(1), Fraction(0)
    for day in range(16):
        risk = sum(length >= day for length, _, _ in rows)
        events = sum(length == day and happened for length, happened, _ in rows)
        if events:
            left *= Fraction(risk - events, risk)
            hazard += Fraction(events, risk * (risk - events)) if risk > events else 0
        told = found.by(day)
        assert found.at_risk[day] == risk
        assert (told is None) == (day > last and left > 0)
        if told is not None:
            assert told.value == pytest.approx(float(1 - left))
            assert -1e-9 <= told.low <= told.value + 1e-9 <= told.high + 2e-9 <= 1 + 1e-8
            floor = float(left) * math.sqrt(hazard)
            assert (found.deviations[day] or 0) >= floor - 1e-9


@given(WATCHED)
def test_the_variance_of_findings_that_stand_alone_is_greenwoods(
    rows: list[tuple[int, bool, int]],
) -> None:
    found = curve([(length, happened, place) for place, (length, happened, _) in enumerate(rows)])
    left, hazard = 1.0, 0.0
    for day in range(16):
        risk = sum(length >= day for length, _, _ in rows)
        events = sum(length == day and happened for length, happened, _ in rows)
        if events and risk > events:
            hazard += events / (risk * (risk - events))
        left *= 1 - events / risk if risk else 1
        if found.by(day) is not None:
            assert found.deviations[day] == pytest.approx(left * math.sqrt(hazard), abs=1e-9)


@given(WATCHED)
def test_copies_of_one_organisation_teach_nothing_new(rows: list[tuple[int, bool, int]]) -> None:
    alone = [(length, happened, place) for place, (length, happened, _) in enumerate(rows)]
    once, often = curve(alone), curve(alone * 7)
    assert often.clusters == once.clusters == len(rows)
    for one, many in zip(once.deviations, often.deviations, strict=True):
        assert many == pytest.approx(one)


def test_nothing_watched_is_nothing_known() -> None:
    found = estimate(np.array([]), np.array([], dtype=bool), np.array([], dtype=np.int64), days=3)
    assert (found.watched, found.days, found.at_risk) == (0, (None,) * 4, (0,) * 4)


def test_wilson_beside_published_values() -> None:
    # Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    told = [(81, 263), (15, 148), (0, 20), (1, 29)]
    assert [
        (round(one.low, 4), round(one.high, 4)) for hits, of in told if (one := wilson(hits, of))
    ] == [(0.2553, 0.3662), (0.0624, 0.1605), (0.0, 0.1611), (0.0061, 0.1718)]
    assert wilson(0, 0) is None


def none_of(many: int) -> Curve:
    return curve([(9, False, n) for n in range(many)])


def all_of(many: int) -> Curve:
    return curve([(2, True, n) for n in range(many)])


def test_the_effect_is_the_difference_with_both_intervals() -> None:
    # Newcombe (1998), table II, method 10: 10 of 10 beside 0 of 20, and 10 of 10 beside 0 of 10.
    for many, low in ((20, 0.6791), (10, 0.6075)):
        found = difference(all_of(10), none_of(many), 7)
        assert found is not None
        assert (found.value, round(found.low, 4), found.high) == (1.0, low, 1.0)
    same = difference(none_of(9), none_of(9), 7)
    assert same is not None
    assert (same.value, round(same.low, 2), round(same.high, 2)) == (0.0, -0.3, 0.3)
    assert difference(all_of(3), curve([(1, False, 0)]), 7) is None


@given(WATCHED, WATCHED)
def test_the_other_way_round_is_the_same_with_the_other_sign(
    rows: list[tuple[int, bool, int]], others: list[tuple[int, bool, int]]
) -> None:
    ours, theirs = curve(rows), curve(others)
    there, back = difference(ours, theirs, 7), difference(theirs, ours, 7)
    assert (there is None) == (back is None)
    if there and back:
        assert (there.value, there.low, there.high) == pytest.approx(
            (-back.value, -back.high, -back.low)
        )
        assert there.low - 1e-9 <= there.value <= there.high + 1e-9
