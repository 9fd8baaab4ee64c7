"""Early warnings: what lies under a proven asset, and only for its own holder."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.notices.warned import Early, Placed, Wish, covers, early


def placed(asset: str, *, asn: int | None = None, severity: int = 2, holder: int = 1) -> Placed:
    return Placed(id=9, organisation=holder, severity=severity, asset=asset, asn=asn)


def wants(kind: str, asset: str, *, holder: int = 1) -> Wish:
    return Wish(organisation=holder, kind=kind, asset=asset, at_once=("medium",), digest=("low",))


@pytest.mark.parametrize(
    ("kind", "value", "finding", "expected"),
    [
        ("prefix", "192.0.2.0/25", placed("192.0.2.127"), True),
        ("prefix", "192.0.2.0/25", placed("192.0.2.128"), False),
        ("prefix", "2001:db8::/32", placed("2001:db8::1"), True),
        ("prefix", "0.0.0.0/0", placed("2001:db8::1"), False),
        ("prefix", "192.0.2.0/24", placed("bank.example"), False),
        ("prefix", "192.0.2.0/24", placed("pool 3"), False),
        ("domain", "bank.example", placed("bank.example"), True),
        ("domain", "bank.example", placed("www.bank.example"), True),
        ("domain", "bank.example", placed("notbank.example"), False),
        ("asn", "64500", placed("192.0.2.1", asn=64500), True),
        ("asn", "64500", placed("192.0.2.1", asn=64501), False),
        ("asn", "64500", placed("192.0.2.1"), False),
        ("software", "nginx", placed("nginx"), False),
    ],
)
def test_what_lies_under_an_asset(kind: str, value: str, finding: Placed, expected: bool) -> None:  # noqa: FBT001 a parameter of the table
    assert covers(kind, value, finding) is expected


@given(st.ip_addresses(v=4), st.integers(8, 32))
def test_every_address_of_a_prefix_lies_under_it(address: ipaddress.IPv4Address, bits: int) -> None:
    network = ipaddress.ip_network((address, bits), strict=False)
    assert covers("prefix", str(network), placed(str(address)))
    outside = int(network.broadcast_address) + 1
    if outside < 2**32:
        assert not covers("prefix", str(network), placed(str(ipaddress.ip_address(outside))))


def test_each_severity_goes_its_way_and_only_to_its_holder() -> None:
    subscribed = [wants("prefix", "192.0.2.0/24")]
    assert early([placed("192.0.2.1")], subscribed) == Early(at_once=frozenset({9}))
    assert early([placed("192.0.2.1", severity=1)], subscribed) == Early(digest=frozenset({9}))
    assert early([placed("192.0.2.1", severity=3)], subscribed) == Early()
    assert early([placed("192.0.2.1", holder=2)], subscribed) == Early()
