"""`pehra run`: the main job on the shipped sample, and pages that answer and stop."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from pehra.cli.run import _url as address_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

COVERED = datetime(2026, 11, 21, tzinfo=UTC)
"""From when on the sample's last day is over."""


def test_the_demo_does_the_main_job_once(pehra: Callable[..., Any], place: Path) -> None:
    first = pehra("run", "--demo", "--once", "--json")
    assert (first.code, len(first.out.splitlines())) == (0, 1)
    account = {name: first.said[name] for name in ("sign in as", "password")}
    assert first.said == {
        "home": str(place),
        "rows": 1_511,
        "accepted": 1_508,
        "rejected": 3,
        "duplicates": 0,
        "attributed": 1_508,
        "findings": {"opened": 127, "updated": 281, "relapsed": 0},
        "gone": 11 if datetime.now(tz=UTC) >= COVERED else first.said["gone"],
        **account,
    }
    again = pehra("run", "--demo", "--once", "--json")
    assert again.said == {
        "home": str(place),
        "rows": 1_511,
        "accepted": 0,
        "rejected": 0,
        "duplicates": 1_511,
        "attributed": 0,
        "findings": {"opened": 0, "updated": 0, "relapsed": 0},
        "gone": 0,
        **account,
    }
    found = pehra("findings", "list", "--state", "gone", "--json").said
    assert found["total"] == first.said["gone"]
    assert pehra("status", "--json").said["observations"] == 1_508
    note = place / "keys" / "demo-account"
    assert (note.stat().st_mode & 0o777, note.read_text()) == (0o600, account["password"])
    verdict = pehra("ledger", "verify", "--json")
    assert (verdict.code, verdict.said["ok"]) == (0, True)


def test_without_the_demo_a_home_is_made_and_stays_empty(
    pehra: Callable[..., Any], place: Path
) -> None:
    assert pehra("run", "--once", "--json").said == {"home": str(place)}
    assert pehra("status", "--json").said["batches"] == 0


def test_a_port_that_is_taken_is_said(pehra: Callable[..., Any]) -> None:
    pehra("init")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = pehra("serve", "--port", str(port))
    assert told.code == 4
    assert told.err == f"pehra: Port {port} of 127.0.0.1 is taken. Choose another with `--port`.\n"


@pytest.mark.parametrize(
    ("host", "code"), [("no-such-host.invalid", 4), ("192.0.2.1", 4), ("not a host", 4)]
)
def test_an_address_that_is_not_ours_is_said(
    pehra: Callable[..., Any], place: Path, host: str, code: int
) -> None:
    pehra("init")
    (place / "pehra.toml").write_text(f'[web]\nhost = "{host}"\n')
    told = pehra("serve", "--json")
    assert (told.code, told.said["code"]) == (code, "environment")
    assert host in told.said["error"]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8642"),
        ("::1", "http://[::1]:8642"),
        ("watch.example", "http://watch.example:8642"),
    ],
)
def test_an_ipv6_address_stands_in_brackets(host: str, url: str) -> None:
    assert address_of(host, 8642) == url


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def site(place: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`pehra run` at work, and its port; on SQLite, for the home is new."""
    environment = {**os.environ, "PEHRA_HOME": str(place)}
    environment.pop("PEHRA_DATABASE_URL", None)
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "pehra.cli.main", "run", "--port", str(port)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        yield process, port
        process.kill()


@pytest.mark.service
def test_the_site_answers_and_stops_with_all_its_children(
    site: tuple[subprocess.Popen[str], int],
) -> None:
    process, port = site
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    assert next(line for line in lines if line.startswith("http")) == f"http://127.0.0.1:{port}\n"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as page:
        assert page.status == 200
    family = psutil.Process(process.pid).children(recursive=True)
    words = [" ".join(child.cmdline()) for child in family]
    assert any("granian" in line for line in words)
    assert any("work" in line for line in words)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=40) == 0
    assert time.monotonic() - began < 30
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.service
@pytest.mark.parametrize(
    ("host", "asked", "hosts"),
    [
        ("127.0.0.1", "127.0.0.1", "watch.example"),
        ("0.0.0.0", "127.0.0.1", "watch.example"),  # noqa: S104 what an operator may write
        ("::1", "[::1]", "[::1]"),
    ],
)
def test_the_site_starts_wherever_it_listens(
    place: Path, host: str, asked: str, hosts: str
) -> None:
    place.mkdir()
    (place / "pehra.toml").write_text(f'[web]\nhost = "{host}"\nhosts = ["{hosts}"]\n')
    environment = {**os.environ, "PEHRA_HOME": str(place)}
    environment.pop("PEHRA_DATABASE_URL", None)
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "pehra.cli.main", "run", "--json", "--port", str(port)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        shown = asked if host == "::1" else host
        assert told == {"home": str(place), "url": f"http://{shown}:{port}"}
        question = urllib.request.Request(f"http://{asked}:{port}/", headers={"Host": hosts})
        with urllib.request.build_opener().open(question, timeout=20) as page:
            assert page.status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0
