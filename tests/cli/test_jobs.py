"""`pehra jobs`: list, show, cancel."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pehra.cli import jobs
from pehra.jobs import actions, queries
from pehra.kernel.errors import IllegalStep, UsageError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pehra.toml").touch()
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))


def run(*words: str) -> list[str]:
    result = CliRunner().invoke(jobs.app, list(words))
    if result.exception is not None:
        raise result.exception
    return result.stdout.splitlines()


def test_jobs_are_listed_with_counts() -> None:
    ids = [actions.enqueue(kind, {}, now=NOW) for kind in ("a.b", "a.c")]
    for words in (("list", "--json"), ("--json",)):
        found = json.loads(run(*words)[-1])
        assert [job["id"] for job in found["jobs"]] == ids[::-1]
        assert (found["counts"]["queued"], found["schedules"]) == (2, [])
    narrowed = json.loads(run("list", "--kind", "a.b", "--state", "queued", "--json")[-1])
    assert [job["id"] for job in narrowed["jobs"]] == ids[:1]
    assert run("list")[1:] == [
        f"{ids[1]}\ta.c\tqueued\t0/0\t0\t",
        f"{ids[0]}\ta.b\tqueued\t0/0\t0\t",
    ]
    with pytest.raises(UsageError, match="There is no state 'lost'"):
        run("list", "--state", "lost")


def test_a_job_is_shown() -> None:
    job_id = actions.enqueue("a.b", {"n": 1}, now=NOW)
    found = json.loads(run("show", str(job_id), "--json")[-1])
    assert (found["id"], found["payload"], found["state"]) == (job_id, {"n": 1}, "queued")
    assert run("show", str(job_id))[:3] == [f"id\t{job_id}", "kind\ta.b", "state\tqueued"]
    with pytest.raises(UsageError, match="There is no job 99999"):
        run("show", "99999")


def test_a_job_is_cancelled_once() -> None:
    job_id = actions.enqueue("a.b", {}, now=NOW)
    assert json.loads(run("cancel", str(job_id), "--json")[-1]) == {
        "id": job_id,
        "state": "cancelled",
    }
    assert queries.counts()["cancelled"] == 1
    with pytest.raises(IllegalStep, match="is cancelled"):
        run("cancel", str(job_id))
