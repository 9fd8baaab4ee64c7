"""Findings without a holder find one when the register has changed, and keep what they have."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pehra.findings import jobs
from pehra.findings.actions.answers import answer
from pehra.findings.actions.holders import find_holders
from pehra.findings.models import Finding, FindingSeen
from pehra.findings.queries import one
from pehra.findings.rules import Act, State
from pehra.kernel.actors import SYSTEM
from pehra.ledger.queries import recent
from pehra.mandate.models import Clock
from pehra.mandate.queries import holders
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from tests.findings.conftest import House

HEAD = "organisation,name,kind,asset,source,valid_from,valid_to"


def unheld(watch: House, day: str, *hosts: int) -> None:
    lines = [f"{day} 05:00:00,high,198.51.100.{host},tcp,23,telnet,64501,PK" for host in hosts]
    watch.take_in(watch.report("scan_telnet", day, lines))


def held(watch: House) -> list[tuple[str, str | None]]:
    return [(row.asset, row.organisation_slug) for row in watch.findings()]


def look(watch: House) -> tuple[int, list[tuple[int, int]]]:
    told: list[tuple[int, int]] = []
    at = jobs.desk(watch.home, watch.now)
    found = find_holders(
        at.holdings,
        at.networks,
        now=watch.now,
        actor=SYSTEM,
        progress=lambda done, total: told.append((done, total)),
    )
    return found, told


def test_holders_are_those_of_the_last_sighting(watch: House) -> None:
    for day, hosts in (("2026-11-10", (1, 2)), ("2026-11-20", (2, 3))):
        unheld(watch, day, *hosts)
    watch.register(
        f"{HEAD}\nold-isp,Old ISP,prefix,198.51.100.0/24,manual,,2026-11-15\n"
        f"new-isp,New ISP,prefix,198.51.100.0/25,manual,2026-11-15,\n".encode()
    )
    before = len(recent())
    assert look(watch) == (3, [(3, 3)])
    assert sorted(held(watch)) == [
        ("198.51.100.1", "old-isp"),
        ("198.51.100.2", "new-isp"),
        ("198.51.100.3", "new-isp"),
    ]
    entry = recent()[0]
    assert (entry.act, len(recent())) == ("findings.find-holders", before + 1)
    assert look(watch) == (0, [])
    assert len(recent()) == before + 1


def test_team_claim_and_counting_follow(watch: House) -> None:
    unheld(watch, "2026-11-20", 1)
    watch.register(f"{HEAD}\nnew-isp,New ISP,asn,64501,manual,,\n".encode())
    assert look(watch)[0] == 1
    found = one(1, viewer=SYSTEM_VIEWER)
    assert found is not None
    assert found.claim is not None
    with as_system():
        seen = FindingSeen.objects.select_related("finding").get()
    assert seen.holder == seen.finding.organisation_id
    assert seen.finding.team_id is not None
    # Reports of the same holder are counted, and hand nothing over.
    unheld(watch, "2026-11-21", 1)
    assert [(row.organisation_slug, row.count) for row in watch.findings()] == [("new-isp", 2)]


def test_the_clock_is_that_of_the_holder(watch: House) -> None:
    unheld(watch, "2026-11-20", 1)
    opened = watch.now
    watch.now += timedelta(days=2)
    watch.register(f"{HEAD}\nnew-isp,New ISP,asn,64501,manual,,\n".encode())
    new_isp = holders()["new-isp"][0]
    Clock.objects.create(kind="fix", organisation_id=new_isp, hours=5)
    assert look(watch)[0] == 1
    with as_system():
        assert Finding.objects.get().due_at == opened + timedelta(hours=5)


def test_the_clock_of_what_came_back_counts_from_then(watch: House) -> None:
    unheld(watch, "2026-11-20", 1)
    answer(1, Act.CLAIM_FIX, why="test", viewer=SYSTEM_VIEWER, actor=SYSTEM, now=watch.now)
    watch.now += timedelta(hours=1)
    came_back = watch.now + timedelta(minutes=1)
    line = f"{watch.now:%F %T},high,198.51.100.1,tcp,23,telnet,64501,PK"
    watch.take_in(watch.report("scan_telnet", "2026-11-22", [line]))
    assert [State(row.state) for row in watch.findings()] == [State.RELAPSED]
    watch.register(f"{HEAD}\nnew-isp,New ISP,asn,64501,manual,,\n".encode())
    Clock.objects.create(kind="fix", organisation_id=holders()["new-isp"][0], hours=5)
    assert look(watch)[0] == 1
    with as_system():
        assert Finding.objects.get().due_at == came_back + timedelta(hours=5)


def test_many_are_given_in_stretches_each_with_its_entry(watch: House) -> None:
    lines = [
        f"2026-11-20 05:00:00,high,198.51.100.1,tcp,{port},telnet,64501,PK"
        for port in range(1, 5_002)
    ]
    watch.take_in(watch.report("scan_telnet", "2026-11-20", lines))
    watch.register(f"{HEAD}\nnew-isp,New ISP,asn,64501,manual,,\n".encode())
    assert look(watch) == (5_001, [(5_000, 5_000), (5_001, 5_001)])
    told = [entry.facts["found"] for entry in recent() if entry.act == "findings.find-holders"]
    assert sorted(told) == [1, 5_000]


def test_a_host_is_looked_up_by_its_name(watch: House) -> None:
    columns = "timestamp,severity,ip,port,protocol,asn,geo,http_host,tag"
    line = "2026-11-20 05:00:00,critical,198.51.100.9,443,tcp,,PK,www.lake.edu.pk,phishing"
    watch.take_in(watch.report("compromised_website", "2026-11-20", [line], columns))
    (row,) = watch.findings()
    assert (row.asset, row.organisation_slug) == ("www.lake.edu.pk", None)
    watch.register(f"{HEAD}\nlake-school,Lake School,domain,lake.edu.pk,manual,,\n".encode())
    assert look(watch)[0] == 1
    assert held(watch) == [("www.lake.edu.pk", "lake-school")]


def test_what_has_ended_and_what_is_held_stay_as_they_are(watch: House) -> None:
    watch.telnet("2026-11-20", 10)
    unheld(watch, "2026-11-20", 1, 2)
    watch.now += timedelta(minutes=1)
    gone = watch.findings(asset="198.51.100.1")[0].id
    answer(gone, Act.WITHDRAW, why="test", viewer=SYSTEM_VIEWER, actor=SYSTEM, now=watch.now)
    watch.register(f"{HEAD}\nnew-isp,New ISP,prefix,198.51.100.0/24,manual,,\n".encode())
    assert look(watch)[0] == 1
    assert sorted(held(watch), key=str) == [
        ("192.0.2.10", "river-bank"),
        ("198.51.100.1", None),
        ("198.51.100.2", "new-isp"),
    ]
    assert [State(row.state) for row in watch.findings(asset="198.51.100.1")] == [State.WITHDRAWN]
