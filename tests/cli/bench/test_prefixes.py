"""Address tables become ranges, and ranges the fewest prefixes that cover them."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.cli.bench.prefixes import Prefixes, made_up, networks, read
from pehra.kernel.addresses import SPECIAL
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def test_read_takes_the_ipv4_ranges_in_order(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text(
        '1.0.4.0,1.0.7.255,38803,"Gtelecom, Pty"\n'
        "1.0.0.0,1.0.0.255,13335,Cloudflare\n"
        "2001:db8::,2001:db8::ffff,64500,Six\n"
    )
    prefixes = read(table)
    assert prefixes.first.tolist() == [16777216, 16778240]
    assert prefixes.sizes.tolist() == [256, 1024]
    assert prefixes.asn.tolist() == [13335, 38803]


def test_read_refuses_what_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        read(tmp_path / "absent.csv")


@given(st.lists(st.integers(0, 2**32 - 1), min_size=2, max_size=12, unique=True))
def test_networks_cover_each_range_exactly_with_the_fewest(ends: list[int]) -> None:
    bounds = np.array(sorted(ends)[: len(ends) // 2 * 2], dtype=np.uint32).reshape(-1, 2)
    count = len(bounds)
    prefixes = Prefixes(bounds[:, 0], bounds[:, 1], np.arange(count))
    wanted = [
        (int(network.network_address), network.prefixlen, asn)
        for asn, (first, last) in enumerate(bounds.tolist())
        for network in ipaddress.summarize_address_range(
            ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)
        )
    ]
    found = networks(prefixes)
    assert found.select("network", "length", "asn").rows() == wanted


def test_made_up_prefixes_are_public_and_disjoint() -> None:
    prefixes = made_up(5_000, seed=3)
    assert len(prefixes) == 5_000
    assert bool(np.all(prefixes.first[1:] > prefixes.last[:-1]))
    for special in SPECIAL:
        if isinstance(special, ipaddress.IPv4Network):
            low, high = int(special.network_address), int(special.broadcast_address)
            assert not bool(np.any((prefixes.first <= high) & (prefixes.last >= low)))


def test_made_up_prefixes_have_an_end() -> None:
    with pytest.raises(UsageError):
        made_up(5_000_000)
