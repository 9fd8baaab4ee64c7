"""Figures for Prometheus, read from the database when they are asked for.

Whichever process answers, the figures are the same (decision 161). Names follow Prometheus' own
rules: base units, `_total` for what only grows. This machine may ask; anybody else needs the
bearer token in `keys/metrics.token`.
"""

from __future__ import annotations

import os
import platform
import secrets
import shutil
import time
from typing import TYPE_CHECKING

import msgspec
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, Max, Min, Sum
from django.http import HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from pehra import __version__
from pehra.findings.models import Finding
from pehra.findings.rules import State
from pehra.intake import queries as intake
from pehra.intake.models import Batch, SourceHealth
from pehra.jobs import queries as jobs
from pehra.jobs.models import Job
from pehra.kernel.settings import home_path
from pehra.kernel.time import clock
from pehra.ledger import checkpoint
from pehra.ledger import queries as ledger
from pehra.mandate.tenancy import seen_by
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from django.http import HttpRequest
    from prometheus_client import Metric

    from pehra.kernel.settings import Home

_KEPT_SECONDS = 30.0
_OUTCOMES = ("accepted", "rejected", "duplicates", "unchanged")
_HERE = frozenset({"127.0.0.1", "::1"})
_CAME_THROUGH = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


def metrics(request: HttpRequest) -> HttpResponse:
    """`/metrics`, in Prometheus' text format."""
    if not _may_ask(request, _token(home_path())):
        text = "Ask from this machine, or with the bearer token of keys/metrics.token.\n"
        return HttpResponse(text, status=403, content_type="text/plain; charset=utf-8")
    registry = CollectorRegistry()
    registry.register(Figures(home_path(), clock()))
    response = HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    response["Cache-Control"] = "no-store"
    return response


def _token(home: Home) -> str:
    path = home.keys / "metrics.token"
    return path.read_text().strip() if path.is_file() else ""


def _may_ask(request: HttpRequest, token: str) -> bool:
    """By the token where there is one, else from this machine and through nobody."""
    if token:
        said = request.headers.get("Authorization", "").encode(errors="replace")
        return secrets.compare_digest(said, f"Bearer {token}".encode())
    through = any(name in request.META for name in _CAME_THROUGH) or settings.PEHRA.web.proxies > 0
    return request.META.get("REMOTE_ADDR") in _HERE and not through


class Figures(Collector):
    """All figures of a home at one moment."""

    def __init__(self, home: Home, now: datetime) -> None:
        self._home, self._now = home, now

    def collect(self) -> Iterator[Metric]:
        """Families, those that need no database first; where it is away, only they come."""
        began = time.monotonic()
        yield from _machine(self._home)
        rows: list[Metric] = []
        try:
            for part in (_intake, _sources, _jobs, _findings, _ledger):
                rows += part(self._now)
        except DatabaseError:
            rows = []
        yield _one("pehra_database_up", "1 where the database answers.", int(bool(rows)))
        yield from rows
        text = "How long it took to read these figures."
        yield _one("pehra_scrape_seconds", text, time.monotonic() - began)


