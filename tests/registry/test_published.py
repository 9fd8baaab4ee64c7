"""What is published is fetched when it changed, and kept when its publisher is away."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
import stamina

from pehra.kernel.errors import EnvironmentFault
from pehra.registry.published import PUBLISHED, Outcome, Published, download

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Port 9 of the loopback: nothing listens there (RFC 863).
AWAY = Published("asn", "http://127.0.0.1:9/asn", "none", announces=True)


@pytest.fixture
def _no_pauses() -> Iterator[None]:
    stamina.set_testing(True, attempts=1)
    yield
    stamina.set_testing(False)


@pytest.fixture
def publisher() -> Iterator[tuple[str, list[str]]]:
    """Address of a file with a validator, and the validators that it was asked with."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers.get("if-none-match", ""))
            body = b"" if asked[-1] == '"v1"' else b"192.0.2.0,192.0.2.255,64500,Example\n"
            self.send_response(200 if body else 304)
            self.send_header("etag", '"v1"')
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/asn", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_publisher_is_named_with_its_terms() -> None:
    assert [one.name for one in PUBLISHED if one.announces] == ["ip2asn-combined.tsv.gz"]
    assert all(one.url.startswith("https://") and one.licence for one in PUBLISHED)
    assert len({one.name for one in PUBLISHED}) == len(PUBLISHED) == 6


@pytest.mark.usefixtures("_no_pauses")
def test_an_old_copy_serves_while_the_publisher_is_away(tmp_path: Path) -> None:
    (tmp_path / "asn").write_text("192.0.2.0,192.0.2.255,64500,Example\n")
    other = Published("country", "http://127.0.0.1:9/country", "none")
    files, outcomes = download(tmp_path, [AWAY, other], loopback=True)
    assert files == [tmp_path / "asn"]
    assert [(one.name, one.state) for one in outcomes] == [("asn", "kept"), ("country", "absent")]
    assert isinstance(outcomes[0], Outcome)
    assert all(one.detail for one in outcomes)


@pytest.mark.usefixtures("_no_pauses")
def test_without_any_table_it_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault) as caught:
        download(tmp_path / "new", [AWAY], loopback=True)
    assert "--from" in caught.value.mend


def test_a_second_download_asks_for_changes_only(
    tmp_path: Path, publisher: tuple[str, list[str]]
) -> None:
    url, asked = publisher
    source = [Published("asn", url, "none", announces=True)]
    first, said = download(tmp_path, source, loopback=True)
    again, said_again = download(tmp_path, source, loopback=True)
    assert [one.state for one in (*said, *said_again)] == ["fetched", "unchanged"]
    assert first == again == [tmp_path / "asn"]
    assert asked == ["", '"v1"']
    (tmp_path / "asn").unlink()
    assert [one.state for one in download(tmp_path, source, loopback=True)[1]] == ["fetched"]
