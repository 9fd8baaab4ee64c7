"""Jobs of outreach run what was queued when an advisory was published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.outreach.advisories.conftest import NOW, nation, published

from pehra.jobs.models import Job
from pehra.kernel.settings import home_path
from pehra.outreach import jobs
from pehra.outreach.advisories.actions.publishing import COUNT, TELL

if TYPE_CHECKING:
    from tests.outreach.advisories.conftest import Nation

__all__ = ["nation"]
pytestmark = pytest.mark.django_db


def quiet(done: int, total: int) -> None:
    del done, total


def test_what_publishing_queues_is_done(nation: Nation) -> None:
    del nation
    (home_path().keys / "finding.key").write_text("secret")
    published()
    queued = {row.kind: row.payload for row in Job.objects.filter(kind__startswith="outreach.")}
    told = jobs.tell(queued[TELL], now=NOW, progress=quiet)
    assert told == {"organisations": 2, "unreachable": 1, "subscribers": 0}
    assert jobs.count(queued[COUNT], now=NOW, progress=quiet) == {}
    assert jobs.upkeep({}, now=NOW, progress=quiet) == {"counted": 0, "forgotten": 0}
