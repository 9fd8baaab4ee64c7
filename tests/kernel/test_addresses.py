"""Addresses as 16 bytes: one spelling, both families, an order that the sort key narrows."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.addresses import (
    DOCUMENTATION,
    SPECIAL,
    bounds,
    canonical_network,
    pack,
    sort_key,
    unpack,
)

ADDRESSES = st.ip_addresses(v=4) | st.ip_addresses(v=6)


def is_mapped(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None


@given(ADDRESSES.filter(lambda address: not is_mapped(address)))
def test_text_comes_back(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert len(pack(address)) == 16
    assert pack(str(address)) == pack(address)
    assert unpack(pack(address)) == str(address)


def test_a_mapped_address_is_its_ipv4() -> None:
    assert pack("::ffff:192.0.2.1") == pack("192.0.2.1")
    assert unpack(pack("::ffff:192.0.2.1")) == "192.0.2.1"


@pytest.mark.parametrize("text", ["", "192.0.2", "192.0.2.256", "2001:db8::g", "example.org"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        pack(text)


@given(st.ip_addresses(v=4), st.ip_addresses(v=4))
def test_the_key_keeps_the_order_of_ipv4(
    one: ipaddress.IPv4Address, other: ipaddress.IPv4Address
) -> None:
    assert (sort_key(pack(one)) < sort_key(pack(other))) is (one < other)


@given(ADDRESSES)
def test_the_key_is_a_signed_64_bit_integer(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    assert -(2**63) <= sort_key(pack(address)) < 2**63


@given(st.ip_addresses(v=6).filter(lambda address: not is_mapped(address)), st.integers(0, 64))
def test_a_prefix_is_one_range_of_keys(address: ipaddress.IPv6Address, length: int) -> None:
    first, last = bounds(f"{address}/{length}")
    halves = (sort_key(first) < 0) == (sort_key(last) < 0)
    # The upper half of IPv6 reads as negative: a prefix that spans both halves is no one range.
    assert (sort_key(first) <= sort_key(pack(address)) <= sort_key(last)) or not halves


def test_bounds_cut_host_bits_off() -> None:
    assert bounds("192.0.2.77/24") == (pack("192.0.2.0"), pack("192.0.2.255"))
    assert bounds("2001:db8::1") == (pack("2001:db8::1"), pack("2001:db8::1"))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (" 192.0.2.77/24 ", "192.0.2.0/24"),
        ("192.0.2.77", "192.0.2.77/32"),
        ("2001:DB8:0::/32", "2001:db8::/32"),
        ("2001:db8::1", "2001:db8::1/128"),
    ],
)
def test_a_prefix_has_one_spelling(text: str, canonical: str) -> None:
    assert canonical_network(text) == canonical
    assert canonical_network(canonical) == canonical


def test_documentation_networks_are_not_special() -> None:
    clashes = [
        (one, other)
        for one in DOCUMENTATION
        for other in SPECIAL
        if one.version == other.version and one.overlaps(other)
    ]
    assert clashes == []
