"""The worker feeds cases after every report and by the clock."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from tests.cases.conftest import NOW

from pehra.cases.fromfindings.jobs import feed_cases
from pehra.findings.actions.counting import FEED, count_day
from pehra.jobs.models import Job

pytestmark = pytest.mark.django_db


def silent(done: int, total: int) -> None:
    del done, total


def test_a_count_queues_the_rules_once() -> None:
    for _ in range(2):
        count_day(NOW, ZoneInfo("Asia/Karachi"))
    assert list(Job.objects.values_list("kind", flat=True)) == [FEED]


def test_the_job_says_what_it_did() -> None:
    told = feed_cases({}, now=NOW, progress=silent)
    assert told == {"opened": 0, "fed": 0, "linked": 0}
