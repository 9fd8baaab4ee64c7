"""Which claim wins in which cell from when: compiled once, looked up by cell and moment.

A cell is a stretch of address space, an ASN, or a domain name. Claims come sorted, best first, so
the smaller number wins. In each cell time is cut at the ends of the claims that are dated; most
cells hold only undated ones and have a single slice, from the beginning of time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

from pehra.registry.ranges import incidence

ALWAYS_FROM = np.iinfo(np.int64).min
ALWAYS_TO = np.iinfo(np.int64).max
NOBODY = -1


class Held(NamedTuple):
    """Claims over cells, one line a pair.

    Attributes:
        cell: number of the cell.
        claim: number of the claim, best first.
        since: microseconds of 1970 from which it holds, `ALWAYS_FROM` without a date.
        until: first microsecond at which it no longer does, `ALWAYS_TO` without.
    """

    cell: NDArray[np.int64]
    claim: NDArray[np.int64]
    since: NDArray[np.int64]
    until: NDArray[np.int64]

    def take(self, rows: NDArray[Any]) -> Held:
        """The lines at `rows` (numbers or a mask)."""
        return Held(*(column[rows] for column in self))


class Timeline:
    """Winner and best loser of every slice of every cell.

    Attributes:
        first: per cell, its first slice; one more at the end.
        since: per slice, the microsecond of 1970 at which it begins.
        winner: per slice, the claim that holds, or `NOBODY`.
        beaten: per slice, the best of the others, or `NOBODY`.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]], prefix: str = "") -> None:
        self.first = arrays[f"{prefix}first"]
        self.since = arrays[f"{prefix}since"]
        self.winner = arrays[f"{prefix}winner"]
        self.beaten = arrays[f"{prefix}beaten"]
        widths = np.diff(self.first)
        self._most = int(widths.max()) if len(widths) else 1

    def arrays(self, prefix: str = "") -> dict[str, NDArray[Any]]:
        """What has to be stored."""
        names = ("first", "since", "winner", "beaten")
        return {f"{prefix}{name}": getattr(self, name) for name in names}

    @classmethod
    def compile(cls, held: Held, cells: int) -> Timeline:
        """Cut time in every cell and find who wins in each slice.

        Args:
            held: claims over cells; a claim stands in a cell once.
            cells: how many there are, numbered from 0.
        """
        dated = (held.since != ALWAYS_FROM) | (held.until != ALWAYS_TO)
        if not dated.any():
            first = np.arange(cells + 1, dtype=np.int64)
            since = np.full(cells, ALWAYS_FROM, dtype=np.int64)
            return cls._decided(first, since, held.cell, held.claim)
        in_dated_cell = np.zeros(cells, dtype=bool)
        in_dated_cell[held.cell[dated]] = True
        slices = _Slices(held.take(dated), cells)
        plain = ~in_dated_cell[held.cell]
        rest = held.take(~plain)
        numbers, pairs = incidence(
            slices.number(rest.cell, rest.since), slices.number(rest.cell, rest.until)
        )
        return cls._decided(
            slices.first,
            slices.since,
            np.concatenate([slices.first[held.cell[plain]], numbers]),
            np.concatenate([held.claim[plain], rest.claim[pairs]]),
        )

    @classmethod
    def _decided(
        cls,
        first: NDArray[np.int64],
        since: NDArray[np.int64],
        part: NDArray[np.int64],
        claim: NDArray[np.int64],
    ) -> Timeline:
        """Put the best claim of each slice in front, and the next one behind it."""
        winner = np.full(len(since), NOBODY, dtype=np.int32)
        beaten = np.full(len(since), NOBODY, dtype=np.int32)
        order = np.lexsort((claim, part))
        part, claim = part[order], claim[order]
        leads = np.concatenate([[True], part[1:] != part[:-1]]) if len(part) else part.astype(bool)
        winner[part[leads]] = claim[leads]
        seconds = np.flatnonzero(leads) + 1
        seconds = seconds[seconds < len(part)]
        seconds = seconds[~leads[seconds]]
        beaten[part[seconds]] = claim[seconds]
        return cls(
            {"first": first.astype(np.int32), "since": since, "winner": winner, "beaten": beaten}
        )

    def find(self, cell: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
        """The slice of each cell that holds at each moment (microseconds of 1970)."""
        if self._most == 1:
            return cell
        least = self.first[cell].astype(np.int64)
        several = np.flatnonzero(self.first[cell + 1] - least > 1)
        least[several] = self._halve(cell[several], at[several])
        return least

    def _halve(self, cell: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
        least = self.first[cell].astype(np.int64)
        most = self.first[cell + 1].astype(np.int64)
        for _ in range(self._most.bit_length()):
            middle = (least + most) // 2
            begun = self.since[middle] <= at
            least, most = np.where(begun, middle, least), np.where(begun, most, middle)
        return least


class _Slices:
    """Time cut in every cell at the ends of its dated claims."""

    def __init__(self, dated: Held, cells: int) -> None:
        moments = np.concatenate([dated.since, dated.until])
        cell = np.concatenate([dated.cell, dated.cell])
        inner = (moments != ALWAYS_FROM) & (moments != ALWAYS_TO)
        # One number per moment makes (cell, moment) a single integer; number 0 is the beginning.
        self._moments = np.unique(np.append(moments[inner], ALWAYS_FROM))
        self._width = len(self._moments)
        self._cells = cells
        begin = np.arange(cells, dtype=np.int64) * self._width
        self._keys = np.unique(np.append(begin, self._key(cell[inner], moments[inner])))
        self.first = np.append(np.searchsorted(self._keys, begin), len(self._keys))
        self.since = self._moments[self._keys % self._width]

    def _key(self, cell: NDArray[np.int64], moment: NDArray[np.int64]) -> NDArray[np.int64]:
        return cell * self._width + np.searchsorted(self._moments, moment)

    def number(self, cell: NDArray[np.int64], moment: NDArray[np.int64]) -> NDArray[np.int64]:
        """The slice that begins at `moment`; for `ALWAYS_TO` the one after the cell's last."""
        found = np.searchsorted(self._keys, self._key(cell, moment))
        return np.where(moment == ALWAYS_TO, self.first[cell + 1], found)
