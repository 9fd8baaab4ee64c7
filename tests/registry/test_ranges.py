"""Segments tile the space of 128 bits, and every address is found in its own."""

from __future__ import annotations

import ipaddress

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.kernel.addresses import pack
from pehra.registry.ranges import (
    Keys,
    Segments,
    addresses_of,
    cut,
    incidence,
    is_ipv4,
    keys_of,
    packed_of,
    prefix_ends,
    successor,
)

TOP = 2**128 - 1
V4 = 0xFFFF_0000_0000
# Few values near the seams, so that ranges touch, nest and share upper halves.
SEAMS = [0, 1, V4 - 1, V4, V4 + 5, V4 + 2**32 - 1, V4 + 2**32, 2**64 - 1, 2**64, 2**64 + 1, TOP]
address = st.one_of(
    st.sampled_from(SEAMS),
    st.integers(V4, V4 + 64),
    st.integers(2**64 * 7, 2**64 * 7 + 9),
    st.integers(0, TOP),
)


def _keys(values: list[int]) -> Keys:
    return Keys(
        np.array([value >> 64 for value in values], dtype=np.uint64),
        np.array([value & (2**64 - 1) for value in values], dtype=np.uint64),
    )


def _ints(keys: Keys) -> list[int]:
    return [int(high) << 64 | int(low) for high, low in zip(keys.high, keys.low, strict=True)]


@given(ends=st.lists(st.tuples(address, address), max_size=12), asked=st.lists(address, min_size=1))
@settings(deadline=None)
def test_find_agrees_with_a_linear_scan(ends: list[tuple[int, int]], asked: list[int]) -> None:
    ranges = [(min(pair), max(pair)) for pair in ends]
    tiles = cut(_keys([low for low, _ in ranges]), _keys([high for _, high in ranges]))
    starts, stops = _ints(tiles.segments.starts()), _ints(tiles.segments.ends())
    assert starts[0] == 0
    assert stops[-1] == TOP
    assert [stop + 1 for stop in stops[:-1]] == starts[1:]
    found = tiles.segments.find(_keys(asked)).tolist()
    assert found == [max(n for n, start in enumerate(starts) if start <= key) for key in asked]
    for number, (low, high) in enumerate(ranges):
        assert starts[tiles.first[number]] == low
        assert stops[tiles.last[number] - 1] == high
    stored = Segments.from_arrays(tiles.segments.arrays())
    assert stored.find(_keys(asked)).tolist() == found


def test_large_random_requests_agree_with_small_ones() -> None:
    chance = np.random.default_rng(5)
    low = chance.integers(V4, V4 + 2**32, 40_000, dtype=np.uint64)
    keys = Keys(np.zeros(len(low), np.uint64), low)
    tiles = cut(keys.take(np.arange(500)), keys.take(np.arange(500)))
    whole = tiles.segments.find(keys)
    parts = [tiles.segments.find(keys.take(part)) for part in np.split(np.arange(40_000), 8)]
    assert whole.tolist() == np.concatenate(parts).tolist()


@given(value=st.integers(0, TOP), length=st.integers(0, 128))
@settings(deadline=None)
def test_prefix_ends_are_those_of_ipaddress(value: int, length: int) -> None:
    start, end = prefix_ends(_keys([value]), np.array([length]))
    network = ipaddress.IPv6Network((value, length), strict=False)
    assert _ints(start) == [int(network.network_address)]
    assert _ints(end) == [int(network.broadcast_address)]


@given(value=st.integers(0, TOP))
@settings(deadline=None)
def test_successor_and_packing(value: int) -> None:
    after, none = successor(_keys([value]))
    assert none.tolist() == [value == TOP]
    assert _ints(after) == [(value + 1) % 2**128]
    column = packed_of(_keys([value]))
    assert column.to_list() == [value.to_bytes(16, "big")]
    assert _ints(keys_of(column)[0]) == [value]


def test_nulls_and_stray_bytes_are_no_addresses() -> None:
    column = pl.Series([pack("192.0.2.1"), None, b"", b"x" * 17, pack("2001:db8::")])
    keys, known = keys_of(column)
    assert known.tolist() == [True, False, False, False, True]
    assert _ints(keys)[1:4] == [0, 0, 0]
    assert is_ipv4(keys).tolist() == [True, False, False, False, False]


@given(texts=st.lists(st.sampled_from(["192.0.2.1", "64500", "", None, "2001:db8::", "x"])))
@settings(deadline=None)
def test_text_that_is_no_address_is_null(texts: list[str | None]) -> None:
    known = {"192.0.2.1": pack("192.0.2.1"), "2001:db8::": pack("2001:db8::")}
    column = pl.concat([pl.Series("ip", [text], dtype=pl.String) for text in [None, *texts]])
    assert addresses_of(column).to_list() == [None, *(known.get(text or "") for text in texts)]


def test_incidence_lists_every_pair() -> None:
    cell, item = incidence(np.array([0, 4, 2]), np.array([2, 4, 5]))
    assert list(zip(cell.tolist(), item.tolist(), strict=True)) == [
        (0, 0),
        (1, 0),
        (2, 2),
        (3, 2),
        (4, 2),
    ]
