"""Figures for Prometheus: right, told to whom they are meant, even where the database is away."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from tests.web.conftest import NOW

from pehra.intake.models import Batch, SourceHealth
from pehra.jobs import actions as jobs
from pehra.jobs import queries
from pehra.kernel.settings import home_path
from pehra.web import metrics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.web.conftest import Nation


@pytest.fixture(autouse=True)
def counted_anew() -> None:
    metrics.forget()


@pytest.fixture
def token() -> Iterator[Path]:
    """A bearer token of the home."""
    path = home_path().keys / "metrics.token"
    path.write_text("0123456789abcdef\n")
    yield path
    path.unlink()


def figures(**asked: Any) -> dict[tuple[str, tuple[str, ...]], float]:  # noqa: ANN401 of the client
    response = Client().get("/metrics", **asked)
    assert response.status_code == 200, response.content
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(response.content.decode())
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_figures_say_what_stands_in_the_rows(nation: Nation) -> None:
    del nation
    Batch.objects.all().delete()
    for number, state in enumerate((Batch.State.APPLIED, Batch.State.RECEIVED)):
        Batch.objects.create(
            id=str(number) * 32,
            sha256=str(number) * 64,
            source="shadowserver",
            file_name="a.csv",
            size=1,
            received_at=NOW - timedelta(hours=number),
            state=state,
            rows=10,
            accepted=7,
            rejected=2,
            duplicates=1,
        )
    SourceHealth.objects.create(source="urlhaus", since=NOW, last_success=NOW, failures=3)
    jobs.enqueue("a.kind", {}, now=NOW - timedelta(minutes=5))
    told = figures()
    assert told["pehra_database_up", ()] == 1
    assert told["pehra_rows_total", ("accepted", "shadowserver")] == 14
    assert told["pehra_rows_total", ("rejected", "shadowserver")] == 4
    assert told["pehra_batches", ("received",)] == 1
    assert told["pehra_batch_waiting_seconds", ()] == 3_601
    assert told["pehra_batch_newest_timestamp_seconds", ("shadowserver",)] == NOW.timestamp()
    assert told["pehra_source_last_success_timestamp_seconds", ("urlhaus",)] == NOW.timestamp()
    assert told["pehra_source_failures", ("urlhaus",)] == 3
    assert told["pehra_jobs", ("queued",)] == queries.counts()["queued"]
    assert told["pehra_job_waiting_seconds", ()] == 301
    assert told["pehra_worker_up", ()] == 0
    assert told["pehra_findings", ("open",)] >= 0
    assert told["pehra_disk_free_bytes", ()] > 0
    assert ("pehra_ledger_entries", ()) in told


@pytest.mark.django_db
def test_another_machine_is_refused() -> None:
    for asked in (
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_VIA": "1.1 proxy"},
    ):
        assert Client().get("/metrics", **asked).status_code == 403  # type: ignore[arg-type] # stubs: headers are Any
    assert ("pehra_database_up", ()) in figures(REMOTE_ADDR="::1")


@pytest.mark.django_db
def test_where_there_is_a_token_all_need_it(token: Path) -> None:
    secret = token.read_text().strip()
    assert Client().get("/metrics").status_code == 403
    assert Client().get("/metrics", HTTP_AUTHORIZATION=f"Bearer {secret}x").status_code == 403
    told = figures(REMOTE_ADDR="192.0.2.7", HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert told["pehra_database_up", ()] == 1


@pytest.mark.django_db
def test_a_database_that_is_away_is_a_figure() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE intake_batch RENAME TO intake_batch_away")
    told = figures()
    assert told["pehra_database_up", ()] == 0
    assert ("pehra_disk_free_bytes", ()) in told
    assert ("pehra_batches", ("applied",)) not in told
