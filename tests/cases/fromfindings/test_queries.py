"""Nothing is planned where nothing stands, and others see no feed."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from tests.cases.conftest import NOW, Nation, opened

from pehra.cases.fromfindings.queries import feeds_of, outlook
from pehra.cases.fromfindings.rules import shipped
from pehra.cases.models.feed import Feed
from pehra.mandate.tenancy import as_system

pytestmark = pytest.mark.django_db


def test_nothing_stands(nation: Nation) -> None:
    del nation
    day = NOW.replace(day=28)
    found = outlook(now=day, zone=ZoneInfo("Asia/Karachi"))
    assert [one.rule for one in found] == sorted(shipped(), key=lambda one: one.slug)
    assert [(one.planned, one.would_open, one.over) for one in found] == [([], 0, 0)] * 3
    assert outlook(now=NOW, zone=ZoneInfo("Asia/Karachi")) == []


def test_a_feed_is_seen_by_the_teams_of_its_case(nation: Nation) -> None:
    case = opened(nation)
    with as_system():
        Feed.objects.create(
            rule="x", group="y", case_id=case, opened=True, begun_at=NOW, fed_at=NOW, findings=3
        )
    assert [one.findings for one in feeds_of(case, viewer=nation.of_fincert)] == [3]
    assert feeds_of(case, viewer=nation.of_bank) == []
