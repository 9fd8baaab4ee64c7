"""A line through runs of letters: each run has a place by its hash, each place a weight.

Logistic regression on hashed runs, a row's weights scaled to length one. Learned in numpy by
conjugate steps on the whole set, so that the same texts give the same weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from pehra.cases.triage.lettering import joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_TURN = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_STEPS = 40
_MEMORY = 0.9


class Runs(msgspec.Struct, frozen=True):
    """Places of the runs of each text: one entry each, a row's entries together.

    Attributes:
        place: of the run in the table of weights.
        row: the text that it is of.
        share: how much it counts.
        rows: how many texts.
    """

    place: NDArray[np.int64]
    row: NDArray[np.int64]
    share: NDArray[np.float64]
    rows: int


def runs(texts: Sequence[str], *, shortest: int, longest: int, bits: int) -> Runs:
    """Runs of `shortest` to `longest` letters; one that recurs in a text counts once."""
    data, row = joined([f" {text} " for text in texts])
    turned = np.zeros(len(data), np.uint64)
    places: list[NDArray[np.int64]] = []
    for size in range(1, longest + 1):
        windows = max(len(data) - size + 1, 0)
        turned = turned[:windows] * _TURN + data[size - 1 :].astype(np.uint64) + np.uint64(1)
        if size < shortest:
            continue
        inside = (row[:windows] == row[size - 1 :]) & (data[size - 1 :] != 0)
        mixed = ((turned ^ (turned >> np.uint64(29))) * _MIX) >> np.uint64(64 - bits)
        places.append((row[:windows][inside] << bits) | mixed[inside].astype(np.int64))
    entry = np.sort(np.concatenate(places))
    entry = entry[np.append(True, entry[1:] != entry[:-1])[: len(entry)]]
    of = entry >> bits
    count = np.bincount(of, minlength=len(texts))
    return Runs(entry & ((1 << bits) - 1), of, 1 / np.sqrt(count[of]), len(texts))


def odds(found: Runs, weights: NDArray[np.floating]) -> NDArray[np.float64]:
    """The logarithm of the odds of each text; the last weight is of every text."""
    share = found.share * weights[found.place].astype(np.float64)
    total = np.bincount(found.row, share, found.rows) + float(weights[-1])
    return total.astype(np.float64)


def learn(
    found: Runs, harmful: NDArray[np.float64], weight: NDArray[np.float64], bits: int, ridge: float
) -> NDArray[np.float32]:
    """Weights that tell harmful texts (1) from lawful ones (0)."""
    weight = weight / weight.sum()
    line = np.zeros((1 << bits) + 1)
    reach = np.bincount(found.place, found.share**2 * weight[found.row], (1 << bits) + 1) * 0.25
    reach[-1] = 0.25
    pace = 1 / (np.sqrt(reach * reach.max()) + ridge)
    ahead, before = line.copy(), line.copy()
    for step in range(_STEPS * 5):
        chance = 1 / (1 + np.exp(-odds(found, ahead)))
        miss = weight * (harmful - chance)
        slope = np.bincount(found.place, found.share * miss[found.row], len(line))
        slope[-1] = miss.sum()
        line = ahead + pace * (slope - ridge * ahead)
        ahead = line + (step / (step + 3)) * (line - before)
        before = line
    return line.astype(np.float32)
