"""What is mended first, and how a sector does without telling on anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pehra.findings.models import CountedDay, DayCount, Finding, FindingSeen
from pehra.findings.queries.fixing import InSector, fix_first, in_sector
from pehra.findings.rules import State
from pehra.mandate.models import Organisation, Sector
from pehra.mandate.queries.places import peers_of
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def sector() -> list[Organisation]:
    row = Sector.objects.create(slug="banking", name="Banking")
    return [
        Organisation.objects.create(slug=f"o{number}", name=f"O {number}", sector=row)
        for number in range(5)
    ]


def finding(number: int, holder: Organisation, **other: object) -> None:
    facts = {
        "key": number, "asset_kind": 1, "asset": f"192.0.2.{number}", "identifier": f"i{number}",
        "rsit_class": "vulnerable", "rsit_type": "vulnerable-system", "opened_at": NOW,
        "severity": 2, **other,
    }  # fmt: skip
    with as_system():
        row = Finding.objects.create(id=number, organisation=holder, **facts)
        FindingSeen.objects.create(
            finding=row, first_seen=NOW, last_seen=NOW, count=1, sources=1, severity=2
        )


def test_the_worst_then_the_soonest_and_nothing_that_is_done(sector: list[Organisation]) -> None:
    holder = sector[0]
    finding(1, holder)
    finding(2, holder, due_at=NOW + timedelta(days=2))
    finding(3, holder, due_at=NOW + timedelta(days=1))
    finding(4, holder, severity=4)
    finding(5, holder, severity=4, state=State.GONE)
    finding(6, holder, severity=4, state=State.EXCEPTION)
    finding(7, sector[1], severity=4)
    found = fix_first("o0", viewer=SYSTEM_VIEWER)
    assert [one.row.id for one in found] == [4, 3, 2, 1]
    assert {one.rsit_type for one in found} == {"vulnerable-system"}
    assert len(fix_first("o0", viewer=SYSTEM_VIEWER, size=2)) == 2
    stranger = Viewer(name="s", organisations=frozenset({sector[1].pk}))
    assert fix_first("o0", viewer=stranger) == []


def test_a_sector_is_told_of_only_where_five_are_in_it(sector: list[Organisation]) -> None:
    assert in_sector(sector[0].pk) is None
    with as_system():
        CountedDay.objects.create(day=NOW.date(), at=NOW)
        for holder, low in zip(sector, (9, 1, 4), strict=False):
            DayCount.objects.create(day=NOW.date(), organisation=holder, low=low)
            DayCount.objects.create(day=NOW.date(), organisation=holder, high=1)
    assert in_sector(sector[0].pk) == InSector(organisations=5, middle=2)
    sector[4].standing = "proposed"
    sector[4].save()
    assert in_sector(sector[0].pk) is None
    assert peers_of(Organisation.objects.create(slug="x", name="X").pk) == []
