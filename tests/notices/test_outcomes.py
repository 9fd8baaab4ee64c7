"""The outcome table of a period, as it was known at its end, and what of it is open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from pehra.kernel.time import micros
from pehra.notices.behind import marks
from pehra.notices.effect import FEWEST, SCHEMA
from pehra.notices.outcomes import (
    Count,
    Holder,
    Period,
    figures,
    known_by,
    numbers,
    open_edition,
    period,
    told_of,
    with_sectors,
)

FIRST = datetime(2026, 11, 1, tzinfo=UTC)
LAST = datetime(2026, 11, 8, tzinfo=UTC)
_MORE = {"relapsed": pl.Int64, "last_gone": pl.Int64, "upheld": pl.Boolean, "sector": pl.String}


def on(day: int) -> int:
    """Noon of a day of the period, the first of which is 0, as microseconds."""
    return micros(FIRST + timedelta(days=day, hours=12))


def courses(*rows: dict[str, object]) -> pl.DataFrame:
    schema = SCHEMA | _MORE
    nothing: dict[str, object] = dict.fromkeys(schema) | {
        "organisation": 1, "severity": 2, "opened": on(0), "upheld": False, "sector": "telecom",
    }  # fmt: skip
    told = [nothing | {"id": place} | row for place, row in enumerate(rows)]
    return pl.DataFrame(told, schema=schema)


ROWS = courses(
    {"told": on(1), "acknowledged": on(2), "gone": on(5), "last_gone": on(5)},
    {"told": on(1), "acknowledged": on(3), "upheld": True, "left": on(4), "organisation": 2},
    {"told": on(2), "severity": 4, "organisation": 2},
    {"opened": on(-9), "gone": on(-3), "last_gone": on(-3), "relapsed": on(2), "organisation": 3},
    {"opened": on(30), "organisation": 4},
)


def test_the_outcome_table_of_a_week() -> None:
    found = figures(known_by(ROWS, LAST), FIRST, LAST, {1, 9})
    assert (found.opened, found.told, found.answered, found.claimed) == (3, 3, 2, 0)
    assert (found.gone, found.relapsed, found.holders) == (1, 1, 3)
    assert found.standing == {"critical": 1, "high": 0, "medium": 1, "low": 0}
    assert (found.notice.value, found.noticed) == (1.0, 3)
    assert found.contactable == Count(1, 3)
    assert found.misattributed == Count(1, 2)
    assert found.relapses == Count(1, 2)
    assert (found.within_7.watched, found.within_7.share, found.within_30.share) == (3, None, None)
    told = numbers(found)
    assert round(told["misattributed"]["share"]["value"], 2) == 0.5
    assert told["standing"]["critical"] == 1


def test_a_report_of_the_past_leaves_out_what_came_later() -> None:
    early = FIRST + timedelta(days=2)
    known = known_by(ROWS, early)
    assert known["told"].to_list() == [on(1), on(1), None, None]
    assert known["standing"].to_list() == [True, True, True, False]
    found = figures(known, FIRST, early, ())
    assert (found.told, found.gone, found.relapsed, found.misattributed) == (2, 0, 0, Count(0, 0))
    assert whole(ROWS) == whole(ROWS.filter(pl.col("opened") < micros(LAST)))


def whole(rows: pl.DataFrame) -> Period:
    """All of the period."""
    known = with_sectors(rows, LAST)
    return period(known, marks(known, told_of(FIRST, LAST, ())), (FIRST, LAST), ())


def test_organisations_come_the_most_severe_first() -> None:
    found = whole(ROWS)
    assert found.holders == (
        Holder(organisation=2, opened=2, told=2, answered=1, gone=0, standing=1, severe=1),
        Holder(organisation=3, opened=0, told=0, answered=0, gone=0, standing=1, severe=0),
        Holder(organisation=1, opened=1, told=1, answered=1, gone=1, standing=0, severe=0),
    )
    assert list(found.sectors) == ["telecom"]


def many(sector: str, count: int, first: int) -> list[dict[str, object]]:
    return [{"sector": sector, "organisation": first + place} for place in range(count)]


def edition(*rows: dict[str, object]) -> Period | None:
    return open_edition(whole(courses(*rows)))


def test_the_open_edition_names_nobody_and_no_small_group() -> None:
    assert edition(*many("telecom", FEWEST - 1, 0)) is None
    found = edition(
        *many("telecom", 9, 0), *many("power", 6, 100), *many("health", 2, 200), *many("", 3, 300)
    )
    assert found is not None
    # Health is small; power is the smallest of the others, by which health could be had.
    assert (list(found.sectors), found.holders, found.whole.holders) == (["telecom"], (), 20)
