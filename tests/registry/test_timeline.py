"""The winner of every cell at every moment is that of a scan over all claims."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.registry.timeline import ALWAYS_FROM, ALWAYS_TO, NOBODY, Held, Timeline

CELLS = 4
since = st.one_of(st.just(ALWAYS_FROM), st.integers(-5, 5))
until = st.one_of(st.just(ALWAYS_TO), st.integers(-5, 5))
line = st.tuples(st.integers(0, CELLS - 1), st.integers(0, 9), since, until)


def _once(lines: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    return list({line[:2]: line for line in lines}.values())


@given(lines=st.lists(line, max_size=20).map(_once), at=st.integers(-6, 6))
@settings(deadline=None)
def test_find_agrees_with_a_scan(lines: list[tuple[int, int, int, int]], at: int) -> None:
    columns = [np.array(column, dtype=np.int64) for column in zip(*lines, strict=True)]
    held = Held(*columns) if columns else Held(*(np.empty(0, np.int64) for _ in range(4)))
    timeline = Timeline.compile(held, CELLS)
    again = Timeline(timeline.arrays("x."), "x.")
    part = again.find(np.arange(CELLS), np.full(CELLS, at))
    found = list(zip(again.winner[part].tolist(), again.beaten[part].tolist(), strict=True))
    expected = []
    for cell in range(CELLS):
        standing = sorted(
            claim for place, claim, begin, end in lines if place == cell and begin <= at < end
        )
        expected.append(tuple([*standing, NOBODY, NOBODY][:2]))
    assert found == expected


def test_no_cells() -> None:
    empty = Held(*(np.empty(0, np.int64) for _ in range(4)))
    timeline = Timeline.compile(empty, 0)
    assert timeline.find(np.empty(0, np.int64), np.empty(0, np.int64)).tolist() == []
