"""The queue's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pehra.jobs.models import Job

if TYPE_CHECKING:
    from django.test import Client
    from tests.web.conftest import Nation


def test_jobs_and_schedules(officer: Client) -> None:
    jobs, schedules = (part.table.rows for part in officer.get("/jobs/").context["sections"])
    assert [(cells[0][1].text, cells[0][1].sub) for cells in jobs] == [
        ("findings.ingest", "disk full")
    ]
    assert [cells[1][1].text for cells in schedules] == ["1 hour"]


def test_pages_go_down(officer: Client, nation: Nation) -> None:
    Job.objects.bulk_create(
        Job(kind=f"k{n}", run_after=nation.now, queued_at=nation.now, done=n, total=99)
        for n in range(60)
    )
    first = officer.get("/jobs/").context
    rows = officer.get(first["pages"].next).context["sections"][0].table.rows
    assert len(rows) == 11
    assert rows[0][2][1].text == "9 of 99"


def test_others_do_not_read_it(contact: Client) -> None:
    assert contact.get("/jobs/").status_code == 403
