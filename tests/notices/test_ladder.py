"""Steps of the ladder by columns, held against the rule for one finding; clocks by nearness."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from pehra.kernel.labels import Severity
from pehra.mandate.rules import ClockFacts
from pehra.notices import ladder
from pehra.notices.rules import Rung, next_rung

DAY = date(2026, 11, 28)
HOUR = 3_600_000_000
NOW = 10_000 * HOUR
ROW = {
    "id": pl.Int64,
    "organisation": pl.Int64,
    "team": pl.Int64,
    "severity": pl.Int64,
    "notified_at": pl.Int64,
}


def clock(number: int, rung: Rung, hours: int, **whom: int) -> ClockFacts:
    kind = rung.clock if rung else ladder.ANSWER
    return structs.replace(ClockFacts(id=number, kind=kind, hours=hours), **whom)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[ClockFacts], pl.DataFrame, pl.DataFrame, set[int]]:
    clocks = [
        clock(number, draw(st.sampled_from(Rung)), draw(st.integers(1, 500)), **whom)
        for number, whom in enumerate(
            draw(
                st.lists(
                    st.sampled_from(
                        [{}, {"severity": 3}, {"severity": 4}, {"sector": 7}, {"organisation": 2}]
                    ),
                    max_size=12,
                )
            )
        )
    ]
    rows = [
        (
            number,
            draw(st.integers(1, 3)),
            None,
            draw(st.integers(2, 4)),
            NOW - draw(st.integers(0, 600)) * HOUR,
        )
        for number in range(draw(st.integers(0, 8)))
    ]
    climbed = [
        (row[0], int(draw(st.sampled_from(Rung))), NOW - draw(st.integers(0, 600)) * HOUR)
        for row in rows
        if draw(st.booleans())
    ]
    return (
        clocks,
        pl.DataFrame(rows, schema=ROW, orient="row"),
        pl.DataFrame(climbed, schema=ladder.CLIMBED, orient="row"),
        draw(st.sets(st.integers(1, 3))),
    )


@settings(max_examples=80, deadline=None)
@given(worlds())
def test_columns_say_what_the_rule_says_of_each(
    world: tuple[list[ClockFacts], pl.DataFrame, pl.DataFrame, set[int]],
) -> None:
    table, rows, climbed, top = world
    sectors = {1: 7, 3: 7}
    clocks = ladder.clocks_of([1, 2, 3], table, sectors, DAY)
    whole = ladder.Standing(rows, climbed).whole()
    found = dict(ladder.due(whole, clocks, top, NOW).select("id", "step").iter_rows())
    before = {number: (rung, at) for number, rung, at in climbed.iter_rows()}
    expected = {}
    for number, holder, _, severity, since in rows.iter_rows():
        rung, at = before.get(number, (0, 0))
        one = ladder.clocks_of([holder], table, sectors, DAY).hours
        hours = {
            Rung(step): hour
            for _, level, step, hour in one.iter_rows()
            if level == severity and step
        }
        step = next_rung(
            Rung(rung if at >= since else 0),
            timedelta(microseconds=NOW - since),
            hours,
            to_the_top=holder in top,
        )
        if step is not None:
            expected[number] = int(step)
    assert found == expected


def test_who_has_a_clock_of_its_own_is_not_judged_by_its_sector() -> None:
    table = [clock(1, Rung.FIRST, 24), clock(2, Rung.FIRST, 12, sector=7),
             clock(3, Rung.FIRST, 6, organisation=2)]  # fmt: skip
    clocks = ladder.clocks_of([1, 2, 3, 4], table, {1: 7, 2: 7, 3: 7}, DAY)
    assert [clocks.answer(one, int(Severity.HIGH)) for one in (1, 2, 3, 4)] == [12, 6, 12, 24]
    assert clocks.answer(5, int(Severity.HIGH)) is None
