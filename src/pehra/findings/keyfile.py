"""From finding keys to finding ids, ten million at a time: sorted arrays beside the table.

The table is the truth; these arrays are made from it and can be made again. They know every
finding with an id up to `through`; younger ones are asked of the table and kept in memory until
there are enough to write down. A key that changed hands stands twice: the younger id counts.

Processes write beside each other without a lock. `base` knows every id up to its `through`;
`recent` every id above its `after` up to its own `through`, so it counts beside each base that
reaches up to `after` or further, whoever wrote that one. Anything else is asked of the table again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from pehra.engines.arrays import folder
from pehra.kernel.errors import Damaged, EnvironmentFault

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

KIND = folder.Kind("index of finding keys", 2)
_MEND = "It is made again from the table by itself."
_WRITE_AT = 200_000
_MERGE_SHARE = 3
_PIECE, _ASKED = 1 << 20, 1 << 17
"""Keys that are joined, and asked for, at a time: all would take the whole base into memory."""

Run = tuple["NDArray[np.int64]", "NDArray[np.int64]"]
"""Keys, sorted and each once, and their ids."""


def _empty() -> Run:
    return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)


def _join(old: Run, young: Run) -> Run:
    """One run of both; where a key stands in both, the young id is kept."""
    if not old[0].size:
        return young
    place = np.searchsorted(old[0], young[0])
    inside = np.minimum(place, old[0].size - 1)
    same = old[0][inside] == young[0]
    ids = old[1]
    if same.any():
        ids = ids.copy()
        ids[inside[same]] = young[1][same]
    return _merged((old[0], ids), (young[0][~same], young[1][~same]))


def _merged(old: Run, new: Run) -> Run:
    """One run of both, which have no key in common; a piece at a time, since ten million are much.

    Polars merges them in a third of the time that numpy needs to insert them.
    """
    size = old[0].size + new[0].size
    run = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
    cuts = [*range(_PIECE, old[0].size, _PIECE), old[0].size]
    of_new = [*np.searchsorted(new[0], old[0][cuts[:-1]]), new[0].size]
    at = begin = first = 0
    for end, last in zip(cuts, of_new, strict=True):
        piece = _frame(old, begin, end).merge_sorted(_frame(new, first, last), "key")
        begin, first = end, last
        for whole, name in zip(run, piece.columns, strict=True):
            whole[at : at + piece.height] = piece[name].to_numpy()
        at += piece.height
        for array in old:
            folder.let_go(array)
    return run


def _frame(run: Run, begin: int, end: int) -> pl.DataFrame:
    return pl.DataFrame({"key": run[0][begin:end], "id": run[1][begin:end]})


def _find(run: Run, keys: NDArray[np.int64], ids: NDArray[np.int64]) -> None:
    """Fill `ids` where it is -1 and the run knows the key."""
    if not run[0].size:
        return
    place = np.minimum(np.searchsorted(run[0], keys), run[0].size - 1)
    known = (run[0][place] == keys) & (ids < 0)
    ids[known] = run[1][place[known]]


class KeyFile:
    """The arrays in a folder, and what was learnt since they were written.

    Args:
        path: the folder; a missing or damaged one counts as empty.

    Attributes:
        through: every finding up to this id is known.
        witness: key of finding `through`, by which arrays of another table are told; None where
            it is not known.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._base, self._recent = _empty(), _empty()
        self._young: list[Run] = []
        self._base_through = 0
        self.through = 0
        self.witness: int | None = None
        for name in ("base", "recent"):
            self._load(name)

    def _load(self, name: str) -> None:
        try:
            stored = folder.read(self._path / name, kind=KIND, mend=_MEND)
        except (EnvironmentFault, Damaged):
            return
        run = stored.arrays["keys"], stored.arrays["ids"]
        through = int(stored.facts["through"])
        if name == "base":
            self._base, self._base_through = run, through
        elif through > self.through and int(stored.facts["after"]) <= self.through:
            self._recent = run
        else:
            return
        self.through, self.witness = through, stored.facts["witness"]

    def forget(self) -> None:
        """Begin with nothing, as where the table is not the one that was learnt."""
        self._base, self._recent, self._young = _empty(), _empty(), []
        self._base_through = self.through = 0
        self.witness = None

    def learn(self, pairs: NDArray[np.int64], through: int) -> None:
        """Take in findings above `self.through`, all of them up to `through`.

        Args:
            pairs: key and id of each that has a key, shape (n, 2).
            through: the highest id among them, with a key or without.
        """
        if through > self.through:
            last_key = pairs[pairs[:, 1] == through, 0]
            self.through = through
            self.witness = int(last_key[0]) if last_key.size else None
        if not pairs.size:
            return
        ordered = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
        last = np.append(ordered[1:, 0] != ordered[:-1, 0], True)
        run = ordered[last, 0].copy(), ordered[last, 1].copy()
        # Runs of about one length are joined: each key is copied a few times, not at every call.
        while self._young and self._young[-1][0].size <= 2 * run[0].size:
            run = _join(self._young.pop(), run)
        self._young.append(run)

    def resolve(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Ids of `keys` (sorted makes it fast), -1 where there is no finding up to `through`."""
        ids = np.full(keys.size, -1, dtype=np.int64)
        for begin in range(0, keys.size, _ASKED):
            some = slice(begin, begin + _ASKED)
            for run in (*reversed(self._young), self._recent, self._base):
                _find(run, keys[some], ids[some])
            if keys.size > _ASKED:
                self.rest()
        return ids

    def save(self, *, force: bool = False) -> bool:
        """Write down what was learnt, when it is much; returns whether it was."""
        if not force and sum(run[0].size for run in self._young) < _WRITE_AT:
            return False
        recent = self._recent
        for run in self._young:
            recent = _join(recent, run)
        if recent[0].size * _MERGE_SHARE > self._base[0].size:
            self._base, self._recent = _join(self._base, recent), _empty()
            self._base_through = self.through
            self._write("base", self._base, after=0)
            self._map_base()
        else:
            self._recent = recent
            self._write("recent", recent, after=self._base_through)
        self._young = []
        return True

    def _map_base(self) -> None:
        """Have the base that was just written as the file's pages, not in memory a second time."""
        written = KeyFile(self._path)
        if written._base_through == self._base_through:
            self._base = written._base

    def rest(self) -> None:
        """Let the pages go that look-ups have touched; the next one brings them back."""
        for array in self._base:
            folder.let_go(array)

    def _write(self, name: str, run: Run, *, after: int) -> None:
        facts = {"through": self.through, "after": after, "witness": self.witness}
        folder.write(self._path / name, {"keys": run[0], "ids": run[1]}, kind=KIND, facts=facts)
