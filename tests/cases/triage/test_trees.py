"""Trees that ask the same of every row."""

from __future__ import annotations

import numpy as np

from pehra.cases.triage.trees import Growth, grow, odds

HOW = Growth(trees=40, depth=2, doubt=1.0, columns=1.0)


def _rows() -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(7)
    rows = dice.random((600, 3)).astype(np.float32)
    return rows, ((rows[:, 0] > 0.5) ^ (rows[:, 1] > 0.5)).astype(np.float64)


def test_trees_learn_what_no_column_tells_alone() -> None:
    rows, truth = _rows()
    told = odds(grow(rows, truth, np.ones(len(rows)), HOW), rows)
    assert np.mean((told > 0) == (truth > 0)) > 0.9


def test_the_same_seed_gives_the_same_trees() -> None:
    rows, truth = _rows()
    one, two = (grow(rows, truth, np.ones(len(rows)), HOW) for _ in range(2))
    assert one.leaf.tobytes() == two.leaf.tobytes()
    assert one.column.tobytes() == two.column.tobytes()
