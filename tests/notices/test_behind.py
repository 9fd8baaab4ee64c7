"""Which findings stand behind each number: the very rows that were counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.notices.test_outcomes import FIRST, LAST, ROWS, courses, on

from pehra.notices import behind
from pehra.notices.outcomes import Figures, figures, holders_of, known_by, told_of, with_sectors

if TYPE_CHECKING:
    import polars as pl

REACHED = (1, 9)


def counts(one: Figures) -> dict[str, int]:
    """What a report says of each number that leads to rows."""
    return {
        **{name: getattr(one, name) for name in behind.WORK},
        **{f"standing-{word}": count for word, count in one.standing.items()},
        "standing": sum(one.standing.values()),
        "severe": one.standing["critical"] + one.standing["high"],
        "noticed": one.noticed,
        "watched": one.within_7.watched,
        "upheld": one.misattributed.hits,
        "ever-gone": one.relapses.of,
        "holders": one.holders,
        "reached": one.contactable.hits,
    }


def marked(rows: pl.DataFrame) -> pl.DataFrame:
    return behind.marks(with_sectors(rows, LAST), told_of(FIRST, LAST, REACHED))


def ids(found: pl.DataFrame, figure: str, **narrowed: str | int) -> list[int]:
    return behind.of_figure(found, figure, **narrowed)["id"].to_list()


def test_each_number_has_its_rows() -> None:
    found = marked(ROWS)
    told = {name: ids(found, name) for name in behind.FIGURES}
    assert told == {
        "opened": [0, 1, 2],
        "told": [0, 1, 2],
        "answered": [0, 1],
        "claimed": [],
        "gone": [0],
        "relapsed": [3],
        "standing": [2, 3],
        "severe": [2],
        "standing-critical": [2],
        "standing-high": [],
        "standing-medium": [3],
        "standing-low": [],
        "noticed": [0, 1, 2],
        "watched": [0, 1, 2],
        "upheld": [1],
        "ever-gone": [0, 3],
        "holders": [0, 1, 2, 3],
        "reached": [0],
    }
    assert ids(found, "opened", organisation=2) == [1, 2]
    assert ids(found, "opened", sector="telecom") == [0, 1, 2]
    assert ids(found, "opened", sector="") == []


def test_marks_are_kept_as_they_are() -> None:
    found = marked(ROWS)
    assert behind.unpacked(behind.packed(found)).equals(found)
    assert set(found.columns) == {"id", "organisation", "team", "sector", "marks"}


def test_holders_are_counted_from_the_same_marks() -> None:
    assert [(one.organisation, one.opened, one.severe) for one in holders_of(marked(ROWS))] == [
        (2, 2, 1),
        (3, 0, 0),
        (1, 1, 0),
    ]


MOMENTS = st.none() | st.integers(-100, 10).map(on)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "organisation": st.none() | st.integers(1, 4),
                "severity": st.integers(1, 4),
                "opened": st.integers(-100, 10).map(on),
                "upheld": st.booleans(),
                **dict.fromkeys(
                    ("told", "acknowledged", "claimed", "gone", "left", "relapsed", "last_gone"),
                    MOMENTS,
                ),
            }
        ),
        max_size=12,
    )
)
def test_a_number_and_its_rows_are_as_many_whatever_happened(rows: list[dict[str, object]]) -> None:
    whole = courses(*rows)
    said = counts(figures(known_by(whole, LAST), FIRST, LAST, REACHED))
    found = marked(whole)
    listed = {name: behind.of_figure(found, name) for name in behind.FIGURES}
    assert said == {
        name: each["organisation"].drop_nulls().n_unique()
        if name in behind.ORGANISATIONS
        else each.height
        for name, each in listed.items()
    }


@pytest.mark.parametrize("word", sorted(behind.STANDING))
def test_a_severity_is_a_part_of_what_stands(word: str) -> None:
    found = marked(ROWS)
    assert set(ids(found, word)) <= set(ids(found, "standing"))
