"""Jobs of findings, as the worker calls them; the one ingest, as page and command call it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.engines.http.conftest import running

from pehra.engines.http.knock import Heard, Knock
from pehra.findings import ingest as way
from pehra.findings import jobs
from pehra.findings.actions import rechecks
from pehra.findings.actions.holders import holder_of
from pehra.findings.kept import coming
from pehra.findings.models import Finding
from pehra.findings.queries.rechecks import rechecks_of
from pehra.findings.rules import State
from pehra.intake.discover import source
from pehra.intake.queries import batch
from pehra.intake.source import Delivery
from pehra.jobs import actions as queue
from pehra.jobs.models import Job
from pehra.jobs.queries import counts
from pehra.jobs.work import run_due
from pehra.kernel.actors import SYSTEM, Actor
from pehra.kernel.errors import EnvironmentFault, Refused, UsageError
from pehra.kernel.time import micros
from pehra.ledger.queries import recent
from pehra.mandate.models import Organisation
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.observations.store import open_lake

if TYPE_CHECKING:
    from tests.findings.conftest import House

LINE = "2026-11-20 05:00:00,high,192.0.2.10,tcp,23,telnet,64500,PK"


def silent(done: int, total: int) -> None:
    del done, total


def test_a_file_or_source_that_is_none_is_said(watch: House) -> None:
    path = watch.report("scan_telnet", "2026-11-20", [LINE])
    with pytest.raises(UsageError, match="There is no source `nowhere`"):
        jobs.ingest("nowhere", path, home=watch.home, now=watch.now)
    with pytest.raises(UsageError, match="There is no file"):
        jobs.ingest("shadowserver", path.with_name("none"), home=watch.home, now=watch.now)
    with pytest.raises(UsageError, match="There is no batch `none`"):
        jobs.replay("none", home=watch.home, now=watch.now)
    (watch.home.keys / "finding.key").unlink()
    with pytest.raises(EnvironmentFault, match=r"finding\.key"):
        jobs.ingest("shadowserver", path, home=watch.home, now=watch.now)
    assert watch.findings() == []


def test_who_brings_a_file_stands_in_the_ledger(watch: House) -> None:
    path = watch.report("scan_telnet", "2026-11-20", [LINE])
    told: list[tuple[int, int]] = []
    result = jobs.ingest(
        "shadowserver",
        path,
        home=watch.home,
        now=watch.now,
        actor=Actor("amna", "operator"),
        progress=lambda done, total: told.append((done, total)),
    )
    assert (result.rows, result.accepted, told) == (1, 1, [(1, 1)])
    assert path.is_file()
    entry = recent()[0]
    assert (entry.actor, entry.subject) == (Actor("amna", "operator"), f"batch:{result.batch}")


def test_a_received_batch_is_brought_to_its_end_by_the_worker(watch: House) -> None:
    path = watch.report("scan_telnet", "2026-11-20", [LINE])
    given = Delivery(path, path.name, watch.now)
    with coming(watch.home, source("shadowserver"), given, largest=1 << 20) as came:
        name = way.keep(source("shadowserver"), came)
    received = batch(name, viewer=SYSTEM_VIEWER)
    assert received is not None
    assert received.state == "received"
    queue.enqueue("findings.ingest", {"batch": name}, now=watch.now)
    assert run_due(watch.now) >= 1
    done = batch(name, viewer=SYSTEM_VIEWER)
    assert done is not None
    assert (done.state, done.accepted, done.opened) == ("applied", 1, 1)
    assert counts()["failed"] == 0
    answer = jobs.ingest_batch({"batch": name}, now=watch.now, progress=silent)
    assert answer is not None
    assert (answer["duplicates"], answer["findings"]["opened"]) == (1, 0)


def test_the_register_is_followed_when_it_has_changed(watch: House) -> None:
    line = LINE.replace("192.0.2.10", "198.51.100.1")
    watch.take_in(watch.report("scan_telnet", "2026-11-20", [line]))
    watch.register(
        b"organisation,name,kind,asset,source\nnew-isp,New ISP,prefix,198.51.100.0/24,manual\n"
    )
    # The import itself has put the job into the queue.
    assert run_due(watch.now) >= 1
    assert [row.organisation_slug for row in watch.findings()] == ["new-isp"]
    assert counts()["failed"] == 0


def test_what_is_gone_is_closed_by_the_hour(watch: House) -> None:
    watch.telnet("2026-11-16", 10)
    for day in (17, 18, 19):
        watch.telnet(f"2026-11-{day}", 11)
    assert jobs.close({}, now=watch.now, progress=silent) == {"gone": 1}
    assert jobs.close({}, now=watch.now, progress=silent) == {"gone": 0}


def test_gathering_loses_no_observation(watch: House) -> None:
    for day in (17, 18, 19):
        watch.telnet(f"2026-11-{day}", 10, 11)
    before = open_lake(watch.home.lake).scan().collect().sort("id").to_dicts()
    told = jobs.gather({}, now=watch.now, progress=silent)
    assert sorted(told or {}) == ["gathered", "joined"]
    assert open_lake(watch.home.lake).scan().collect().sort("id").to_dicts() == before
    assert len(before) == 6


def test_there_is_no_address_table_until_one_is_built(watch: House) -> None:
    assert jobs.address_table(watch.home) is None
    assert jobs.desk(watch.home, watch.now).networks is None


def test_where_its_holder_consents_a_port_is_looked_at_once(watch: House) -> None:
    """The loopback alone, in tests; by hand, by the queue, and after a claim that it is fixed."""
    (watch.home.root / "pehra.toml").write_text("[fetch]\nloopback = true\n")
    watch.telnet("2026-11-20", 10)
    with running() as server, as_system():
        server.say("/", b"", 503)
        Finding.objects.update(
            asset="127.0.0.1",
            port=server.server_port,
            identifier="accessible-http",
            state=State.FIX_CLAIMED,
            fix_claimed_at=micros(watch.now),
        )
        (row,) = Finding.objects.all()
        head = Actor("head", "ENH")

        def look() -> Knock:
            return jobs.recheck(
                row.id, home=watch.home, viewer=SYSTEM_VIEWER, actor=head, now=watch.now
            )

        def claims() -> dict[str, Any] | None:
            return jobs.recheck_claims({}, now=watch.now, progress=lambda *_: None)

        assert claims() == {"queued": 0}
        with pytest.raises(Refused, match="not consented"):
            look()
        rechecks.consent(
            row.organisation_id or 0, watch.now + timedelta(days=1), actor=head, now=watch.now
        )
        assert claims() == {"queued": 1}
        told = Job.objects.get(kind=rechecks.RECHECK).payload
        assert told == {"finding": row.id, "actor": SYSTEM.name, "office": SYSTEM.office}
        first = jobs.recheck_finding(told, now=watch.now, progress=lambda *_: None)
        assert first == {"finding": row.id, "heard": "open", "status": 503}
        assert claims() == {"queued": 0}
        again = jobs.recheck_finding(told, now=watch.now, progress=lambda *_: None)
        assert again is not None
        assert again["refused"].startswith("The host was checked within the hour.")
        watch.now += timedelta(hours=1)
        assert look() == Knock(Heard.OPEN, 503)
        assert [path for path, _ in server.asked] == ["/", "/"]
    heard = [(one.heard, one.status) for one in rechecks_of(row.id, viewer=SYSTEM_VIEWER)]
    assert heard == [("open", 503)] * 2


def test_a_host_that_is_not_its_holders_own_today_is_left_alone(watch: House) -> None:
    watch.telnet("2026-11-20", 10, 200)
    at = jobs.desk(watch.home, watch.now)
    with as_system():
        slugs = dict(Organisation.objects.values_list("pk", "slug"))

    def holder(address: str) -> str | None:
        found = holder_of(address, at.holdings, at.networks, now=watch.now)
        return slugs[found] if found else None

    # The second lies in a dynamic pool, where the address is somebody else's tomorrow.
    hosts = ("192.0.2.10", "192.0.2.200", "198.51.100.1", "127.0.0.1")
    assert [holder(one) for one in hosts] == ["river-bank", None, None, None]


def test_an_offline_home_looks_at_nothing(watch: House) -> None:
    (watch.home.root / "pehra.toml").write_text("[fetch]\noffline = true\n")
    with pytest.raises(Refused, match="offline"):
        jobs.recheck(1, home=watch.home, viewer=SYSTEM_VIEWER, actor=SYSTEM, now=watch.now)
    told = jobs.recheck_claims({}, now=watch.now, progress=lambda *_: None)
    assert told == {"queued": 0, "offline": True}
