"""`kill -9` at many moments of an ingest, then the same again: nothing lost, nothing doubled.

A stem process has everything imported and nothing begun; it forks one process for each ingest, so
that a kill falls into the ingest and not into its start. Chunks, lake commits and generations are
made small there, so that a short run crosses every kind of boundary many times.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from django.db import connection
from polars.testing import assert_frame_equal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.database

STEM = """
import json, os, sys, time, traceback
import django
django.setup()
import polars as pl
from datetime import datetime
from pathlib import Path
from pehra.engines.lake import delta
from pehra.findings import jobs
from pehra.findings.actions import answers, settled, take_in
from pehra.findings.models import Finding
from pehra.findings.rules import Act
from pehra.intake.models import Batch, Reject
from pehra.kernel.actors import SYSTEM
from pehra.kernel.settings import home_path
from pehra.ledger import queries as ledger
from pehra.ledger.keys import verifier_key
from pehra.ledger.models import Entry
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.observations.store import open_lake
from pehra.registry.actions import current_holdings  # imported before the first fork

take_in.CHUNK, delta.GATHERED, delta._GENERATION = 700, 2_500, 4
home = home_path()
COUNTS = ("id", "state", "rows", "accepted", "rejected", "opened", "updated", "relapsed")

def ingest(order):
    told = jobs.ingest("shadowserver", Path(order["file"]), home=home,
                       now=datetime.fromisoformat(order["now"]))
    counts = {name: getattr(told, name) for name in ("rows", "accepted", "duplicates")}
    Path(order["out"]).write_text(json.dumps({**counts, **told.findings}))

def tell(order):
    out = Path(order["out"])
    with as_system():
        rows = Finding.objects.values_list(
            "asset", "port", "identifier", "seen__count", "seen__first_seen", "seen__last_seen")
        names = ["asset", "port", "identifier", "count", "first_seen", "last_seen"]
        pl.DataFrame(list(rows), schema=names, orient="row").write_parquet(out)
    lake = open_lake(home.lake).scan().group_by("batch").agg(
        pl.len(), pl.col("row").n_unique().alias("distinct"), pl.col("id").n_unique().alias("ids"))
    closing = {}
    for subject in Entry.objects.filter(act="intake.take-in").values_list("subject", flat=True):
        name = subject.removeprefix("batch:")
        closing[name] = closing.get(name, 0) + 1
    out.with_suffix(".json").write_text(json.dumps({
        "lake": {batch: rest for batch, *rest in lake.collect().rows()},
        "batches": {row["id"]: row for row in Batch.objects.values(*COUNTS)},
        "names": dict(Batch.objects.values_list("file_name", "id")),
        "rejects": [list(row) for row in
                    Reject.objects.order_by("batch", "row").values_list("batch", "row", "reason")],
        "closing": closing,
        "verified": ledger.verify(verifier_key(home)).ok,
    }))

def answer(order):
    ids = list(Finding._base_manager.order_by("-id").values_list("id", flat=True))
    for number in ids[order["which"]::3][:400]:
        answers.answer(number, Act.ACKNOWLEDGE, why="", viewer=SYSTEM_VIEWER, actor=SYSTEM,
                       now=datetime.fromisoformat(order["now"]))

def bit(order):
    while time.time() < order["at"]:
        pass
    Path(order["out"]).write_text(str(settled.source_bit(order["slug"])))

WORK = {"ingest": ingest, "tell": tell, "answer": answer, "bit": bit}
for line in sys.stdin:
    order = json.loads(line)
    if "wait" in order:
        print(os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1]), flush=True)
        continue
    pid = os.fork()
    if pid == 0:
        try:
            WORK[order["do"]](order)
        except BaseException:
            traceback.print_exc()
            os._exit(9)
        os._exit(0)
    print(pid, flush=True)
