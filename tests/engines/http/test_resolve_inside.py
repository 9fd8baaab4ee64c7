"""No spelling, form or second answer of a name leads a request into our own network."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.engines.http.ask import Question, ask
from pehra.engines.http.fetch import fetch
from pehra.engines.http.resolve import is_public, resolve
from pehra.kernel.errors import EnvironmentFault, Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.engines.http.conftest import Server

INSIDE = ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
          "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4",
          "240.0.0.0/4")  # fmt: skip
CARRIERS: dict[str, Callable[[int], int]] = {
    "mapped, RFC 4291": lambda four: 0xFFFF << 32 | four,
    "compatible, RFC 4291": lambda four: four,
    "translated, RFC 2765": lambda four: 0xFFFF << 48 | four,
    "NAT64, RFC 6052": lambda four: 0x64FF9B << 96 | four,
    "local NAT64, RFC 8215": lambda four: 0x64FF9B0001 << 80 | four,
    "6to4, RFC 3056": lambda four: 0x2002 << 112 | four << 80,
    "Teredo, RFC 4380": lambda four: 0x20010000 << 96 | four << 64,
    "ISATAP, RFC 5214": lambda four: 0xFE80 << 112 | 0x5EFE << 32 | four,
}
METADATA = ("169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "192.0.0.192",
            "168.63.129.16", "fd20:ce::254", "::ffff:169.254.169.254")  # fmt: skip
OTHERS = ("fec0::1", "3fff::1", "5f00::1", "100::1", "2001:db8::1", "fc00::1", "ff0e::1", "::")


def inside() -> st.SearchStrategy[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    return st.one_of([st.ip_addresses(v=4, network=network) for network in INSIDE])


@given(inside(), st.sampled_from(sorted(CARRIERS)))
def test_an_address_inside_stays_inside_in_every_form(
    four: ipaddress.IPv4Address | ipaddress.IPv6Address, form: str
) -> None:
    assert not is_public(four)
    assert not is_public(ipaddress.IPv6Address(CARRIERS[form](int(four))))


@pytest.mark.parametrize("text", [*METADATA, *OTHERS])
def test_metadata_and_what_is_no_unicast_is_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))
    with pytest.raises(Refused):
        resolve(text, 80)


SPELLED = (
    *("0x7f000001", "017700000001", "2130706433", "127.1", "0", "localhost", "localhost."),
    *("[::]", "[0:0:0:0:0:ffff:7f00:1]", "%31%32%37.0.0.1", "\u246027.0.0.1"),
)


@pytest.mark.parametrize("host", SPELLED)
def test_no_spelling_of_this_machine_is_asked(host: str) -> None:
    with pytest.raises((Refused, EnvironmentFault)):
        ask(Question("GET", f"http://{host}:1/"))


_REAL = socket.getaddrinfo


class Rebound:
    """A resolver whose names mean one thing, then another; addresses mean themselves."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int, *more: int, **named: int) -> list[Any]:
        """The next answer."""
        if not host.endswith(".example"):
            return _REAL(host, port, *more, **named)
        told = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in told]


def test_one_answer_inside_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Rebound(["8.8.8.8", "10.0.0.1"]))
    with pytest.raises(Refused):
        resolve("mixed.example", 80)


def test_a_name_is_resolved_once_and_what_was_checked_is_connected_to(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the second answer, whatever it is, is never asked for."""
    server.say("/f", b"it")
    rebound = Rebound(["127.0.0.1"], ["10.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    fetch(f"http://moves.example:{server.server_port}/f", tmp_path / "f", loopback=True)
    assert (rebound.asked, (tmp_path / "f").read_bytes()) == (1, b"it")
    assert server.asked[0][1]["host"] == f"moves.example:{server.server_port}"


def test_each_hop_is_resolved_and_checked_again(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = f"http://moves.example:{server.server_port}/there"
    server.say("/f", b"", status=302, location=there)
    rebound = Rebound(["127.0.0.1"], ["169.254.169.254"])
    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    with pytest.raises(Refused, match=r"169\.254\.169\.254"):
        fetch(f"http://moves.example:{server.server_port}/f", tmp_path / "f", loopback=True)
    assert len(server.asked) == 1
