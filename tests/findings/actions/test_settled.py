"""Sightings that change more than counts: relapse, worse severity, holders found, hands changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pehra.findings import jobs
from pehra.findings.actions.answers import answer
from pehra.findings.actions.settled import SHARED_BIT, source_bit
from pehra.findings.models import SourceNumber
from pehra.findings.queries import FindingView, one, steps
from pehra.findings.rules import Act, State
from pehra.kernel.actors import Actor
from pehra.kernel.labels import Severity
from pehra.mandate.models import Clock
from pehra.mandate.queries import holders
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from tests.findings.conftest import House

OFFICER = Actor("amna", "duty officer")
COLUMNS = "organisation,name,sector,territory,kind,asset,source,valid_from,valid_to"


def hand_over(watch: House, slug: str, since: str, until: str = "") -> None:
    place = "education,PK-SD,prefix,192.0.2.0/26,manual"
    watch.register(f"{COLUMNS}\n{slug},{slug.title()},{place},{since},{until}\n".encode())


def say(watch: House, number: int, *acts: Act) -> None:
    for act in acts:
        answer(number, act, why="so", viewer=SYSTEM_VIEWER, actor=OFFICER, now=watch.now)


def view(number: int) -> FindingView:
    found = one(number, viewer=SYSTEM_VIEWER)
    assert found is not None
    return found


def shape(watch: House) -> list[tuple[int, str | None, str, int, int | None]]:
    """Number, holder, state, count and predecessor of every finding."""
    return [
        (row.id, row.organisation_slug, State(row.state).word, row.count, view(row.id).previous)
        for row in watch.findings()
    ]


def test_a_worse_severity_brings_the_deadline_forward_and_a_milder_one_nothing(
    watch: House,
) -> None:
    watch.telnet("2026-11-16", 10, severity="medium")
    opened = watch.now
    (row,) = watch.findings()
    assert row.due_at == opened + timedelta(hours=720)
    watch.telnet("2026-11-17", 10, severity="critical")
    (row,) = watch.findings()
    assert (row.severity, row.due_at) == (Severity.CRITICAL, opened + timedelta(hours=72))
    watch.telnet("2026-11-18", 10, severity="low")
    (row,) = watch.findings()
    assert (row.severity, row.count) == (Severity.CRITICAL, 3)
    assert row.due_at == opened + timedelta(hours=72)
    assert view(row.id).opened_at == opened
    assert watch.findings(severities=frozenset({Severity.CRITICAL})) == [row]
    assert watch.findings(severities=frozenset({Severity.MEDIUM})) == []


def test_a_claimed_fix_stands_until_the_thing_is_seen_after_it(watch: House) -> None:
    watch.telnet("2026-11-16", 10)
    (row,) = watch.findings()
    say(watch, row.id, Act.CLAIM_FIX)
    watch.telnet("2026-11-17", 10, severity="critical")
    (row,) = watch.findings()
    assert (State(row.state), row.count) == (State.FIX_CLAIMED, 2)
    watch.now += timedelta(days=2)
    told = watch.telnet("2026-11-23", 10, severity="low")
    assert told.findings == {"opened": 0, "updated": 0, "relapsed": 1}
    found = view(row.id)
    assert (State(found.row.state), found.relapses, found.row.count) == (State.RELAPSED, 1, 3)
    # The worst that was ever said binds the new clock, which begins now.
    assert found.row.due_at == watch.now + timedelta(hours=72)
    assert (found.fix_claimed_at, found.gone_at) == (None, None)
    assert watch.telnet("2026-11-24", 10).findings["relapsed"] == 0
    assert [(State(step.state), step.by) for step in steps(row.id, viewer=SYSTEM_VIEWER)] == [
        (State.RELAPSED, f"batch {told.batch}"),
        (State.FIX_CLAIMED, "amna, duty officer"),
    ]


def test_what_was_passed_on_and_comes_back_relapses(watch: House) -> None:
    watch.telnet("2026-11-16", 10)
    (row,) = watch.findings()
    say(watch, row.id, Act.PASS_ON)
    watch.now += timedelta(days=1)
    assert watch.telnet("2026-11-23", 10).findings["relapsed"] == 1
    assert [State(row.state) for row in watch.findings()] == [State.RELAPSED]


def test_a_holder_is_found_by_the_next_sighting(watch: House) -> None:
    def report(day: str, severity: str = "high") -> dict[str, int]:
        line = f"{day} 05:00:00,{severity},198.51.100.1,tcp,23,telnet,,PK"
        return watch.take_in(watch.report("scan_telnet", day, [line])).findings

    assert report("2026-11-16")["opened"] == 1
    opened = watch.now
    watch.register(
        b"organisation,name,kind,asset,source\nnew-isp,New ISP,prefix,198.51.100.0/24,manual\n"
    )
    assert report("2026-11-17", "critical") == {"opened": 0, "updated": 1, "relapsed": 0}
    (row,) = watch.findings()
    assert (row.organisation_slug, row.count, row.severity) == ("new-isp", 2, Severity.CRITICAL)
    assert row.due_at == opened + timedelta(hours=72)
    assert view(row.id).claim is not None
    # Counting goes on in bulk: the holder is the same on both sides now.
    assert report("2026-11-18") == {"opened": 0, "updated": 1, "relapsed": 0}
    assert [row.count for row in watch.findings()] == [3]


def test_a_finding_that_gets_its_holder_gets_that_one_s_clock(watch: House) -> None:
    def report(day: str) -> None:
        line = f"{day} 05:00:00,high,198.51.100.1,tcp,23,telnet,,PK"
        watch.take_in(watch.report("scan_telnet", day, [line]))

    report("2026-11-16")
    opened = watch.now
    watch.register(
        b"organisation,name,kind,asset,source\nnew-isp,New ISP,prefix,198.51.100.0/24,manual\n"
    )
    Clock.objects.create(kind="fix", organisation_id=holders()["new-isp"][0], hours=200)
    report("2026-11-17")
    assert [row.due_at for row in watch.findings()] == [opened + timedelta(hours=200)]


def test_a_holder_may_be_found_by_the_sighting_that_shows_a_relapse(watch: House) -> None:
    line = "{} 05:00:00,high,198.51.100.1,tcp,23,telnet,,PK"
    watch.take_in(watch.report("scan_telnet", "2026-11-16", [line.format("2026-11-16")]))
    (row,) = watch.findings()
    say(watch, row.id, Act.CLAIM_FIX)
    watch.now += timedelta(days=1)
    watch.register(
        b"organisation,name,kind,asset,source\nnew-isp,New ISP,prefix,198.51.100.0/24,manual\n"
    )
    told = watch.take_in(watch.report("scan_telnet", "2026-11-23", [line.format("2026-11-23")]))
    assert told.findings == {"opened": 0, "updated": 0, "relapsed": 1}
    assert shape(watch) == [(row.id, "new-isp", "relapsed", 2, None)]
    assert watch.findings()[0].due_at == watch.now + timedelta(hours=168)


def test_a_claim_that_is_missing_takes_no_holder_away(watch: House) -> None:
    watch.telnet("2026-11-20", 10)
    watch.register(
        b"organisation,name,kind,asset,source,valid_to\n"
        b"river-bank,River Bank,prefix,192.0.2.0/25,manual,2026-11-21\n"
    )
    told = watch.telnet("2026-11-22", 10)
    assert (told.attributed, told.findings["updated"]) == (0, 1)
    assert [row.organisation_slug for row in watch.findings()] == ["river-bank"]


def test_three_holders_one_after_the_other_keep_their_own_counts(watch: House) -> None:
    hand_over(watch, "lake-school", "2026-11-15", "2026-11-18")
    watch.telnet("2026-11-10", 10)
    watch.telnet("2026-11-16", 10)
    hand_over(watch, "hill-college", "2026-11-18")
    watch.telnet("2026-11-20", 10)
    assert shape(watch) == [
        (1, "river-bank", "transferred", 1, None),
        (2, "lake-school", "transferred", 1, 1),
        (3, "hill-college", "open", 1, 2),
    ]
    # Late reports go to whoever held the asset then, through the whole chain.
    watch.telnet("2026-11-11", 10)
    watch.telnet("2026-11-17", 10)
    watch.telnet("2026-11-21", 10)
    assert [(count, previous) for *_, count, previous in shape(watch)] == [
        (2, None),
        (2, 1),
        (2, 2),
    ]


def test_a_late_report_of_a_holder_in_between_joins_the_chain_once(watch: House) -> None:
    hand_over(watch, "lake-school", "2026-11-15", "2026-11-18")
    hand_over(watch, "hill-college", "2026-11-18")
    watch.telnet("2026-11-10", 10)
    watch.telnet("2026-11-20", 10)
    assert shape(watch) == [
        (1, "river-bank", "transferred", 1, None),
        (2, "hill-college", "open", 1, 1),
    ]
    for day in ("2026-11-16", "2026-11-17"):
        watch.telnet(day, 10)
    watch.telnet("2026-11-11", 10)
    assert shape(watch) == [
        (1, "river-bank", "transferred", 2, None),
        (2, "hill-college", "open", 1, 3),
        (3, "lake-school", "transferred", 2, 1),
    ]


def test_a_late_report_of_a_holder_before_all_others_is_kept_with_that_one(watch: House) -> None:
    hand_over(watch, "lake-school", "2026-11-15")
    watch.telnet("2026-11-20", 10)
    watch.telnet("2026-11-10", 10)
    watch.telnet("2026-11-11", 10)
    assert shape(watch) == [
        (1, "lake-school", "open", 1, 2),
        (2, "river-bank", "transferred", 2, None),
    ]


def test_what_was_withdrawn_stays_so_when_the_asset_changes_hands(watch: House) -> None:
    watch.telnet("2026-11-10", 10)
    (row,) = watch.findings()
    say(watch, row.id, Act.DISPUTE, Act.UPHOLD)
    watch.telnet("2026-11-11", 10)
    assert shape(watch) == [(row.id, "river-bank", "withdrawn", 2, None)]
    hand_over(watch, "lake-school", "2026-11-15")
    told = watch.telnet("2026-11-20", 10)
    assert (told.error, told.accepted) == (None, 1)
    assert shape(watch) == [
        (1, "river-bank", "withdrawn", 2, None),
        (2, "lake-school", "open", 1, 1),
    ]
    words = [State(step.state) for step in steps(1, viewer=SYSTEM_VIEWER)]
    assert words == [State.WITHDRAWN, State.DISPUTED]


@pytest.mark.django_db
def test_a_source_keeps_its_bit_and_from_the_63rd_on_they_share_one() -> None:
    bits = [source_bit(f"source-{number}") for number in range(66)]
    assert bits == [1 << min(number, SHARED_BIT) for number in range(66)]
    assert source_bit("source-0") == 1
    assert SourceNumber.objects.count() == 66


def test_what_nobody_holds_can_be_gone(watch: House) -> None:
    line = "2026-11-16 05:00:00,high,198.51.100.1,tcp,23,telnet,,PK"
    watch.take_in(watch.report("scan_telnet", "2026-11-16", [line]))
    for day in (17, 18, 19):
        watch.telnet(f"2026-11-{day}", 11)
    told = jobs.close({}, now=watch.now, progress=lambda _done, _total: None)
    assert told == {"gone": 1}
    row = watch.findings(asset="198.51.100.1")[0]
    assert view(row.id).gone_at == datetime(2026, 11, 20, tzinfo=UTC)