def _one(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _by(
    name: str, text: str, labels: tuple[str, ...], values: Iterable[tuple[tuple[str, ...], float]]
) -> Metric:
    """A family with labels; what only grows is named `_total`."""
    kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
    family = kind(name, text, labels=labels)
    for labelled, value in values:
        family.add_metric(labelled, value)
    return family


def _machine(home: Home) -> Iterator[Metric]:
    build = (__version__, platform.python_version(), connection.vendor)
    text = "Which Pehra this is; always 1."
    yield _by("pehra_build_info", text, ("version", "python", "database"), [(build, 1)])
    try:
        space, files = shutil.disk_usage(home.root), os.statvfs(home.root)
    except OSError:
        return
    yield _one("pehra_disk_free_bytes", "Free on the home's file system.", space.free)
    yield _one("pehra_disk_bytes", "Size of the home's file system.", space.total)
    yield _one("pehra_disk_free_files", "Files that still can be made there.", files.f_favail)
    if home.database.is_file():
        size = home.database.stat().st_size
        yield _one("pehra_database_bytes", "Size of the SQLite file.", size)


def _intake(now: datetime) -> Iterator[Metric]:
    sums = {name: Sum(name) for name in _OUTCOMES}
    rows = Batch.objects.order_by("source").values_list("source")
    found = list(rows.annotate(**sums).values_list("source", *_OUTCOMES))
    yield _by(
        "pehra_rows_total",
        "Rows of reports by what became of them.",
        ("source", "outcome"),
        [
            ((source, name), count or 0)
            for source, *counts in found
            for name, count in zip(_OUTCOMES, counts, strict=True)
        ],
    )
    states = Batch.objects.order_by("state").values_list("state").annotate(Count("id"))
    labelled = [((str(state),), count) for state, count in states]
    yield _by("pehra_batches", "Files as received, by state.", ("state",), labelled)
    unfinished = Batch.objects.filter(state__in=(Batch.State.RECEIVED, Batch.State.READING))
    text = "Age of the oldest batch that is not taken in yet; 0: there is none."
    yield _one("pehra_batch_waiting_seconds", text, _age(now, unfinished, "received_at"))
    newest = Batch.objects.order_by("source").values_list("source").annotate(Max("received_at"))
    yield _by(
        "pehra_batch_newest_timestamp_seconds",
        "When a source's newest batch came.",
        ("source",),
        [((source,), moment.timestamp()) for source, moment in newest],
    )


def _age(now: datetime, rows: object, column: str) -> float:
    oldest = rows.aggregate(oldest=Min(column))["oldest"]  # type: ignore[attr-defined] # any query
    return 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())


def _sources(now: datetime) -> Iterator[Metric]:
    del now
    found = list(SourceHealth.objects.order_by("source"))
    reached = [((row.source,), row.last_success.timestamp()) for row in found if row.last_success]
    text = "When a source last answered and could be read."
    yield _by("pehra_source_last_success_timestamp_seconds", text, ("source",), reached)
    failed = [((row.source,), row.failures) for row in found]
    text = "Tries to fetch a source that failed since the last success."
    yield _by("pehra_source_failures", text, ("source",), failed)
    alarms = [(alarm, 1) for alarm in sorted(set(intake.open_alarms(viewer=SYSTEM_VIEWER)))]
    text = "Alarms about sources that nobody has answered."
    yield _by("pehra_source_alarm", text, ("source", "kind"), alarms)


def _jobs(now: datetime) -> Iterator[Metric]:
    states = [((state,), count) for state, count in jobs.counts().items()]
    yield _by("pehra_jobs", "Jobs by state.", ("state",), states)
    text = "How long the job that is due longest has waited; 0: none waits."
    yield _one("pehra_job_waiting_seconds", text, _age(now, jobs.due(now), "run_after"))
    failed = Job.objects.filter(state=Job.State.FAILED).order_by("kind")
    counted = [((kind,), count) for kind, count in failed.values_list("kind").annotate(Count("id"))]
    yield _by("pehra_jobs_failed", "Jobs that failed for good, by kind.", ("kind",), counted)
    led = bool(jobs.leader(now))
    yield _one("pehra_worker_up", "1 where a worker is there to queue what is due.", int(led))


class _Held(msgspec.Struct):
    """An answer that is too dear for every scrape."""

    at: float = float("-inf")
    counted: dict[int, int] = {}


_held = _Held()


def forget() -> None:
    """Count anew at the next scrape."""
    _held.at = float("-inf")


def _findings(now: datetime) -> Iterator[Metric]:
    del now
    if time.monotonic() - _held.at > _KEPT_SECONDS:
        with seen_by(SYSTEM_VIEWER):
            rows = Finding.objects.order_by("state").values_list("state").annotate(Count("id"))
            _held.counted = dict(rows)
        _held.at = time.monotonic()
    labelled = [((state.word,), _held.counted.get(state.value, 0)) for state in State]
    yield _by("pehra_findings", "Findings by state.", ("state",), labelled)


def _ledger(now: datetime) -> Iterator[Metric]:
    del now
    yield _one("pehra_ledger_entries", "Entries of the ledger.", ledger.head().size)
    note = ledger.latest_checkpoint()
    signed = checkpoint.parse(note).tree.size if note else 0
    yield _one("pehra_ledger_signed_entries", "Entries under the newest checkpoint.", signed)
