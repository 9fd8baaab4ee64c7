"""Workers in processes of their own: they share, they die, they stop when told."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.database

PRELUDE = """
import json, os, sys, threading, time, signal, django
django.setup()
from datetime import timedelta
from pathlib import Path
from pehra.jobs import actions, queries, work
from pehra.kernel.time import clock
trace = Path(os.environ["PEHRA_HOME"]) / "trace"
def note(word):
    with trace.open("a") as file:
        file.write(word + "\\n")
"""
WORKER = """
@work.job("tests.note")
def write(payload, *, now, progress):
    note(f"{payload['n']} {sys.argv[1]}")

@work.job("tests.hang")
def hang(payload, *, now, progress):
    note(f"started {sys.argv[1]}")
    if sys.argv[1] == "victim":
        time.sleep(600)
    return {"by": sys.argv[1]}

@work.job("tests.long")
def long(payload, *, now, progress):
    note("started")
    for done in range(600):
        progress(done, 600)
        time.sleep(0.05)

stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
print("ready", flush=True)
sys.stdin.readline()
work.Worker(sys.argv[1], lease=timedelta(seconds=float(sys.argv[2])), poll=0.05).run(stop)
"""
SHOW = """
print(json.dumps([[job.kind, job.state, job.attempts, job.worker, job.result]
                  for job in queries.jobs(limit=1000) if job.kind.startswith("tests.")]))
"""


def python(house: dict[str, str], code: str, *words: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", PRELUDE + code, *words],
        env=house,
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout


class Crew:
    """Worker processes of one home."""

    def __init__(self, house: dict[str, str]) -> None:
        self.house = house
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *names: str, lease: float = 60) -> list[subprocess.Popen[str]]:
        """Start workers and let them go at the same moment."""
        started = [
            subprocess.Popen(
                [sys.executable, "-c", PRELUDE + WORKER, name, str(lease)],
                env=self.house,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for name in names
        ]
        self.processes += started
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in started:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        return started


@pytest.fixture
def crew(house: dict[str, str]) -> Iterator[Crew]:
    workers = Crew(house)
    yield workers
    for process in workers.processes:
        process.kill()
        process.communicate()


def traced(house: dict[str, str], count: int) -> list[str]:
    """Lines that jobs wrote, once there are `count` of them."""
    path = Path(house["PEHRA_HOME"], "trace")
    ends = time.monotonic() + 60
    lines: list[str] = []
    while len(lines) < count:
        assert time.monotonic() < ends, lines
        time.sleep(0.05)
        try:
            lines = path.read_text().splitlines()
        except FileNotFoundError:
            continue
    return lines


def stopped(processes: list[subprocess.Popen[str]]) -> list[int]:
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        process.communicate(timeout=30)
    return [process.returncode for process in processes]


def test_two_workers_never_do_a_job_twice(house: dict[str, str], crew: Crew) -> None:
    python(
        house,
        """
for n in range(300):
    actions.enqueue("tests.note", {"n": n}, now=clock())
""",
    )
    workers = crew.start("one", "two")
    lines = traced(house, 300)
    assert stopped(workers) == [0, 0]
    assert sorted(int(line.split()[0]) for line in lines) == list(range(300))
    assert {line.split()[1] for line in lines} == {"one", "two"}
    rows = json.loads(python(house, SHOW))
    assert {(state, attempts) for _, state, attempts, _, _ in rows} == {("done", 1)}


def test_a_killed_workers_job_is_taken_over(house: dict[str, str], crew: Crew) -> None:
    python(house, 'actions.enqueue("tests.hang", {}, now=clock())')
    victim = crew.start("victim", lease=2)[0]
    assert traced(house, 1) == ["started victim"]
    victim.send_signal(signal.SIGKILL)
    heir = crew.start("heir", lease=2)
    assert traced(house, 2) == ["started victim", "started heir"]
    assert stopped(heir) == [0]
    assert json.loads(python(house, SHOW)) == [["tests.hang", "done", 2, "heir", {"by": "heir"}]]


def test_a_living_worker_keeps_a_job_longer_than_its_lease(
    house: dict[str, str], crew: Crew
) -> None:
    python(house, 'actions.enqueue("tests.hang", {}, now=clock())')
    crew.start("victim", lease=1)
    assert traced(house, 1) == ["started victim"]
    other = crew.start("other", lease=1)
    time.sleep(2.5)
    assert stopped(other) == [0]
    assert traced(house, 1) == ["started victim"]
    assert json.loads(python(house, SHOW)) == [["tests.hang", "running", 1, "victim", None]]


def test_a_worker_that_is_told_to_stop_puts_its_job_back(house: dict[str, str], crew: Crew) -> None:
    python(house, 'actions.enqueue("tests.long", {}, now=clock())')
    worker = crew.start("one")
    assert traced(house, 1) == ["started"]
    assert stopped(worker) == [0]
    assert json.loads(python(house, SHOW)) == [["tests.long", "queued", 0, "", None]]


def test_one_key_is_queued_once_by_many(house: dict[str, str]) -> None:
    code = """
print("ready", flush=True)
sys.stdin.readline()
for n in range(100):
    actions.enqueue("tests.note", {"n": 0}, now=clock(), unique_key="the one")
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PRELUDE + code],
            env=house,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.communicate("go\n", timeout=60)
    assert [process.returncode for process in processes] == [0] * 3
    assert json.loads(python(house, SHOW)) == [["tests.note", "queued", 0, "", None]]
