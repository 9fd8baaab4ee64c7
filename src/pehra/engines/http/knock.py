"""Knock at one port of one address: is it open, closed, or silent? Nothing of an answer is kept.

The guard of `fetch`: only public addresses are connected to. An address is never a name here, so
nothing can point elsewhere between the check and the connection. One connection, no second try.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
from enum import StrEnum

import msgspec

from pehra.engines.http.resolve import is_public
from pehra.kernel.errors import Refused

SECONDS = 5.0
_PORTS = range(1, 65_536)
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? ([1-5]\d\d)(?:\s|$)")
_LONGEST_STATUS = 64


class Heard(StrEnum):
    """What a port says to one who knocks."""

    OPEN = "open"
    CLOSED = "closed"
    """It was refused, by the host itself."""
    UNREACHABLE = "unreachable"
    """Nothing came back: a filter, a host that is down, a way that is broken."""


class Knock(msgspec.Struct, frozen=True):
    """What was heard; `status` is that of HTTP, where it was asked for and given."""

    heard: Heard
    status: int | None = None


def knock(
    address: str, port: int, *, speaks: str = "", loopback: bool = False, seconds: float = SECONDS
) -> Knock:
    """Connect once, and hang up.

    Args:
        address: in text, no name.
        port: of TCP.
        speaks: `http` or `https`: the status line of `GET /` is read too; empty: nothing is said.
        loopback: knock at loopback addresses alone; for tests.
        seconds: of patience, for each thing that is waited for.

    Raises:
        Refused: that is no public address, or no port.
    """
    check_target(address, port, loopback=loopback)
    try:
        connection = socket.create_connection((address, port), timeout=seconds)
    except ConnectionRefusedError:
        return Knock(Heard.CLOSED)
    except OSError:
        return Knock(Heard.UNREACHABLE)
    with connection:
        return Knock(Heard.OPEN, _status(connection, address, speaks) if speaks else None)


def check_target(address: str, port: int, *, loopback: bool = False) -> None:
    """Refuse what must never be knocked at.

    Raises:
        Refused: that is no public address, or no port.
    """
    try:
        told = ipaddress.ip_address(address)
    except ValueError:
        told = None
    good = told is not None and (told.is_loopback if loopback else is_public(told))
    if not good or port not in _PORTS:
        message = f"{address} port {port} is not checked: it is no public address, or no port."
        raise Refused(message, mend="Only hosts on the Internet are checked.")


def _status(connection: socket.socket, address: str, speaks: str) -> int | None:
    """The status of a first answer; null where there is none that can be read."""
    host = f"[{address}]" if ":" in address else address
    asked = f"GET / HTTP/1.0\r\nHost: {host}\r\nUser-Agent: Pehra re-check\r\n\r\n".encode("ascii")
    try:
        if speaks == "https":
            # Whose certificate it is does not matter: nothing is trusted, nothing secret is said.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            with context.wrap_socket(connection) as wrapped:
                return _first_line(wrapped, asked)
        return _first_line(connection, asked)
    except OSError:
        return None


def _first_line(connection: socket.socket, asked: bytes) -> int | None:
    connection.sendall(asked)
    found = _STATUS.match(connection.recv(_LONGEST_STATUS))
    return int(found[1]) if found else None
