"""Only public addresses are connected to."""

from __future__ import annotations

import ipaddress

import pytest

from pehra.engines.http.resolve import is_public, resolve
from pehra.kernel.errors import EnvironmentFault, Refused

INSIDE = [
    "0.0.0.1",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fc00::1",
    "fe80::1",
    "ff02::1",
]


@pytest.mark.parametrize("text", INSIDE)
def test_what_is_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))
    with pytest.raises(Refused):
        resolve(text, 80)


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_what_is_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))
    assert resolve(text, 443) == ipaddress.ip_address(text)


def test_loopback_is_an_explicit_wish() -> None:
    assert resolve("127.0.0.1", 80, loopback=True) == ipaddress.ip_address("127.0.0.1")
    with pytest.raises(Refused):
        resolve("10.0.0.1", 80, loopback=True)
    with pytest.raises(Refused):
        resolve("localhost", 80)


@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".invalid", "no-such-name.invalid"])
def test_what_does_not_resolve(host: str) -> None:
    with pytest.raises(EnvironmentFault):
        resolve(host, 80)
