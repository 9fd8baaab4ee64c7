"""Days of real lists, served by a server here and taken in by `pehra run` on a clock that is set.

Each day the server holds the next snapshot of every list, the clock is set to its morning, and the
worker is given time until nothing is due. Then: no alarm that is not true, none missing, no memory
and no files that only grow. `PEHRA_DAYS=SLUGS` (or `all`) runs other lists, and prints the figures.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import msgspec
import psutil
import pytest
import zstandard

from pehra.kernel.time import TEST_CLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Calls

pytestmark = [pytest.mark.service, pytest.mark.long]

ARCHIVES = Path(__file__).parents[2] / ".." / "shared" / "data" / "timeseries"
MORNING = datetime(2022, 6, 1, 6, tzinfo=UTC)
DAYS = 14
IDLE_WITHIN = 120.0
BEGUN_WITHIN = 60.0
MORE_MEMORY = 1.5
"""As much as the worker may need on the last day for a byte that it needed on the fourth."""


class Series(msgspec.Struct, frozen=True):
    """A list of an archive that stands for a source's.

    Attributes:
        first: name of the first day's snapshot, or what is before it in order.
        step: each so-manyth snapshot is a day's; 0: by their own dates, the newest of the day.
        alarms: what is truly wrong with it in these days, and whether that lasts to the end.
    """

    archive: str
    first: str
    file: str = ""
    step: int = 1
    alarms: tuple[tuple[str, bool], ...] = ()


SERIES = {
    "tor-exits": Series("tor-exit", "2022-06-01", alarms=(("empty", False),)),
    "spamhaus-drop": Series("spamhaus-drop", "2022-05-24", "drop.txt", step=0),
    "ipsum": Series("scriptzteam-levels", "2022-03-01", alarms=(("shrunk", True),)),
    "openphish": Series("openphish", "2025-03-01", step=15),
    "threatfox": Series("threatfox-ips", "2025-04-24", alarms=(("shrunk", True),)),
    "blocklist-de": Series("datashield-ipv4", "2026-04-15"),
}
CHOSEN = ("tor-exits", "spamhaus-drop", "ipsum", "openphish")


def snapshots(series: Series) -> list[bytes]:
    """What the server holds on each of the days."""
    found: dict[str, bytes] = {}
    unpack = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    with (
        (ARCHIVES / f"{series.archive}.tar.zst").open("rb") as packed,
        tarfile.open(fileobj=unpack.stream_reader(packed), mode="r|") as members,
    ):
        for member in members:
            path = PurePosixPath(member.name)
            stamp = path.parts[1] if series.file else path.name
            file = members.extractfile(member) if member.isfile() else None
            if file and path.name == (series.file or path.name) and stamp >= series.first:
                found[stamp] = file.read()
    names = sorted(found)
    if series.step:
        return [found[name] for name in names[:: series.step][:DAYS]]
    days = [f"{MORNING + timedelta(days=day):%Y-%m-%dT%H}" for day in range(DAYS)]
    return [found[max(name for name in names if name < day)] for day in days]


class Publisher(ThreadingHTTPServer):
    """Serves `/SLUG` as of a day, and knows the version that it serves."""

    daemon_threads = True

    def __init__(self, lists: dict[str, list[bytes]]) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.lists, self.day = lists, 0
        self.unmodified = 0


class _Page(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        body = self.server.lists[self.path.split("/")[1]][self.server.day]
        etag = f'"{hashlib.sha256(body).hexdigest()}"'
        same = self.headers.get("if-none-match") == etag
        self.server.unmodified += same
        self.send_response(304 if same else 200)
        self.send_header("etag", etag)
        self.send_header("content-length", "0" if same else str(len(body)))
        self.end_headers()
        if not same:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def published(lists: dict[str, list[bytes]]) -> Iterator[Publisher]:
    with Publisher(lists) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def worker_of(house: psutil.Process) -> psutil.Process:
    """The worker, which may still be about to begin when the address is told."""
    ends = time.monotonic() + BEGUN_WITHIN
    while time.monotonic() < ends:
        for one in house.children(recursive=True):
            if "work" in one.cmdline()[-1:]:
                return one
        time.sleep(0.05)
    message = "no worker began"
    raise AssertionError(message)


class Watch:
    """`pehra run` in a home, on a clock of ours."""

    def __init__(self, calls: Calls, clock: Path) -> None:
        self.calls, self.clock, self.home = calls, clock, calls.home
        calls.environment[TEST_CLOCK] = str(clock)

    def set(self, now: datetime) -> None:
        """Set the clock."""
        unfinished = self.clock.with_suffix(".new")
        unfinished.write_text(now.isoformat())
        unfinished.replace(self.clock)

    @contextmanager
    def running(self) -> Iterator[psutil.Process]:
        """The worker of a running house."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        command = [sys.executable, "-m", "pehra.cli.main", "run", "--port", port, "--json"]
        process = subprocess.Popen(
            command, env=self.calls.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout
        try:
            assert json.loads(process.stdout.readline())["url"]
            yield worker_of(psutil.Process(process.pid))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
            process.stdout.close()

    def wait(self, now: datetime) -> None:
        """Until nothing is due and nothing runs."""
        ends = time.monotonic() + IDLE_WITHIN
        words = f"{now:%Y-%m-%d %H:%M:%S}.999999"
        asked = (
            "SELECT (SELECT count(*) FROM jobs_job WHERE state = 'running'"
            " OR (state = 'queued' AND run_after <= ?))"
            " + (SELECT count(*) FROM jobs_schedule WHERE next_at <= ?)"
        )
        with closing(sqlite3.connect(f"file:{self.home}/pehra.sqlite3?mode=ro", uri=True)) as rows:
            while rows.execute(asked, (words, words)).fetchone()[0]:
                assert time.monotonic() < ends, f"still at work on {words}"
                time.sleep(0.1)

    def files(self) -> dict[str, int]:
        """How many files lie in which part of the home."""
        return {
            name: sum(path.is_file() for path in (self.home / name).rglob("*"))
            for name in ("lake/table", "lake/recent", "blobs", "incoming", "indexes/plans", "locks")
        } | {"wal": self._size("pehra.sqlite3-wal"), "database": self._size("pehra.sqlite3")}

    def _size(self, name: str) -> int:
        path = self.home / name
        return path.stat().st_size if path.is_file() else 0

    def alarms(self) -> list[tuple[str, str, bool]]:
        """Source, kind, and whether it lasts."""
        told: Any = self.calls("sources", "alarms", "--ended", code=self._code())
        return sorted((row["source"], row["kind"], not row["ended_at"]) for row in told["alarms"])

    def _code(self) -> int:
        with closing(sqlite3.connect(self.home / "pehra.sqlite3")) as rows:
            lasting = "SELECT count(*) FROM intake_alarm WHERE ended_at IS NULL"
            return int(rows.execute(lasting).fetchone()[0] > 0)


def test_two_weeks(calls: Calls, tmp_path: Path) -> None:
    asked = os.environ.get("PEHRA_DAYS", "")
    chosen = tuple(SERIES) if asked == "all" else tuple(asked.split(",")) if asked else CHOSEN
    lists = {slug: snapshots(SERIES[slug]) for slug in chosen}
    assert {slug: len(days) for slug, days in lists.items()} == dict.fromkeys(chosen, DAYS)
    watch = Watch(calls, tmp_path / "clock")
    watch.set(MORNING)
    calls("init")
    (watch.home / "pehra.toml").write_text("[fetch]\nloopback = true\n[web]\nprocesses = 1\n")
    memory, files = [], []
    with published(lists) as server:
        for slug in chosen:
            url = f"http://127.0.0.1:{server.server_port}/{slug}/{SERIES[slug].file or 'list.txt'}"
            calls("sources", "set", slug, "--enable", "--every", "1d", "--url", url)
        with watch.running() as worker:
            for day in range(DAYS):
                server.day, now = day, MORNING + timedelta(days=day)
                watch.set(now)
                watch.wait(now)
                memory.append(worker.memory_info().rss)
                files.append(watch.files())
                if asked:
                    print(day, memory[-1] >> 20, files[-1], flush=True)  # noqa: T201 a run by hand
    assert watch.alarms() == sorted(
        (slug, kind, lasts) for slug in chosen for kind, lasts in SERIES[slug].alarms
    )
    check(calls, lists, chosen)
    assert memory[-1] < memory[3] * MORE_MEMORY
    assert files[-1]["incoming"] == files[-1]["indexes/plans"] == 0
    assert files[-1]["blobs"] <= len({body for days in lists.values() for body in days})
    assert all(day["lake/recent"] <= 2 * 64 for day in files)
    assert all(day["lake/table"] <= 120 and day["wal"] < 64 << 20 for day in files)


def check(calls: Calls, lists: dict[str, list[bytes]], chosen: tuple[str, ...]) -> None:
    """Every day of every list was taken in, and counted as it is."""
    with closing(sqlite3.connect(calls.home / "pehra.sqlite3")) as rows:
        told = rows.execute(
            "SELECT source, count(*), sum(rows), sum(accepted + rejected + duplicates + unchanged)"
            " FROM intake_batch WHERE state = 'applied' GROUP BY source"
        ).fetchall()
    good = {slug: sum(bool(body.strip()) for body in lists[slug]) for slug in chosen}
    assert {slug: count for slug, count, _, _ in told} == good
    assert [(slug, total) for slug, _, total, _ in told] == [
        (slug, parts) for slug, _, _, parts in told
    ]
    assert calls("ledger", "verify")["ok"] is True
