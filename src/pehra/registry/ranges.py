"""Address space cut into segments: both families in one order of 128 bits, looked up in numpy.

An address is two unsigned 64-bit halves (`Keys`); IPv4 is mapped (`pehra.kernel.addresses`), so the
whole of IPv4 is one stretch of the order, kept apart as 32-bit starts because most look-ups are
there. Segments tile the space: every address is in exactly one. IPv6 starts are found by their
upper half first; only where several starts share it does the lower half decide.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl
import polars_iptools as ip

from pehra.kernel.addresses import unpack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

U64 = np.uint64
_MAPPED_FIRST = 0xFFFF_0000_0000
_MAPPED_LAST = 0xFFFF_FFFF_FFFF
_WORTH_SORTING = 10_000
_HALF = 64
_FULL = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


class Keys(NamedTuple):
    """Addresses as halves of 128 bits, big end first."""

    high: NDArray[np.uint64]
    low: NDArray[np.uint64]

    def take(self, rows: NDArray[Any]) -> Keys:
        """The addresses at `rows` (numbers or a mask)."""
        return Keys(self.high[rows], self.low[rows])


def joined(parts: list[Keys]) -> Keys:
    """One after the other."""
    return Keys(
        np.concatenate([part.high for part in parts]), np.concatenate([part.low for part in parts])
    )


def keys_of(packed: pl.Series) -> tuple[Keys, NDArray[np.bool_]]:
    """Halves of a column of 16-byte addresses, and a mask of those that are addresses.

    Nulls and values of another length are False in the mask and `::` in the keys.
    """
    halves = packed.bin.reinterpret(dtype=pl.Array(pl.UInt64, 2), endianness="big")
    known = halves.is_not_null().to_numpy()
    if not known.all():
        # Polars leaves the halves of a null undefined: replaced, so that look-ups stay repeatable.
        given = pl.when(pl.Series(known)).then(packed).otherwise(pl.lit(b"\x00" * 16))
        whole = pl.select(given).to_series()
        halves = whole.bin.reinterpret(dtype=pl.Array(pl.UInt64, 2), endianness="big")
    pairs = halves.to_numpy().reshape(-1, 2)
    return Keys(np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])), known


def addresses_of(text: pl.Series) -> pl.Series:
    """16-byte addresses of a column of text; null where the text is none."""
    # polars-iptools 0.2.2 refuses a chunk in which nothing is an address: one is put behind it.
    padded = text.extend_constant("::", 1).rechunk().to_frame()
    return padded.select(ip.to_address(pl.first()).ext.storage()).to_series().head(len(text))


def packed_of(keys: Keys) -> pl.Series:
    """16-byte column of halves; the inverse of `keys_of`."""
    raw = np.stack([keys.high, keys.low], axis=1).astype(">u8").view(np.uint8).tobytes()
    return pl.Series("ip", [raw[at : at + 16] for at in range(0, len(raw), 16)], dtype=pl.Binary())


def is_ipv4(keys: Keys) -> NDArray[np.bool_]:
    """Which addresses are mapped IPv4."""
    mapped: NDArray[np.bool_] = (keys.high == 0) & ((keys.low >> U64(32)) == U64(0xFFFF))
    return mapped


def successor(keys: Keys) -> tuple[Keys, NDArray[np.bool_]]:
    """The next address of each, and a mask of those that have none (the last of 128 bits)."""
    low = keys.low + U64(1)
    carried = low == 0
    high = np.where(carried, keys.high + U64(1), keys.high)
    return Keys(high, low), carried & (high == 0)


def _host_bits(length: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The bits of one half that a prefix leaves free."""
    shift = np.clip(length, 0, _HALF - 1).astype(U64)  # a shift by the whole width is undefined
    return np.where(length >= _HALF, U64(0), _FULL >> shift)


def prefix_ends(first: Keys, length: NDArray[np.int64]) -> tuple[Keys, Keys]:
    """First and last address of prefixes; `length` counts bits of 128 (IPv4: 96 more)."""
    high_host, low_host = _host_bits(length), _host_bits(length - _HALF)
    start = Keys(first.high & ~high_host, first.low & ~low_host)
    return start, Keys(start.high | high_host, start.low | low_host)


def prefixes_between(start: Keys, end: Keys) -> list[list[str]]:
    """The fewest prefixes that make up each inclusive range, spelled; for registers and pages."""
    spelled = []
    for first, last in zip(packed_of(start), packed_of(end), strict=True):
        ends = (ipaddress.ip_address(unpack(first)), ipaddress.ip_address(unpack(last)))
        spelled.append([str(network) for network in ipaddress.summarize_address_range(*ends)])
    return spelled


