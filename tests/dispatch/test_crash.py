"""`kill -9` at many moments of a send: no letter lost, none sent twice.

The relay's own log, which is on its disk before it says that it took a letter, is compared with the
ledger. Workers are killed at steps of the talk with the relay and at moments spread between them,
two of them at work at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests import sink

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.database, pytest.mark.service, pytest.mark.long]

LETTERS = 4
STEPS = [
    ("EHLO", 1),
    *((event, number) for event in ("MAIL", "RCPT", "DATA", "LOGGED") for number in (1, 3)),
]
MOMENTS = 13


class Stem:
    """The process from which workers are forked, and the relay that they talk to."""

    def __init__(self, house: dict[str, str], folder: Path, relay: sink.Sink) -> None:
        self.folder, self.relay = folder, relay
        self.now = datetime(2026, 11, 28, 6, tzinfo=UTC)
        self.letters = self.killed = 0
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("stem.py"))],
            env={**house, "DJANGO_SETTINGS_MODULE": "pehra.web.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def order(self, **order: object) -> int:
        """Let the stem do something; its answer."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({**order, "now": self.now.isoformat()}) + "\n")
        stdin.flush()
        return int(stdout.readline())

    def do(self, work: str, **more: object) -> None:
        """Do it to the end."""
        assert self.order(wait=self.order(do=work, **more)) == 0

    def release(self) -> None:
        """Let the next letters go, an hour later: what was in hand before is judged by then."""
        self.now += timedelta(hours=1)
        self.do("release", first=self.letters, count=LETTERS)
        self.letters += LETTERS

    def start(self, name: str = "pid") -> int:
        """Begin to send."""
        return self.order(do="send", pid=str(self.folder / name))

    def ended(self, process: int) -> None:
        """See how a worker ended: well, or killed."""
        code = self.order(wait=process)
        assert code in {0, -signal.SIGKILL}
        self.killed += code != 0

    def kill_at(self, event: str, number: int) -> None:
        """Send, and die at a step of the talk."""
        self.release()
        self.relay.order(event, number, self.folder / "pid")
        self.ended(self.start())

    def kill_after(self, seconds: float) -> None:
        """Send by two, and kill one of them at a moment."""
        self.release()
        first, second = self.start(), self.start("other")
        time.sleep(seconds)
        os.kill(first, signal.SIGKILL)
        self.ended(first)
        self.ended(second)

    def told(self) -> dict[str, Any]:
        """How everything stands."""
        out = self.folder / "told.json"
        self.do("tell", out=str(out))
        found: dict[str, Any] = json.loads(out.read_text())
        return found

    def stop(self) -> None:
        """End the stem."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()


@pytest.fixture
def stem(house: dict[str, str], tmp_path: Path) -> Iterator[Stem]:
    """A home of its own, its relay, and the process that sends."""
    (tmp_path / "home" / "keys").mkdir()
    with sink.running(tmp_path / "sink") as relay:
        (tmp_path / "home" / "pehra.toml").write_text(
            f'[mail]\nhost = "127.0.0.1"\nport = {relay.port}\nsecurity = "plain"\n'
            'sender = "notices@cert.example"\n'
        )
        made = Stem(house, tmp_path, relay)
        yield made
        made.stop()


def test_a_worker_killed_at_two_dozen_moments_loses_and_doubles_nothing(stem: Stem) -> None:
    stem.release()
    began = time.monotonic()
    stem.ended(stem.start())
    length = time.monotonic() - began
    for event, number in STEPS:
        stem.kill_at(event, number)
    for moment in range(MOMENTS):
        stem.kill_after(length * (moment + 0.5) / MOMENTS)
    stem.now += timedelta(hours=1)
    stem.ended(stem.start())
    stem.now += timedelta(hours=1)
    _check_before_settling(stem)
    taken = [line["message"] for line in stem.relay.taken()]
    stem.do("settle", taken=taken)
    stem.ended(stem.start())
    told = stem.told()
    taken = [line["message"] for line in stem.relay.taken()]
    assert sorted(taken) == sorted(row["message_id"] for row in told["rows"])
    assert (len(taken), {row["state"] for row in told["rows"]}) == (stem.letters, {"sent"})
    assert told["verified"] is True
    assert len(told["sent"]) + told["resolved"] >= stem.letters
    assert stem.killed >= len(STEPS) + 4


def _check_before_settling(stem: Stem) -> None:
    """What the ledger calls sent the relay has once; all else that it has is called uncertain."""
    told = stem.told()
    taken = Counter(line["message"] for line in stem.relay.taken())
    assert max(taken.values()) == 1
    states = {row["message_id"]: row["state"] for row in told["rows"]}
    sent = {name for name, state in states.items() if state == "sent"}
    uncertain = {name for name, state in states.items() if state == "uncertain"}
    assert sorted(told["sent"]) == sorted(
        hashlib.sha256(name.encode()).hexdigest() for name in sent
    )
    assert (set(taken) - uncertain, set(states) - uncertain) == (sent, sent)
    assert 0 < len(uncertain) <= stem.killed
