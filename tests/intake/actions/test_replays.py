"""A replay that somebody asks for: one job while it waits, and a line in the ledger."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pehra.intake.actions.replays import REPLAY, ask_replay
from pehra.intake.models import Batch
from pehra.jobs.queries import jobs
from pehra.kernel.actors import Actor
from pehra.kernel.errors import UsageError
from pehra.ledger.queries import recent

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
AMNA = Actor("amna", "duty")


@pytest.mark.django_db
def test_a_batch_is_queued_once_while_it_waits() -> None:
    Batch.objects.create(
        id="a", sha256="b", source="csv", file_name="f", size=1, received_at=NOW, state="applied"
    )
    first = ask_replay("a", actor=AMNA, now=NOW)
    assert ask_replay("a", actor=Actor("bilal", "duty"), now=NOW) == first
    (job,) = jobs(kind=REPLAY)
    assert job.payload == {"batch": "a", "actor": "amna", "office": "duty"}
    assert [(entry.act, entry.actor.name) for entry in recent(limit=2)] == [
        ("intake.ask-replay", "bilal"),
        ("intake.ask-replay", "amna"),
    ]


@pytest.mark.django_db
def test_no_batch_no_job() -> None:
    with pytest.raises(UsageError, match="There is no batch `none`"):
        ask_replay("none", actor=AMNA, now=NOW)
    assert (jobs(kind=REPLAY), recent(limit=1)) == ([], [])
