"""A name server on the loopback that answers TXT questions as the test says."""

from __future__ import annotations

import socketserver
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from pehra.engines.dns.txt import Resolvers

if TYPE_CHECKING:
    from collections.abc import Iterator


class Server(socketserver.ThreadingUDPServer):
    """Keeps records by name; a name that it does not know does not exist."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.records: dict[str, list[str]] = {}
        self.broken: set[str] = set()

    def resolvers(self, seconds: float = 5.0) -> Resolvers:
        """By which it is asked."""
        return Resolvers(("127.0.0.1",), self.server_address[1], seconds)


class _Handler(socketserver.BaseRequestHandler):
    server: Server

    def handle(self) -> None:
        data, socket = self.request
        question = dns.message.from_wire(data)
        name = question.question[0].name.to_text().rstrip(".").lower()
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        if name in self.server.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self.server.records:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif self.server.records[name]:
            rows = self.server.records[name]
            answer.answer.append(dns.rrset.from_text(f"{name}.", 0, "IN", "TXT", *rows))
        socket.sendto(answer.to_wire(), self.client_address)


@contextmanager
def serving() -> Iterator[Server]:
    """A running server for the length of a `with`."""
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def name_server() -> Iterator[Server]:
    with serving() as server:
        yield server
