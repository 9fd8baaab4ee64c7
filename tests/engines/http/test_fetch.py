"""A fetch gives a whole file or none, and goes nowhere it should not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pehra.engines.http.fetch import (
    Limits,
    Passing,
    Validators,
    fetch,
    redirected,
    wait_told,
)
from pehra.kernel.errors import EnvironmentFault, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.engines.http.conftest import Reply, Server


def test_the_body_is_kept_as_sent(server: Server, tmp_path: Path) -> None:
    server.say("/f.gz", b"\x1f\x8b raw", content_encoding="gzip", etag='"1"')
    got = fetch(f"{server.url}/f.gz", tmp_path / "f", loopback=True)
    assert (tmp_path / "f").read_bytes() == b"\x1f\x8b raw"
    assert (got.changed, got.size, got.validators) == (True, 6, Validators(etag='"1"'))
    assert server.asked[0][1]["host"] == server.url.removeprefix("http://")
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_an_unchanged_file_stays(server: Server, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"old")
    server.say("/f", b"", status=304)
    known = Validators(etag='"1"', last_modified="Mon, 01 Jan 2026 00:00:00 GMT")
    assert not fetch(f"{server.url}/f", tmp_path / "f", known=known, loopback=True).changed
    assert (tmp_path / "f").read_bytes() == b"old"
    headers = server.asked[0][1]
    assert headers["if-none-match"] == '"1"'
    assert headers["if-modified-since"] == known.last_modified


def test_loopback_is_refused_unless_asked_for(server: Server, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        fetch(f"{server.url}/f", tmp_path / "f")
    assert server.asked == []


def test_redirects_are_followed_and_checked(server: Server, tmp_path: Path) -> None:
    server.say("/a", b"", status=302, location="/b")
    server.say("/b", b"here")
    server.say("/inside", b"", status=302, location="http://169.254.169.254/latest")
    server.say("/file", b"", status=302, location="file:///etc/passwd")
    server.say("/loop", b"", status=302, location="/loop")
    fetch(f"{server.url}/a", tmp_path / "f", loopback=True)
    assert (tmp_path / "f").read_bytes() == b"here"
    for path in ("/inside", "/file", "/loop"):
        with pytest.raises(Refused):
            fetch(f"{server.url}{path}", tmp_path / "f", loopback=True)


def test_a_redirect_keeps_encryption() -> None:
    assert redirected("https://a.example/x", "/y") == "https://a.example/y"
    assert redirected("http://a.example/x", "https://b.example/") == "https://b.example/"
    for location in ("http://a.example/y", "ftp://a.example/y"):
        with pytest.raises(Refused):
            redirected("https://a.example/x", location)


@pytest.mark.parametrize("url", ["ftp://192.0.2.1/", "http://user:word@8.8.8.8/", "http:///x", "x"])
def test_other_addresses_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        fetch(url, tmp_path / "f")


def test_too_large_and_too_slow_leave_nothing(server: Server, tmp_path: Path) -> None:
    server.say("/f", b"x" * 100)
    with pytest.raises(Refused):
        fetch(f"{server.url}/f", tmp_path / "f", limits=Limits(size=99), loopback=True)
    with pytest.raises(EnvironmentFault):
        fetch(f"{server.url}/f", tmp_path / "f", limits=Limits(seconds=1e-9), loopback=True)
    assert list(tmp_path.iterdir()) == []


def test_a_passing_fault_is_tried_again(server: Server, tmp_path: Path) -> None:
    answers: Iterator[Reply] = iter([(503, {}, b""), (200, {}, b"now")])
    server.replies["/f"] = lambda _: next(answers)
    fetch(f"{server.url}/f", tmp_path / "f", loopback=True)
    assert (tmp_path / "f").read_bytes() == b"now"


def test_a_broken_body_is_no_file(server: Server, tmp_path: Path) -> None:
    server.say("/f", b"half", content_length="8")
    with pytest.raises(EnvironmentFault):
        fetch(f"{server.url}/f", tmp_path / "f", loopback=True)
    assert list(tmp_path.iterdir()) == []


def test_errors_of_the_server(server: Server, tmp_path: Path) -> None:
    server.say("/gone", b"", status=404)
    with pytest.raises(EnvironmentFault):
        fetch(f"{server.url}/gone", tmp_path / "f", loopback=True)
    assert len(server.asked) == 1
    server.server_close()
    with pytest.raises(EnvironmentFault):
        fetch(f"{server.url}/f", tmp_path / "f", loopback=True)


NOW = "Sun, 22 Nov 2026 06:00:00 GMT"


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("999999999999", 86_400.0),
        ("Sun, 22 Nov 2026 06:01:00 GMT", 60.0),
        ("Sun, 22 Nov 2026 05:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("", None),
    ],
)
def test_how_long_a_server_wants_to_be_left_alone(told: str, seconds: float | None) -> None:
    assert wait_told(told, NOW) == seconds
    assert wait_told("Sun, 22 Nov 2026 06:01:00 GMT", "") is None


def test_a_server_that_asks_for_an_hour_is_not_asked_again(server: Server, tmp_path: Path) -> None:
    server.say("/f", b"", status=429, retry_after="3600")
    with pytest.raises(Passing) as busy:
        fetch(f"{server.url}/f", tmp_path / "f", loopback=True)
    assert (busy.value.wait, len(server.asked)) == (3_600.0, 1)
    server.say("/f", b"", status=503, retry_after="1")
    with pytest.raises(Passing):
        fetch(f"{server.url}/f", tmp_path / "f", loopback=True)
    assert len(server.asked) == 3


def test_a_key_is_in_no_error_and_in_no_result(server: Server, tmp_path: Path) -> None:
    key, url = "s3cr/t", f"{server.url}/{{secret}}/f"
    server.say("/s3cr%2Ft/f", b"", status=302, location="/s3cr%2Ft/g")
    server.say("/s3cr%2Ft/g", b"it")
    assert fetch(url, tmp_path / "f", secret=key, loopback=True).url == f"{server.url}/{{secret}}/g"
    for status in (404, 503):
        server.say("/s3cr%2Ft/g", b"", status=status, retry_after="900")
        with pytest.raises(EnvironmentFault) as told:
            fetch(url, tmp_path / "f", secret=key, loopback=True)
        assert "s3cr" not in str(told.value)
        assert getattr(told.value, "wait", 900.0) == 900.0
    for wrong in ({"url": url, "secret": ""}, {"url": "http://192.0.2.1/{secret}", "secret": key}):
        with pytest.raises(Refused):
            fetch(wrong["url"], tmp_path / "f", secret=wrong["secret"])