def _distinct(keys: Keys) -> tuple[Keys, NDArray[np.int64]]:
    """Sorted distinct keys, and where each given key is among them."""
    order = np.lexsort((keys.low, keys.high))
    high, low = keys.high[order], keys.low[order]
    fresh = np.empty(len(high), dtype=bool)
    fresh[:1] = True
    fresh[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    place = np.empty(len(high), dtype=np.int64)
    place[order] = np.cumsum(fresh) - 1
    return Keys(high[fresh], low[fresh]), place


class Segments:
    """Disjoint stretches that tile the whole address space, numbered in order.

    Attributes:
        size: how many there are.
    """

    def __init__(
        self, high: NDArray[np.uint64], low: NDArray[np.uint64], ipv4: NDArray[Any]
    ) -> None:
        """Take starts as stored.

        Args:
            high: upper halves of the starts outside IPv4, sorted, beginning with `::`.
            low: lower halves of the same.
            ipv4: 32-bit starts inside IPv4, sorted, beginning with 0.0.0.0.
        """
        self._high, self._low, self._ipv4 = high, low, ipv4
        self._before = int(np.searchsorted(low[: np.searchsorted(high, U64(1))], _MAPPED_FIRST))
        new = np.flatnonzero(np.concatenate([[True], high[1:] != high[:-1]]))
        self._upper = high[new]
        self._group = np.append(new, len(high))
        self._deepest = int(np.diff(self._group).max())
        self.size = len(high) + len(ipv4)

    @classmethod
    def from_starts(cls, starts: Keys) -> Segments:
        """Segments that begin at `starts`; they must be sorted, distinct, and hold the bounds."""
        inside = is_ipv4(starts)
        outside = starts.take(~inside)
        return cls(outside.high, outside.low, starts.low[inside].astype(np.uint32))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Segments:
        """As `arrays` gave them."""
        return cls(arrays["start.high"], arrays["start.low"], arrays["start.ipv4"])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What has to be stored."""
        return {"start.high": self._high, "start.low": self._low, "start.ipv4": self._ipv4}

    @property
    def ipv4(self) -> tuple[int, int]:
        """Numbers of the first segment of IPv4 and of the first after it."""
        return self._before, self._before + len(self._ipv4)

    def starts(self) -> Keys:
        """First address of every segment, in order."""
        at, inside = self._before, self._ipv4.astype(U64) + U64(_MAPPED_FIRST)
        return Keys(
            np.concatenate([self._high[:at], np.zeros(len(inside), U64), self._high[at:]]),
            np.concatenate([self._low[:at], inside, self._low[at:]]),
        )

    def ends(self) -> Keys:
        """Last address of every segment, in order."""
        start = self.starts()
        low = np.append(start.low[1:], U64(0)) - U64(1)
        high = np.append(start.high[1:], U64(0))
        high = np.where(low == _FULL, high - U64(1), high)
        return Keys(high, low)

    def find(self, keys: Keys) -> NDArray[np.int64]:
        """The number of the segment of each address; 5 M and more random ones a second."""
        inside = is_ipv4(keys)
        if inside.all():
            return self._find_ipv4(keys.low)
        found = np.empty(len(inside), dtype=np.int64)
        found[inside] = self._find_ipv4(keys.low[inside])
        found[~inside] = self._find_outside(keys.take(~inside))
        return found

    def _find_ipv4(self, low: NDArray[np.uint64]) -> NDArray[np.int64]:
        wanted = low.astype(np.uint32)  # the mapping prefix falls off
        if len(wanted) < _WORTH_SORTING or bool((wanted[1:] >= wanted[:-1]).all()):
            return np.searchsorted(self._ipv4, wanted, side="right") + (self._before - 1)
        # By /16 in linear time: neighbours in the table are then neighbours in the cache, too.
        order = np.argsort((wanted >> np.uint32(16)).astype(np.uint16), kind="stable")
        found = np.empty(len(wanted), dtype=np.int64)
        found[order] = np.searchsorted(self._ipv4, wanted[order], side="right")
        return found + (self._before - 1)

    def _find_outside(self, keys: Keys) -> NDArray[np.int64]:
        group = np.searchsorted(self._upper, keys.high, side="right") - 1
        # Number of starts at or before the key, bounded by halving inside the group.
        first, last = self._group[group], self._group[group + 1]
        same = self._upper[group] == keys.high
        least = np.where(same, first, last)
        most = last.copy()
        for _ in range(self._deepest.bit_length()):
            middle = (least + most) // 2
            reached = (middle < most) & (self._low[np.minimum(middle, last - 1)] <= keys.low)
            least = np.where(reached, middle + 1, least)
            most = np.where(reached, most, middle)
        number = least - 1
        return np.where(number >= self._before, number + len(self._ipv4), number)


class Cut(NamedTuple):
    """Ranges over the segments that their own ends cut.

    Attributes:
        segments: the tiles; range ends lie only on their ends.
        first: per range, its first segment.
        last: per range, the segment after its last.
    """

    segments: Segments
    first: NDArray[np.int64]
    last: NDArray[np.int64]

    def pairs(self, ranges: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Every (segment, place in `ranges`) that one covers, for the ranges of these numbers.

        An IPv6 range such as `::/0` does not cover IPv4, though mapped IPv4 lies inside it.
        """
        first, last = self.first[ranges], self.last[ranges]
        cell, item = incidence(first, last)
        begin, end = self.segments.ipv4
        around = (first < begin) & (last > end)
        if around.any():
            kept = ~(around[item] & (cell >= begin) & (cell < end))
            return cell[kept], item[kept]
        return cell, item


def cut(start: Keys, end: Keys) -> Cut:
    """Cut the space at the ends of inclusive ranges, and say which segments each covers."""
    after, none = successor(end)
    bounds = Keys(
        np.array([0, 0, 0], dtype=U64),
        np.array([0, _MAPPED_FIRST, _MAPPED_LAST + 1], dtype=U64),
    )
    starts, place = _distinct(joined([bounds, start, after]))
    segments = Segments.from_starts(starts)
    first, last = place[3 : 3 + len(none)], place[3 + len(none) :]
    return Cut(segments, first, np.where(none, segments.size, last))


def incidence(
    first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every (cell, range) with first <= cell < last, as two columns."""
    counts = np.maximum(last - first, 0)
    ranges = np.repeat(np.arange(len(first), dtype=np.int64), counts)
    within = np.arange(len(ranges), dtype=np.int64) - np.repeat(np.cumsum(counts) - counts, counts)
    return first[ranges] + within, ranges
