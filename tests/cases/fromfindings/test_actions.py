"""Thousands of observations become a handful of cases, and the same ones again change nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from tests.findings.conftest import House, watch

from pehra.cases.fromfindings.actions import Done, feed, follow, set_rules
from pehra.cases.fromfindings.queries import fed_by, feeds_of, in_force, judged, outlook
from pehra.cases.models.case import Case, Entry, Link
from pehra.cases.queries.cases import Wanted, page
from pehra.cases.rules import State
from pehra.kernel.actors import SYSTEM
from pehra.kernel.errors import UsageError
from pehra.ledger.models import Entry as LedgerEntry
from pehra.mandate.models import Organisation
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from pehra.cases.queries.cases import CaseView

__all__ = ["watch"]
pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Asia/Karachi")
NOW = datetime(2026, 11, 28, 6, tzinfo=UTC)
HOLDERS, ADDRESSES, FAMILIES = 32, 8, 9
COLUMNS = "timestamp,severity,src_ip,protocol,src_port,tag,infection,family,src_asn,src_geo"


def infected(house: House, day: str, families: int = FAMILIES) -> None:
    """Every address of 32 holders is seen with each family."""
    lines = (
        f"{day} 05:00:00,high,192.0.2.{host},tcp,4000,sinkhole,fam{one:02},fam{one:02},64500,PK"
        for host in range(HOLDERS * ADDRESSES)
        for one in range(families)
    )
    house.take_in(house.report("event4_sinkhole", day, lines, COLUMNS))


@pytest.fixture
def many(watch: House) -> House:
    rows = (
        f"holder-{one:02},Holder {one:02},banking,PK-PB,prefix,192.0.2.{one * ADDRESSES}/29,"
        "manual,static,2026-11-01"
        for one in range(HOLDERS)
    )
    header = "organisation,name,sector,territory,kind,asset,source,use,valid_from"
    watch.register("\n".join([header, *rows]).encode())
    watch.now = NOW
    return watch


def cases(now: datetime) -> list[CaseView]:
    return page(Wanted(), viewer=SYSTEM_VIEWER, now=now)[::-1]


def test_thousands_of_observations_are_a_handful_of_cases(many: House) -> None:
    infected(many, "2026-11-28")
    asked = outlook(now=many.now, zone=ZONE)
    outbreak = next(one for one in asked if one.rule.slug == "family-outbreak")
    assert (outbreak.would_open, outbreak.over, len(outbreak.planned)) == (6, 4, FAMILIES)
    before = LedgerEntry.objects.count()
    done = feed(now=many.now, zone=ZONE)
    assert done == Done(opened=6, fed=0, linked=HOLDERS * ADDRESSES * FAMILIES)
    found = cases(many.now)
    assert [one.title for one in found] == [
        *(f"Outbreak of fam{one:02} at {HOLDERS} organisations" for one in range(5)),
        "Rule family-outbreak is over its limit of 5 cases on 2026-11-28",
    ]
    with as_system():
        assert Link.objects.filter(case=found[-1].number).count() == HOLDERS * ADDRESSES * 4
        notes = [Entry.objects.filter(case=one.number).count() for one in found]
    assert notes == [2, 2, 2, 2, 2, 6]
    # Two entries of the ledger for a case, one for each group over the limit, none for a finding.
    assert LedgerEntry.objects.count() - before == 5 * 2 + 1 + 4 + 1
    assert feed(now=many.now, zone=ZONE) == Done()
    many.now += timedelta(days=1)
    infected(many, "2026-11-29", families=10)
    # The next day has a limit of its own; what is in the case over the limit stays there.
    later = feed(now=many.now, zone=ZONE)
    assert later == Done(opened=1, fed=0, linked=HOLDERS * ADDRESSES)
    assert len(cases(many.now)) == 7


def test_what_a_person_ended_stays_ended(many: House) -> None:
    infected(many, "2026-11-28", families=1)
    assert feed(now=many.now, zone=ZONE).opened == 1
    (case,) = cases(many.now)
    assert [one.group for one in feeds_of(case.number, viewer=SYSTEM_VIEWER)] == ["fam00"]
    with as_system():
        Case.objects.update(state=State.REJECTED)
    assert judged("family-outbreak") == {"fam00": HOLDERS * ADDRESSES}
    assert feed(now=many.now, zone=ZONE) == Done()


def test_what_was_merged_is_fed_through_the_case_it_went_into(many: House) -> None:
    infected(many, "2026-11-28", families=2)
    assert feed(now=many.now, zone=ZONE).opened == 2
    first, second = cases(many.now)
    with as_system():
        Case.objects.filter(pk=second.number).update(state=State.MERGED, merged_into=first.number)
    assert feed(now=many.now, zone=ZONE) == Done(fed=1, linked=HOLDERS * ADDRESSES)
    assert feed(now=many.now, zone=ZONE) == Done()
    assert [one.number for one in cases(many.now)] == [first.number]


def test_what_was_merged_twice_is_fed_through_the_last(many: House) -> None:
    infected(many, "2026-11-28", families=3)
    assert feed(now=many.now, zone=ZONE).opened == 3
    first, second, third = (one.number for one in cases(many.now))
    with as_system():
        Case.objects.filter(pk=first).update(state=State.MERGED, merged_into=second)
        Case.objects.filter(pk=second).update(state=State.MERGED, merged_into=third)
    assert {one.case for one in fed_by("family-outbreak").values()} == {third}
    assert judged("family-outbreak") == {}
    assert feed(now=many.now, zone=ZONE).opened == 0
    with as_system():
        Case.objects.filter(pk=third).update(state=State.REJECTED)
    assert set(judged("family-outbreak")) == {"fam00", "fam01", "fam02"}


def test_two_runs_at_once_open_each_case_once(many: House) -> None:
    infected(many, "2026-11-28")
    late = outlook(now=many.now, zone=ZONE)
    assert feed(now=many.now, zone=ZONE).opened == 6
    before = LedgerEntry.objects.count()
    done = [follow(one, now=many.now, zone=ZONE) for one in late]
    assert (done, len(cases(many.now))) == ([Done()] * 3, 6)
    assert LedgerEntry.objects.count() == before
    with as_system():
        Case.objects.update(state=State.REJECTED)
    assert [follow(one, now=many.now, zone=ZONE) for one in late] == [Done()] * 3


def test_one_holder_of_critical_infrastructure_is_in_the_case(many: House) -> None:
    Organisation.objects.filter(slug="holder-03").update(cii_grade="A")
    lines = ["2026-11-28 05:00:00,critical,192.0.2.24,tcp,4000,sinkhole,x,x,64500,PK"]
    many.take_in(many.report("event4_sinkhole", "2026-11-28", lines, COLUMNS))
    assert feed(now=many.now, zone=ZONE) == Done(opened=1, linked=1)
    (case,) = cases(many.now)
    assert case.title == "Critical findings at Holder 03, critical infrastructure"


OWN = b"""
[[rules]]
slug = "family-outbreak"
valid_from = 2026-11-01
title = "Outbreak of {group}"
group = ["what"]
enabled = false

[[rules]]
slug = "cii-critical"
valid_from = 2026-12-01
title = "later"
group = ["organisation"]
"""


def test_rules_are_dated_data(many: House) -> None:
    assert set_rules(OWN.replace(b"2026-11-01", b"2026-11-28"), actor=SYSTEM, now=many.now) == 2
    assert set_rules(OWN.replace(b"2026-11-01", b"2026-11-28"), actor=SYSTEM, now=many.now) == 0
    assert set_rules(OWN.replace(b"later", b"other"), actor=SYSTEM, now=many.now) == 2
    with pytest.raises(UsageError, match="no file of rules"):
        set_rules(b"rules = 1", actor=SYSTEM, now=many.now)
    told = {one.slug: (one.title, one.enabled) for one in in_force(NOW.date())}
    assert told["family-outbreak"] == ("Outbreak of {group}", False)
    assert told["cii-critical"][1]
    infected(many, "2026-11-28", families=1)
    assert feed(now=many.now, zone=ZONE) == Done()
