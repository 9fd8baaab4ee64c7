"""Boosted trees in numpy: each tree asks the same few questions of every row.

Gradient boosting on the logistic loss with symmetric trees (all nodes of a level share one
question), so that a tree is three numbers to look up and a table is scored without a loop over
rows. The same numbers and the same seed give the same trees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 64


class Growth(msgspec.Struct, frozen=True):
    """How trees are grown.

    Attributes:
        trees, depth: how many, and how many questions each asks.
        step: how much of a tree's correction is taken.
        doubt: weight of the prior that a leaf says nothing.
        rows, columns: shares that each tree sees.
        seed: of what each sees.
    """

    trees: int = 300
    depth: int = 3
    step: float = 0.15
    doubt: float = 20.0
    rows: float = 0.5
    columns: float = 0.5
    seed: int = 1


class Forest(msgspec.Struct, frozen=True):
    """Grown trees.

    Attributes:
        edges: for each column the borders between its bins, padded with infinity.
        column, above: for each tree and level, which column is asked and above which bin.
        leaf: for each tree, what each answer adds to the logarithm of the odds.
    """

    edges: NDArray[np.float32]
    column: NDArray[np.uint8]
    above: NDArray[np.uint8]
    leaf: NDArray[np.float32]


def odds(forest: Forest, rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """The logarithm of the odds of each row."""
    binned = _binned(rows, forest.edges)
    total = np.zeros(len(rows))
    for columns, bins, leaf in zip(forest.column, forest.above, forest.leaf, strict=True):
        total += leaf[_answers(binned, columns, bins)]
    return total


def grow(
    rows: NDArray[np.float32],
    harmful: NDArray[np.float64],
    weight: NDArray[np.float64],
    how: Growth,
) -> Forest:
    """Trees that tell harmful rows (1) from lawful ones (0)."""
    dice = np.random.default_rng(how.seed)
    edges = _edges(rows)
    binned = _binned(rows, edges)
    weight = weight / weight.mean()
    total = np.zeros(len(rows))
    asked: list[tuple[list[int], list[int], NDArray[np.float32]]] = []
    for _ in range(how.trees):
        chance = 1 / (1 + np.exp(-total))
        slope, bend = weight * (harmful - chance), weight * chance * (1 - chance)
        seen = np.flatnonzero(dice.random(len(rows)) < how.rows)
        width = max(1, int(len(binned) * how.columns))
        among = np.sort(dice.choice(len(binned), width, replace=False))
        columns, bins = _questions(binned[:, seen], among, (slope[seen], bend[seen]), how)
        node = _answers(binned, columns, bins)
        size = 1 << how.depth
        rise = np.bincount(node[seen], slope[seen], size)
        leaf = how.step * rise / (np.bincount(node[seen], bend[seen], size) + how.doubt)
        total += leaf[node]
        asked.append((columns, bins, leaf.astype(np.float32)))
    return Forest(
        edges=edges,
        column=np.array([one[0] for one in asked], np.uint8),
        above=np.array([one[1] for one in asked], np.uint8),
        leaf=np.array([one[2] for one in asked], np.float32),
    )


def _edges(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    found = np.full((rows.shape[1], BINS - 1), np.inf, np.float32)
    at = np.linspace(0, 1, BINS + 1)[1:-1]
    for column in range(rows.shape[1]):
        distinct = np.unique(np.quantile(rows[:, column], at, method="lower"))
        found[column, : len(distinct)] = distinct
    return found


def _binned(rows: NDArray[np.float32], edges: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A row of bins for each column: how many borders lie below the value."""
    return np.array(
        [np.searchsorted(edges[column], rows[:, column]) for column in range(len(edges))],
        np.uint8,
    )


def _answers(
    binned: NDArray[np.uint8],
    columns: list[int] | NDArray[np.uint8],
    bins: list[int] | NDArray[np.uint8],
) -> NDArray[np.int64]:
    node = np.zeros(binned.shape[1], np.int64)
    for column, above in zip(columns, bins, strict=True):
        node = node * 2 + (binned[column] > above)
    return node


def _questions(
    binned: NDArray[np.uint8],
    among: NDArray[np.int64],
    slopes: tuple[NDArray[np.float64], NDArray[np.float64]],
    how: Growth,
) -> tuple[list[int], list[int]]:
    """The question of each level: the one that explains most over all its nodes together."""
    node = np.zeros(binned.shape[1], np.int64)
    columns: list[int] = []
    bins: list[int] = []
    for level in range(how.depth):
        best = (-1.0, 0, 0)
        for column in among:
            gain = _gain(node * BINS + binned[column], 1 << level, slopes, how.doubt)
            above = int(gain.argmax())
            best = max(best, (float(gain[above]), int(column), above))
        columns.append(best[1])
        bins.append(best[2])
        node = node * 2 + (binned[best[1]] > best[2])
    return columns, bins


def _gain(
    cell: NDArray[np.int64],
    nodes: int,
    slopes: tuple[NDArray[np.float64], NDArray[np.float64]],
    doubt: float,
) -> NDArray[np.float64]:
    """What each border of one column would explain."""
    rise, bend = (
        np.bincount(cell, one, nodes * BINS).reshape(nodes, BINS).cumsum(1) for one in slopes
    )
    below = rise**2 / (bend + doubt)
    over = (rise[:, -1:] - rise) ** 2 / (bend[:, -1:] - bend + doubt)
    gain: NDArray[np.float64] = (below + over).sum(0)[:-1]
    return gain
