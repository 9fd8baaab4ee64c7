"""A report from file to finding: owners, clocks, merging, retries, hand-over, and the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pehra.engines.blobs import files as blobs
from pehra.findings import jobs
from pehra.findings.models import Finding, FindingSeen, Step
from pehra.findings.queries import one
from pehra.findings.rules import State
from pehra.intake.models import Batch, Coverage, Reject
from pehra.intake.queries import newest_rejects
from pehra.kernel.errors import UsageError
from pehra.kernel.labels import Severity
from pehra.kernel.time import micros
from pehra.ledger.queries import recent
from pehra.mandate.models import Team
from pehra.mandate.queries import national_team
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.observations.store import open_lake

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl
    from tests.findings.conftest import House


def _silent(done: int, total: int) -> None:
    del done, total


def _close(watch: House) -> int:
    told = jobs.close({}, now=watch.now, progress=_silent)
    return int((told or {})["gone"])


def _lake(watch: House) -> pl.DataFrame:
    return open_lake(watch.home.lake).scan().collect()


def _counts() -> dict[int, int]:
    with as_system():
        return dict(FindingSeen.objects.values_list("finding_id", "count"))


def test_a_report_becomes_findings_with_owner_and_clock(watch: House) -> None:
    told = watch.telnet("2026-11-20", 10, 11)
    assert (told.rows, told.accepted, told.rejected, told.attributed) == (2, 2, 0, 2)
    assert told.findings == {"opened": 2, "updated": 0, "relapsed": 0}
    first, second = watch.findings()
    assert [first.asset, second.asset] != [second.asset, first.asset]
    assert {first.asset, second.asset} == {"192.0.2.10", "192.0.2.11"}
    assert (first.identifier, first.port, first.organisation_slug) == (
        "open-telnet",
        23,
        "river-bank",
    )
    assert first.severity == Severity.HIGH
    assert first.first_seen == first.last_seen == datetime(2026, 11, 20, 5, tzinfo=UTC)
    assert first.due_at == watch.now + timedelta(hours=168)
    assert first.team is not None


def test_the_same_file_twice_adds_nothing(watch: House) -> None:
    watch.telnet("2026-11-20", 10, 11)
    again = watch.telnet("2026-11-20", 10, 11)
    assert (again.rows, again.accepted, again.duplicates) == (2, 0, 2)
    assert again.findings == {"opened": 0, "updated": 0, "relapsed": 0}
    assert [row.count for row in watch.findings()] == [1, 1]
    assert _lake(watch).height == 2


def test_feeds_merge_into_one_finding(watch: House) -> None:
    watch.telnet("2026-11-20", 10)
    path = watch.report(
        "other",
        "2026-11-21",
        ["2026-11-21T06:00:00Z,192.0.2.10,23,open-telnet,vulnerable,x"],
        columns="time,ip,port,identifier,class,type",
    )
    columns = {
        "time": "time",
        "ip": "ip",
        "port": "port",
        "identifier": "identifier",
        "class": "=vulnerable",
        "type": "=potentially-unwanted-accessible",
        "severity": "=critical",
    }
    told = watch.take_in(path, "csv", columns)
    assert told.error is None
    assert told.findings == {"opened": 0, "updated": 1, "relapsed": 0}
    (row,) = watch.findings()
    assert (row.count, row.severity) == (2, Severity.CRITICAL)
    view = one(row.id, viewer=SYSTEM_VIEWER)
    assert view is not None
    assert view.sources == ("shadowserver", "csv")


def test_what_cannot_be_read_is_kept_with_its_place(watch: House) -> None:
    path = watch.report(
        "scan_telnet",
        "2026-11-20",
        [
            "2026-11-20 05:00:00,high,192.0.2.10,tcp,23,telnet,64500,PK",
            "yesterday,high,192.0.2.11,tcp,23,telnet,64500,PK",
            "2026-11-20 05:00:00,high,192.0.2.999,tcp,23,telnet,64500,PK",
        ],
    )
    told = watch.take_in(path)
    assert (told.rows, told.accepted, told.rejected) == (3, 1, 2)
    rejects = list(Reject.objects.order_by("row").values_list("row", "line", "reason"))
    assert rejects == [(2, 3, "time"), (3, 4, "address")]
    (raw, _) = (one.raw for one in newest_rejects(told.batch, viewer=SYSTEM_VIEWER, size=9))
    assert bytes(raw).startswith(b"yesterday")
    assert path.read_bytes()[Reject.objects.get(row=2).offset :].startswith(raw)


def test_a_file_that_is_none_of_its_source_is_kept_and_says_why(watch: House) -> None:
    path = watch.report("scan_telnet", "2026-11-20", [], columns="colour,taste")
    told = watch.take_in(path)
    assert told.accepted == 0
    assert told.error
    row = Batch.objects.get()
    assert (row.state, row.error) == ("failed", told.error)
    with blobs.opened(watch.home, row.sha256) as kept:
        assert kept.read_bytes() == path.read_bytes()


def test_a_wrong_option_can_be_put_right(watch: House, tmp_path: Path) -> None:
    path = tmp_path / "seen.csv"
    path.write_text("tim,ip\n2026-11-20 05:00:00,192.0.2.10\n")
    with pytest.raises(UsageError, match="`tim` is no column of an observation"):
        watch.take_in(path, "csv", {"tim": "time"})
    assert (Batch.objects.get().state, Batch.objects.get().parts) == ("failed", 0)
    told = watch.take_in(path, "csv", {"time": "tim"})
    assert (told.rows, told.accepted, told.error) == (1, 1, None)
    assert (Batch.objects.get().state, Batch.objects.get().error) == ("applied", "")


def test_a_report_can_be_given_the_name_that_says_what_it_is(watch: House, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text("timestamp,ip,port\n2026-11-20 05:00:00,192.0.2.10,23\n")
    assert watch.take_in(path).error
    named = path.rename(tmp_path / "2026-11-20-scan_telnet-test.csv")
    told = watch.take_in(named)
    assert (told.accepted, told.error) == (1, None)
    assert Batch.objects.get().file_name == named.name


def test_a_pool_outlives_the_claims_on_it(watch: House) -> None:
    assert watch.telnet("2026-11-20", 200).findings["opened"] == 1
    before = watch.findings()
    watch.register(
        b"organisation,kind,asset,source,use,confidence\n"
        b"hill-net,prefix,192.0.2.128/25,manual,carrier-nat,40\n"
    )
    watch.now += timedelta(days=1)
    told = watch.telnet("2026-11-23", 201)
    assert told.findings == {"opened": 0, "updated": 1, "relapsed": 0}
    assert [(row.id, row.asset) for row in watch.findings()] == [
        (row.id, row.asset) for row in before
    ]


def test_a_pool_folds_into_few_findings(watch: House) -> None:
    columns = (
        "timestamp,protocol,src_ip,src_port,src_asn,src_geo,severity,dst_ip,dst_port,family,tag,"
        "infection"
    )
    lines = [
        f"2026-11-20 05:{n % 60:02}:{n % 59:02},tcp,192.0.2.{128 + n % 127},{1024 + n % 60000},"
        f"64500,PK,critical,198.51.100.7,80,,,family{n % 7}"
        for n in range(20_000)
    ]
    told = watch.take_in(watch.report("event4_sinkhole", "2026-11-20", lines, columns))
    assert (told.accepted, told.attributed) == (20_000, 20_000)
    rows = watch.findings()
    assert len(rows) == 7
    assert sum(row.count for row in rows) == 20_000
    assert {row.asset_kind for row in rows} == {Finding.AssetKind.POOL}
    assert {row.port for row in rows} == {None}


def test_informational_and_reserved_rows_make_no_finding(watch: House) -> None:
    watch.telnet("2026-11-20", 10, severity="info")
    path = watch.report(
        "scan_telnet", "2026-11-21", ["2026-11-21 05:00:00,high,10.0.0.1,tcp,23,telnet,64500,PK"]
    )
    told = watch.take_in(path)
    assert (told.accepted, told.attributed) == (1, 0)
    assert watch.findings() == []
    assert _lake(watch)["why"].to_list().count("reserved address") == 1


def test_a_team_leads_on_findings_from_its_first_day(watch: House) -> None:
    provincial = Team.objects.get(slug="cert-pb")
    Team.objects.filter(pk=provincial.pk).update(valid_from=watch.now.date() + timedelta(days=1))
    watch.telnet("2026-11-20", 10)
    watch.now += timedelta(days=1)
    watch.telnet("2026-11-21", 11)
    with as_system():
        led = list(Finding.objects.order_by("id").values_list("team", flat=True))
    assert led == [national_team(watch.now.date()), provincial.pk]


def test_an_address_without_a_holder_waits_with_the_national_team(watch: House) -> None:
    path = watch.report(
        "scan_telnet", "2026-11-21", ["2026-11-21 05:00:00,high,198.51.100.1,tcp,23,telnet,,PK"]
    )
    assert watch.take_in(path).findings["opened"] == 1
    with as_system():
        finding = Finding.objects.get()
    assert (finding.organisation_id, finding.team_id) == (None, national_team(watch.now.date()))
    watch.register(
        b"organisation,name,kind,asset,source\nnew-isp,New ISP,prefix,198.51.100.0/24,manual\n"
    )
    told = jobs.follow_register({}, now=watch.now, progress=_silent)
    assert told == {"found": 1, "led": 0}
    assert [row.organisation_slug for row in watch.findings()] == ["new-isp"]


def test_three_covered_clean_days_show_that_it_is_gone(watch: House) -> None:
    watch.telnet("2026-11-16", 10, 11)
    watch.telnet("2026-11-17", 11)
    watch.telnet("2026-11-18", 11)
    assert _close(watch) == 0
    watch.telnet("2026-11-19", 11)
    assert _close(watch) == 1
    states = {row.asset: State(row.state) for row in watch.findings()}
    assert states == {"192.0.2.10": State.GONE, "192.0.2.11": State.OPEN}
    assert _close(watch) == 0


def test_a_source_that_stops_closes_nothing(watch: House) -> None:
    watch.telnet("2026-11-10", 10)
    watch.now += timedelta(days=30)
    assert _close(watch) == 0


def test_what_comes_back_relapses_but_an_older_report_does_not(watch: House) -> None:
    watch.telnet("2026-11-16", 10)
    for day in (17, 18, 19):
        watch.telnet(f"2026-11-{day}", 11)
    assert _close(watch) == 1
    watch.telnet("2026-11-15", 10)
    (row,) = watch.findings(asset="192.0.2.10")
    assert (State(row.state), row.count) == (State.GONE, 2)
    assert row.first_seen == datetime(2026, 11, 15, 5, tzinfo=UTC)
    told = watch.telnet("2026-11-21", 10)
    assert told.findings == {"opened": 0, "updated": 0, "relapsed": 1}
    view = one(row.id, viewer=SYSTEM_VIEWER)
    assert view is not None
    assert (State(view.row.state), view.relapses, view.gone_at) == (State.RELAPSED, 1, None)
    assert view.row.due_at == watch.now + timedelta(hours=168)
    with as_system():
        steps = list(Step.objects.order_by("id").values_list("state", "by"))
    assert steps == [(State.GONE, "coverage"), (State.RELAPSED, f"batch {told.batch}")]


def test_an_asset_that_changes_hands_ends_one_finding_and_opens_another(watch: House) -> None:
    watch.telnet("2026-11-10", 10)
    watch.register(
        b"organisation,name,sector,territory,kind,asset,source,valid_from\n"
        b"lake-school,Lake School,education,PK-SD,prefix,192.0.2.0/26,manual,2026-11-15\n"
    )
    watch.telnet("2026-11-20", 10)
    old, new = watch.findings()
    assert (old.organisation_slug, State(old.state), old.count) == (
        "river-bank",
        State.TRANSFERRED,
        1,
    )
    assert (new.organisation_slug, State(new.state), new.count) == ("lake-school", State.OPEN, 1)
    view = one(new.id, viewer=SYSTEM_VIEWER)
    assert view is not None
    assert view.previous == old.id
    watch.telnet("2026-11-12", 10)
    old, new = watch.findings()
    assert (old.count, new.count) == (2, 1)
    watch.telnet("2026-11-21", 10)
    assert [row.count for row in watch.findings()] == [2, 2]


def test_coverage_is_recorded_for_a_report_that_was_read_well(watch: House) -> None:
    watch.telnet("2026-11-20", 10)
    row = Coverage.objects.get()
    assert (row.source, row.identifier, str(row.day), row.scope) == (
        "shadowserver",
        "open-telnet",
        "2026-11-20",
        "constituency",
    )


def test_a_batch_leaves_one_entry_in_the_ledger(watch: House) -> None:
    before = len(recent())
    told = watch.telnet("2026-11-20", 10)
    entries = recent()
    assert len(entries) == before + 1
    assert (entries[0].act, entries[0].subject) == ("intake.take-in", f"batch:{told.batch}")


def test_a_retry_continues_where_it_stopped(watch: House) -> None:
    path = watch.report(
        "scan_telnet",
        "2026-11-20",
        [f"2026-11-20 05:00:00,high,192.0.2.{n % 120},tcp,{n},telnet,64500,PK" for n in range(300)],
    )
    told = watch.take_in(path)
    counts = _counts()
    # As after a crash between the last chunk and the closing entry.
    Batch.objects.filter(id=told.batch).update(state="reading")
    again = watch.take_in(path)
    assert (again.accepted, again.duplicates) == (0, 300)
    assert _counts() == counts
    # And as after a crash before any chunk: the stored rows are folded in, and counted once.
    with as_system():
        FindingSeen.objects.update(count=0)
    Batch.objects.filter(id=told.batch).update(state="reading", applied_through=0)
    watch.take_in(path)
    assert _counts() == counts
    assert _lake(watch).height == 300


def test_replay_adds_what_can_be_read_by_now(watch: House) -> None:
    told = watch.telnet("2026-11-20", 10, 11)
    again = jobs.replay(told.batch, home=watch.home, now=watch.now)
    assert (again.rows, again.accepted, again.duplicates) == (2, 0, 2)
    assert _lake(watch).height == 2


def test_replay_keeps_a_stored_row_that_would_be_refused_by_now(watch: House) -> None:
    told = watch.telnet("2026-11-20", 10, 11)
    with blobs.opened(watch.home, digest := Batch.objects.get().sha256) as kept:
        text = kept.read_bytes()
    blobs.remove(watch.home, digest)
    # The reader of another day stands in the file itself, plain as those of the first release: it
    # refuses what it took.
    plain = watch.home.blobs / digest[:2] / digest
    plain.write_bytes(text.replace(b"192.0.2.11", b"192.0.2.no"))
    again = jobs.replay(told.batch, home=watch.home, now=watch.now)
    assert (again.rows, again.accepted, again.duplicates, again.rejected) == (2, 0, 2, 0)
    row = Batch.objects.get()
    assert (row.rows, row.accepted, row.rejected) == (2, 2, 0)
    assert (_lake(watch).height, Reject.objects.count()) == (2, 0)


def test_ids_name_time_batch_and_row(watch: House) -> None:
    watch.telnet("2026-11-20", 10, 11)
    rows = _lake(watch).sort("row")
    prefix = (micros(watch.now) // 1000).to_bytes(6, "big")
    assert [value[:6] for value in rows["id"]] == [prefix, prefix]
    assert [int.from_bytes(value[11:], "big") for value in rows["id"]] == [1, 2]


def test_a_file_that_spans_a_change_of_hands_gives_each_holder_his_own(watch: House) -> None:
    watch.register(
        b"organisation,name,sector,territory,kind,asset,source,valid_from\n"
        b"lake-school,Lake School,education,PK-SD,prefix,192.0.2.0/26,manual,2026-11-15\n"
    )
    lines = [
        f"2026-11-{day} 05:00:00,high,192.0.2.10,tcp,23,telnet,64500,PK" for day in (13, 14, 16)
    ]
    told = watch.take_in(watch.report("scan_telnet", "2026-11-16", lines))
    assert told.findings == {"opened": 2, "updated": 0, "relapsed": 0}
    held = {row.organisation_slug: (row.count, State(row.state)) for row in watch.findings()}
    assert held == {
        "lake-school": (1, State.OPEN),
        "river-bank": (2, State.TRANSFERRED),
    }
