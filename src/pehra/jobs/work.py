"""The worker: a door through which queued work is done, one job at a time.

Rooms register functions in their `jobs` module, which is found by its name:

    @job("findings.ingest")
    def ingest(payload, *, now, progress): ...

A job may be run again after a crash at any point, so what it does must converge when repeated.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import random
import socket
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, Self

import pehra
from pehra.jobs import actions, queries, rules, schedule
from pehra.kernel import log
from pehra.kernel.errors import PehraError, UsageError
from pehra.kernel.time import EPOCH, clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import TracebackType

    from pehra.jobs.actions import Claim

_log = log.logger(__name__)
_POLL = 1.0
_TICK = 5.0
_NOTED_EVERY = 0.5


class Work(Protocol):
    """What a room registers: takes the payload, gives facts for the job's page or None."""

    def __call__(
        self, payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
    ) -> dict[str, Any] | None:
        """Do it; `progress(done, total)` may raise `Stopped`, which is not to be caught."""


class Stopped(Exception):
    """Raised by `progress` inside a job: the worker ends, or the job is no longer its own."""


_functions: dict[str, Work] = {}
_periods: dict[str, timedelta] = {}


def job(kind: str, *, every: timedelta | None = None) -> Callable[[Work], Work]:
    """Register a function under `kind`, such as `findings.ingest`; `every` also schedules it."""

    def register(function: Work) -> Work:
        if _functions.setdefault(kind, function) is not function:
            message = f"Two functions do the job {kind}."
            raise ValueError(message)
        if every is not None:
            _periods[kind] = every
        return function

    return register


def find_jobs() -> None:
    """Import `pehra.<room>.jobs` of every room that has one."""
    for room in pkgutil.iter_modules(pehra.__path__, "pehra."):
        if room.ispkg and importlib.util.find_spec(f"{room.name}.jobs") is not None:
            importlib.import_module(f"{room.name}.jobs")


def ensure_periodic(now: datetime) -> None:
    """Set the schedules of all jobs that were registered with `every`."""
    for kind, every in sorted(_periods.items()):
        schedule.ensure(kind, kind, every, now=now)


class _Hold:
    """Keeps a claim alive from a thread of its own while the job runs, and carries its progress."""

    def __init__(self, claim: Claim, stop: threading.Event, moment: Callable[[], datetime]) -> None:
        self._claim, self._stop, self._moment = claim, stop, moment
        self._ended = threading.Event()
        self._lost = False
        self._noted = 0.0
        self._thread = threading.Thread(target=self._beat, name=f"lease-{claim.id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        third = self._claim.lease.total_seconds() / 3
        while not self._ended.wait(third):
            try:
                self._lost = not actions.renew(self._claim, now=self._moment())
            except Exception:  # noqa: BLE001 a database that is away now may be back in time
                _log.warning("lease not renewed", job=self._claim.id, exc_info=True)
            if self._lost:
                break
        actions.leave_database()

    def progress(self, done: int, total: int) -> None:
        """Note how far the job is, at most twice a second; raises `Stopped` where it must end."""
        if self._stop.is_set() or self._lost:
            raise Stopped
        if time.monotonic() - self._noted < _NOTED_EVERY and done < total:
            return
        self._noted = time.monotonic()
        if not actions.advance(self._claim, done, total, now=self._moment()):
            raise Stopped


def _facts(claim: Claim) -> dict[str, str | int]:
    """What every line that is logged during a job says of it."""
    batch = claim.payload.get("batch")
    known: dict[str, str | int] = {"job": claim.id, "kind": claim.kind}
    return {**known, "batch": batch} if isinstance(batch, str) else known


def _perform(claim: Claim, stop: threading.Event, moment: Callable[[], datetime]) -> None:
    """Do one job, with its facts on every line that it logs, and write down how it ended."""
    with log.bound(**_facts(claim)):
        _do(claim, stop, moment)


def _do(claim: Claim, stop: threading.Event, moment: Callable[[], datetime]) -> None:
    began = time.monotonic()
    try:
        with _Hold(claim, stop, moment) as hold:
            result = _function(claim.kind)(claim.payload, now=moment(), progress=hold.progress)
        actions.finish(claim, result, now=moment())
        _log.info("job done", seconds=round(time.monotonic() - began, 3))
    except Stopped:
        actions.put_back(claim, now=moment())
        _log.info("job put back")
    except Exception as error:  # noqa: BLE001 the worker is a door: the error is kept with the job
        # What Pehra raises says enough; anything else is a fault whose place must be known.
        _log.warning(
            "job failed",
            attempt=claim.attempt,
            error=str(error),
            exc_info=not isinstance(error, PehraError),
        )
        now, retry_at = moment(), None
        if rules.may_retry(error, claim.attempt, claim.most_attempts):
            retry_at = now + rules.delay(claim.attempt, random.random())  # noqa: S311 spreads tries
        actions.fail(claim, rules.error_text(error), now=now, retry_at=retry_at)


def _function(kind: str) -> Work:
    if kind not in _functions:
        message = f"No room does the job {kind}."
        raise UsageError(message, mend="It was queued by another version of Pehra.")
    return _functions[kind]


def run_due(now: datetime) -> int:
    """Do all that is due at `now`, here and at once; gives how many jobs were done or failed."""
    find_jobs()
    stop, began, count = threading.Event(), time.monotonic(), 0
    worker = f"{socket.gethostname()}:{os.getpid()}"

    def moment() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    while queries.anything_to_do(now) and (claim := actions.claim(worker, now=now)) is not None:
        _perform(claim, stop, moment)
        count += 1
    return count


class Worker:
    """Does jobs until it is told to stop.

    Args:
        name: shown with the jobs it does; unique among workers.
        lease: how long a job is its own without a sign of life.
        poll: seconds between two looks into an empty queue.
    """

    def __init__(self, name: str, *, lease: timedelta = rules.LEASE, poll: float = _POLL) -> None:
        self.name = name
        self._lease, self._poll = lease, poll
        self._ticked, self._ticked_at = float("-inf"), EPOCH

    def run(self, stop: threading.Event) -> int:
        """Work until `stop`; gives how many jobs were taken. Outlives a database that is away."""
        find_jobs()
        count, prepared = 0, False
        while not stop.is_set():
            try:
                if not prepared:
                    ensure_periodic(clock())
                    prepared = True
                taken = self._step(stop)
            except Exception:  # noqa: BLE001 a worker must outlive a database that is away
                _log.exception("worker goes on after an error", worker=self.name)
                taken = False
            count += taken
            if not taken:
                actions.refresh_connection()
                stop.wait(self._poll)
        schedule.resign(self.name)
        actions.leave_database()
        return count

    def _step(self, stop: threading.Event) -> bool:
        now = clock()
        # By what has passed, or by a clock that was set forward.
        late = now - self._ticked_at >= timedelta(seconds=_TICK)
        if late or time.monotonic() - self._ticked >= _TICK:
            self._ticked, self._ticked_at = time.monotonic(), now
            schedule.tick(self.name, now)
        claim = None
        if queries.anything_to_do(now):
            claim = actions.claim(self.name, now=now, lease=self._lease)
        if claim is not None:
            _perform(claim, stop, clock)
        return claim is not None
