"""Asking registries: where, whatever they answer, and nobody who is not public."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from tests.engines.http.conftest import running
from tests.registry.test_rdap import answer, entity

from pehra.kernel.settings import Registries
from pehra.registry.asking import Place, named, places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engines.http.conftest import Server

NOW = datetime(2026, 11, 22, tzinfo=UTC)
KNOWN = Registries("https://rdap.example/", "https://peers.example/api")
GOOD = answer(entity("abuse", email="abuse@telecom.example"))


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as found:
        yield found


def test_where_each_kind_is_asked_about() -> None:
    assert [place.url for place in places("prefix", "192.0.2.0/24", KNOWN)] == [
        "https://rdap.example/ip/192.0.2.0/24"
    ]
    assert [place.url for place in places("asn", "64500", KNOWN)] == [
        "https://rdap.example/autnum/64500",
        "https://peers.example/api/net?asn=64500&depth=2",
    ]
    assert [place.url for place in places("domain", "bank.example", KNOWN)] == [
        "https://bank.example/.well-known/security.txt"
    ]
    assert places("prefix", "192.0.2.0/24", Registries("", "")) == []
    assert places("software", "nginx", KNOWN) == []


def test_a_registry_sends_on_to_the_one_that_knows(server: Server) -> None:
    server.say("/first", b"", status=302, location=f"{server.url}/second")
    server.say("/second", GOOD)
    found = named(Place(f"{server.url}/first", "rdap"), NOW, loopback=True)
    assert ([one.email for one in found.contacts], found.fault) == (["abuse@telecom.example"], "")


def test_what_is_not_there_names_nobody_and_is_no_fault(server: Server) -> None:
    server.say("/x", b"", status=404)
    found = named(Place(f"{server.url}/x", "security.txt"), NOW, loopback=True)
    assert (found.contacts, found.fault) == ((), "")


def test_faults_are_told_in_words(server: Server) -> None:
    server.say("/away", b"", status=503)
    server.say("/loop", b"", status=302, location=f"{server.url}/loop")
    server.say("/html", b"<html>")
    server.say("/list", json.dumps([1]).encode())
    server.say("/file", b"", status=302, location="file:///etc/passwd")
    faults = [
        named(Place(f"{server.url}/{name}", "rdap"), NOW, loopback=True).fault
        for name in ("away", "loop", "html", "list", "file")
    ]
    assert [fault.removeprefix(server.url)[:20] for fault in faults] == [
        "/away answers 503.",
        "/loop leads on and o",
        "/html cannot be read",
        "/list cannot be read",
        "/file leads to file:",
    ]


def test_nobody_on_this_machine_is_asked(server: Server) -> None:
    found = named(Place(f"{server.url}/x", "rdap"), NOW)
    assert ("not a public address" in found.fault, server.asked) == (True, [])
