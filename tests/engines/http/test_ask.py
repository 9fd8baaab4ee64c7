"""One question, guarded like a fetch, and one short answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pehra.engines.http.ask import Question, ask
from pehra.engines.http.fetch import Limits
from pehra.kernel.errors import EnvironmentFault, Refused

if TYPE_CHECKING:
    from tests.engines.http.conftest import Server


def test_an_answer_is_heard_whatever_its_status(server: Server) -> None:
    server.say("/a", b'{"a": 1}', status=404, content_type="application/json")
    told = ask(Question("POST", f"{server.url}/a", {"x-key": "k"}, b"body"), loopback=True)
    assert (told.status, told.body) == (404, b'{"a": 1}')
    assert (server.sent, server.asked[0][1]["x-key"]) == ([b"body"], "k")
    assert told.headers["content-type"] == "application/json"


def test_a_redirect_is_told_and_not_followed(server: Server) -> None:
    server.say("/a", b"", status=302, location="http://169.254.169.254/latest/meta-data/")
    told = ask(Question("GET", f"{server.url}/a"), loopback=True)
    assert (told.status, told.headers["location"]) == (
        302,
        "http://169.254.169.254/latest/meta-data/",
    )
    with pytest.raises(Refused):
        ask(Question("GET", told.headers["location"]), loopback=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://[::ffff:127.0.0.1]:1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://localhost/",
        "file:///etc/passwd",
        "http://user:word@example.org/",
    ],
)
def test_what_is_not_asked(url: str) -> None:
    with pytest.raises(Refused):
        ask(Question("GET", url))


def test_long_answers_and_silent_servers(server: Server) -> None:
    server.say("/a", b"x" * 11)
    with pytest.raises(Refused):
        ask(Question("GET", f"{server.url}/a"), limits=Limits(size=10), loopback=True)
    server.server_close()
    with pytest.raises(EnvironmentFault):
        ask(Question("GET", f"{server.url}/a"), loopback=True)
