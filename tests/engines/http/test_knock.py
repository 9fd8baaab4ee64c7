"""One knock at one port: what is heard, and at whom nobody knocks."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engines.http.conftest import running

from pehra.engines.http.knock import Heard, Knock, check_target, knock
from pehra.engines.http.resolve import is_public
from pehra.kernel.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def saying(words: bytes) -> Iterator[int]:
    """A port of the loopback that takes one visitor, hears it out and says something."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            visitor, _ = server.accept()
            with visitor:
                if words:
                    visitor.recv(4096)
                visitor.sendall(words)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def test_a_port_is_open_or_closed() -> None:
    with saying(b"") as port:
        assert knock("127.0.0.1", port, loopback=True) == Knock(Heard.OPEN)
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    assert knock("127.0.0.1", free, loopback=True) == Knock(Heard.CLOSED)


def test_of_a_web_service_the_status_is_read_and_nothing_else() -> None:
    with running() as server:
        server.say("/", b"secret", 404)
        port = server.server_port
        assert knock("127.0.0.1", port, speaks="http", loopback=True) == Knock(Heard.OPEN, 404)
        assert [path for path, _ in server.asked] == ["/"]
        told = knock("127.0.0.1", port, speaks="https", loopback=True)
        assert told == Knock(Heard.OPEN)
    for words, status in ((b"HTTP/1.1 200 OK\r\n", 200), (b"SSH-2.0\r\n", None), (b"\xff", None)):
        with saying(words) as port:
            told = knock("127.0.0.1", port, speaks="http", loopback=True)
            assert told == Knock(Heard.OPEN, status)


def test_what_never_answers_is_unreachable() -> None:
    """A listener whose queue is full lets nobody in: the kernel drops what knocks then."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        place = full.getsockname()
        with socket.create_connection(place):
            told = knock(place[0], place[1], loopback=True, seconds=0.05)
            assert told == Knock(Heard.UNREACHABLE)


@given(st.ip_addresses())
def test_only_public_addresses_are_targets(address: object) -> None:
    text = str(address)
    try:
        check_target(text, 23)
        good = True
    except Refused:
        good = False
    assert good == is_public(address)  # type: ignore[arg-type] # of either family


@pytest.mark.parametrize(
    ("address", "port", "loopback"),
    [
        ("127.0.0.1", 23, False),
        ("192.0.2.1", 23, False),
        ("10.0.0.1", 23, True),
        ("8.8.8.8", 23, True),
        ("localhost", 23, True),
        ("127.0.0.1", 0, True),
        ("127.0.0.1", 65536, True),
    ],
)
def test_at_whom_nobody_knocks(address: str, port: int, *, loopback: bool) -> None:
    with pytest.raises(Refused, match="not checked"):
        knock(address, port, loopback=loopback)
