"""TXT records as a real server sends them, and what is no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pehra.engines.dns.txt import Resolvers, texts
from pehra.kernel.errors import EnvironmentFault

if TYPE_CHECKING:
    from tests.engines.dns.conftest import Server


def test_strings_of_a_record_are_joined(name_server: Server) -> None:
    name_server.records["a.example"] = ['"pehra-control=" "abc"', '"v=spf1 -all"']
    found = texts("a.example", name_server.resolvers())
    assert sorted(found) == ["pehra-control=abc", "v=spf1 -all"]


def test_a_name_without_records_has_none(name_server: Server) -> None:
    name_server.records["empty.example"] = []
    assert texts("empty.example", name_server.resolvers()) == ()
    assert texts("nothing.example", name_server.resolvers()) == ()


def test_a_broken_server_says_nothing_of_the_name(name_server: Server) -> None:
    name_server.broken.add("b.example")
    with pytest.raises(EnvironmentFault) as caught:
        texts("b.example", name_server.resolvers(0.2))
    assert caught.value.message.startswith("The name server gives no answer about b.example")


@pytest.mark.parametrize("name", ["a..b", "x" * 64 + ".example"])
def test_what_is_no_name_is_no_crash(name: str) -> None:
    with pytest.raises(EnvironmentFault):
        texts(name, Resolvers(("127.0.0.1",), 1, 0.2))


def test_only_so_many_records_are_read(name_server: Server) -> None:
    name_server.records["many.example"] = [f'"{number}"' for number in range(80)]
    assert len(texts("many.example", name_server.resolvers())) == 64
