"""Looks at real servers on the loopback: a name server, and a web server behind the guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.engines.dns.conftest import serving
from tests.engines.http.conftest import running

from pehra.kernel.settings import Dns, Fetch, Settings
from pehra.registry.looks import Look, Means, look, means_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engines.dns.conftest import Server as Names
    from tests.engines.http.conftest import Server as Pages

PATH = "/.well-known/pehra-control.txt"
LINE = "pehra-control=word"


@pytest.fixture
def names() -> Iterator[Names]:
    with serving() as server:
        yield server


@pytest.fixture
def pages() -> Iterator[Pages]:
    with running() as server:
        yield server


def test_a_record_is_found_missed_or_not_answered(names: Names) -> None:
    means = Means(names.resolvers(0.3))
    name = "_pehra-control.bank.example"

    def seen() -> bool | None:
        return look("dns-txt", "bank.example", "word", means).found

    assert seen() is False
    names.records[name] = ['"other"']
    assert look("dns-txt", "bank.example", "word", means) == Look(
        found=False, detail=f"1 other records stand at {name}."
    )
    names.records[name] = [f'"{LINE}"']
    assert seen() is True
    names.broken.add(name)
    assert seen() is None


def test_a_file_is_found_missed_or_not_answered(pages: Pages) -> None:
    means = Means(loopback=True, address=lambda _: f"{pages.url}{PATH}")

    def seen() -> bool | None:
        return look("https-file", "bank.example", "word", means).found

    bodies = (
        (b"", False),
        (b"pehra-control=words\n", False),
        (b"# x\n\npehra-control=word\r\n", True),
        (LINE.encode() + b"\n" + b"x" * 5000, False),
        (b"\xff\xfe", False),
    )
    for body, found in bodies:
        pages.say(PATH, body)
        assert seen() is found
    pages.say(PATH, b"", status=404)
    assert seen() is False
    pages.say(PATH, b"", status=503)
    assert seen() is None


def test_what_stands_elsewhere_proves_nothing(pages: Pages) -> None:
    pages.say("/there", LINE.encode())
    pages.say(PATH, b"", status=302, location="/there")
    means = Means(loopback=True, address=lambda _: f"{pages.url}{PATH}")
    assert look("https-file", "bank.example", "word", means).found is False


def test_no_file_is_fetched_from_this_machine(pages: Pages) -> None:
    pages.say(PATH, LINE.encode())
    means = Means(address=lambda _: f"{pages.url}{PATH}")
    found = look("https-file", "bank.example", "word", means)
    assert (found.found, pages.asked) == (False, [])
    assert "not a public address" in found.detail


def test_the_settings_say_whom_to_ask() -> None:
    told = Settings(dns=Dns(("192.0.2.1",), 5353, 1.5), fetch=Fetch(loopback=True))
    means = means_of(told)
    assert (means.resolvers.addresses, means.resolvers.port) == (("192.0.2.1",), 5353)
    assert (means.resolvers.seconds, means.loopback) == (1.5, True)