"""

COLUMNS = "timestamp,severity,ip,protocol,port,tag,asn,geo"
ROWS = 8_000
KNOWN = 2_000
NEW = 900
PART_BYTES = 190_000
START = datetime(2026, 11, 20, tzinfo=UTC)


def rows_of(number: int) -> pl.DataFrame:
    """A day's report: many rows about pairs that every report names, some about pairs of its own.

    Columns: asset, port, at (microseconds); one row in 97 cannot be read (`at` is null).
    """
    row = pl.int_range(ROWS, eager=True, dtype=pl.Int64)
    mine = (row * 7 % 5 == 0).alias("mine")
    pair = pl.select(
        pl.when(mine).then(KNOWN + number * NEW + row % NEW).otherwise(row * 31 % KNOWN)
    ).to_series()
    frame = pl.DataFrame({"row": row + 1, "pair": pair})
    at = (START + timedelta(days=number % 3, seconds=number)).timestamp() * 1_000_000
    return frame.select(
        "row",
        asset=pl.format("192.0.2.{}", pl.col("pair") % 250 + 1),
        port=pl.col("pair") // 250 + 1,
        at=pl.when(pl.col("row") % 97 != 0).then(int(at) + pl.col("row") * 7 % 3_600 * 1_000_000),
        severity=pl.when((pl.col("row") + number) % 211 == 0)
        .then(pl.lit("critical"))
        .otherwise(pl.lit("high")),
    )


def write_report(rows: pl.DataFrame, path: Path) -> None:
    """The rows as Shadowserver would send them."""
    when = pl.from_epoch("at", time_unit="us").dt.strftime("%Y-%m-%d %H:%M:%S")
    lines = rows.select(
        pl.concat_str(
            when.fill_null("yesterday"),
            "severity",
            "asset",
            pl.lit("tcp"),
            "port",
            pl.lit("telnet,64500,PK"),
            separator=",",
        )
    ).to_series()
    path.write_text("\n".join([COLUMNS, *lines]) + "\n")


def counted(reports: list[pl.DataFrame]) -> pl.DataFrame:
    """What the findings must be: one for each pair that could be read."""
    read = pl.concat(reports).drop_nulls("at")
    found = read.group_by("asset", "port").agg(
        pl.len().cast(pl.Int64).alias("count"),
        pl.col("at").min().alias("first_seen"),
        pl.col("at").max().alias("last_seen"),
    )
    return found.sort("asset", "port")


class Stem:
    """The process from which ingests are forked, and the home they work on."""

    def __init__(self, house: dict[str, str], folder: Path) -> None:
        self.house = {**house, "DJANGO_SETTINGS_MODULE": "pehra.web.settings"}
        self.folder = folder
        self.now = datetime(2026, 11, 22, 6, tzinfo=UTC)
        self.reports: list[pl.DataFrame] = []
        self.killed = 0
        self._process = subprocess.Popen(
            [sys.executable, "-c", STEM],
            env={**self.house, "OPENBLAS_NUM_THREADS": "1", "PYTHONFAULTHANDLER": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def order(self, **order: object) -> int:
        """Let the stem do something; its answer."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(order) + "\n")
        stdin.flush()
        return int(stdout.readline())

    def report(self, days: pl.DataFrame | None = None) -> Path:
        """Write the next report, which the findings must then hold."""
        number = len(self.reports)
        rows = rows_of(number) if days is None else days
        self.reports.append(rows)
        day = (START + timedelta(days=number % 3)).date()
        path = self.folder / f"{day}-scan_telnet-n{number}.csv"
        write_report(rows, path)
        return path

    def start(self, path: Path, told: str = "told") -> int:
        """Begin to ingest; returns the process's number. It writes what it did as `told`."""
        self.now += timedelta(minutes=1)
        out = str(self.folder / told)
        return self.order(do="ingest", file=str(path), now=self.now.isoformat(), out=out)

    def wait(self, process: int) -> int:
        """How a process ended: 0, or minus the signal."""
        return self.order(wait=process)

    def ingest(self, path: Path) -> float:
        """Ingest to the end; returns the seconds."""
        began = time.monotonic()
        assert self.wait(self.start(path)) == 0
        return time.monotonic() - began

    def kill(self, path: Path, after: float) -> bool:
        """Ingest and kill after so many seconds; False where it had come to its end."""
        process = self.start(path)
        time.sleep(after)
        os.kill(process, signal.SIGKILL)
        ended = self.wait(process)
        assert ended in {0, -signal.SIGKILL}
        self.killed += ended != 0
        return ended != 0

    def check(self) -> None:
        """Findings, lake, counts, rejects and ledger are as if nothing had ever happened."""
        out = self.folder / "told.parquet"
        assert self.wait(self.order(do="tell", out=str(out))) == 0
        told = json.loads(out.with_suffix(".json").read_text())
        findings = pl.read_parquet(out).sort("asset", "port")
        assert findings["identifier"].unique().to_list() == ["open-telnet"]
        moments = pl.col("first_seen", "last_seen").dt.epoch("us")
        assert_frame_equal(
            findings.drop("identifier").with_columns(moments),
            counted(self.reports),
            check_column_order=False,
        )
        assert told["verified"] is True
        self._check_batches(told, findings.height)

    def _check_batches(self, told: dict[str, Any], opened: int) -> None:
        batches = list(told["batches"].values())
        assert len(batches) == len(self.reports)
        refused = len(range(97, ROWS + 1, 97))
        for batch in batches:
            counts = [batch[name] for name in ("state", "rows", "accepted", "rejected")]
            assert counts == ["applied", ROWS, ROWS - refused, refused]
        accepted = ROWS - refused
        assert told["lake"] == {name: [accepted] * 3 for name in told["batches"]}
        assert told["closing"] == dict.fromkeys(told["batches"], 1)
        assert told["rejects"] == [
            [name, row, "time"]
            for name in sorted(told["batches"])
            for row in range(97, ROWS + 1, 97)
        ]
        assert sum(batch["opened"] for batch in batches) == opened

    def command(self, *words: str, code: int = 0) -> dict[str, object]:
        """Run `pehra`; its result."""
        ended = subprocess.run(
            [sys.executable, "-m", "pehra.cli.main", *words, "--json"],
            env=self.house,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == code, ended.stderr
        found: dict[str, object] = json.loads(ended.stdout.splitlines()[-1])
        return found

    def stop(self) -> None:
        """End the stem."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture
def stem(house: dict[str, str], tmp_path: Path) -> Iterator[Stem]:
    """A home of its own with small parts, and the process that works on it."""
    subprocess.run(
        [sys.executable, "-m", "pehra.cli.main", "init", "--json"],
        env=house,
        check=True,
        capture_output=True,
    )
    settings = tmp_path / "home" / "pehra.toml"
    settings.write_text(f"[intake]\npart_bytes = {PART_BYTES}\n")
    made = Stem(house, tmp_path)
    yield made
    made.stop()


def kill_at(stem: Stem, moments: int) -> None:
    """Kill runs at moments spread over an undisturbed one; every third run's retry as well."""
    stem.ingest(stem.report())
    length = min(stem.ingest(stem.report()) for _ in range(2))
    for number in range(moments):
        path = stem.report()
        if not stem.kill(path, length * (number + 0.5) / moments):
            length *= 0.95
        if number % 3 == 2:
            stem.kill(path, length * (moments - number) / moments / 2)
        stem.ingest(path)


def race(stem: Stem, files: list[Path]) -> list[dict[str, int]]:
    """Ingest at the same time, a process for each file; what each did."""
    processes = [stem.start(path, f"race-{n}") for n, path in enumerate(files)]
    assert [stem.wait(process) for process in processes] == [0] * len(files)
    return [json.loads((stem.folder / f"race-{n}").read_text()) for n in range(len(files))]


def test_runs_killed_at_five_moments_lose_and_double_nothing(stem: Stem) -> None:
    kill_at(stem, 5)
    stem.check()
    assert stem.killed >= 2


@pytest.mark.service
@pytest.mark.long
def test_sources_that_are_new_at_the_same_moment_have_bits_of_their_own(stem: Stem) -> None:
    at = time.time() + 1
    outs = [stem.folder / f"bit-{n}" for n in range(8)]
    processes = [
        stem.order(do="bit", slug=f"source-{n}", at=at, out=str(out)) for n, out in enumerate(outs)
    ]
    assert [stem.wait(process) for process in processes] == [0] * 8
    assert sorted(int(out.read_text()) for out in outs) == [1 << n for n in range(8)]


@pytest.mark.service
@pytest.mark.long
def test_people_answer_while_reports_come(stem: Stem) -> None:
    stem.ingest(stem.report())
    stem.ingest(stem.report())
    worse = rows_of(0).with_columns(severity=pl.lit("critical"))
    process = stem.start(stem.report(worse))
    people = [stem.order(do="answer", now=stem.now.isoformat(), which=n) for n in range(3)]
    assert [stem.wait(one) for one in (process, *people)] == [0] * 4
    stem.check()


def test_two_workers_and_a_racing_duplicate_count_once(stem: Stem) -> None:
    same, other = stem.report(), stem.report()
    first, second, third = race(stem, [same, same, other])
    stem.check()
    assert {first["duplicates"], second["duplicates"]} == {0, ROWS}
    assert {first["accepted"], second["accepted"]} == {0, third["accepted"]}
    again = stem.report()
    process = stem.start(again)
    duplicate = stem.start(again, "duplicate")
    time.sleep(0.3)
    os.kill(process, signal.SIGKILL)
    assert stem.wait(process) in {0, -signal.SIGKILL}
    assert stem.wait(duplicate) == 0
    stem.check()


@pytest.mark.service
@pytest.mark.long
def test_workers_killed_in_a_race_lose_and_double_nothing(stem: Stem) -> None:
    stem.ingest(stem.report())
    for number in range(10):
        same, other = stem.report(), stem.report()
        processes = [stem.start(path) for path in (same, same, other)]
        time.sleep(0.25 * number)
        os.kill(processes[number % 3], signal.SIGKILL)
        ended = [stem.wait(process) for process in processes]
        assert set(ended) <= {0, -signal.SIGKILL}
        race(stem, [other, same])
    stem.check()


@pytest.mark.service
@pytest.mark.long
def test_runs_killed_at_many_moments_lose_and_double_nothing(stem: Stem) -> None:
    """Fifty; on PostgreSQL half as many, for it takes the same ingest through the same steps."""
    moments = 50 if connection.vendor == "sqlite" else 25
    kill_at(stem, moments)
    stem.check()
    assert stem.killed >= 0.7 * moments
    last = stem.folder / next(iter(sorted(path.name for path in stem.folder.glob("*.csv"))))
    again = stem.command("ingest", "shadowserver", str(last))
    assert (again["accepted"], again["duplicates"]) == (0, ROWS)
    assert stem.command("ledger", "verify")["ok"] is True
