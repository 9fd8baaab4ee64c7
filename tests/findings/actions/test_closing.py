"""What coverage shows to be gone: by columns as by the rule, network by network, once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.findings import rules
from pehra.findings.actions import closing
from pehra.findings.actions.closing import Covering, close_covered
from pehra.findings.models import FindingSeen
from pehra.findings.queries import one, steps
from pehra.findings.rules import State
from pehra.intake.models import Batch, Coverage
from pehra.kernel.actors import SYSTEM
from pehra.kernel.time import EPOCH, micros
from pehra.ledger.queries import recent
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from tests.findings.conftest import House

START = date(2026, 10, 1)
DAY = timedelta(days=1)
ASNS = (None, 64500, 64501)
IDENTIFIERS = ("open-telnet", "qakbot")


def end_of(day: date) -> int:
    return micros(datetime(day.year, day.month, day.day, tzinfo=UTC) + DAY)


days = st.frozensets(st.integers(0, 20).map(lambda n: START + n * DAY), max_size=12)
streams = st.builds(
    lambda number, networks: (number, networks),
    st.integers(0, 2),
    st.dictionaries(st.sampled_from([0, 129000, 129001, 129002]), days),
)
finding = st.fixed_dictionaries(
    {
        "identifier": st.sampled_from(IDENTIFIERS),
        "exposed": st.booleans(),
        "asn": st.sampled_from(ASNS),
        "asset": st.sampled_from(["192.0.2.1", "2001:db8::1"]),
        # Often the very beginning or end of a day, where "before" and "after" meet.
        "last_seen": st.integers(0, 20 * 4).map(
            lambda quarters: micros(datetime(2026, 10, 1, tzinfo=UTC)) + quarters * 21_600_000_000
        ),
        "sources": st.integers(1, 7),
    }
)
covered = st.dictionaries(st.sampled_from(IDENTIFIERS), st.lists(streams, max_size=4))
WINDOWS = (0, 3, 14)
"""Days of each source's event window, by its number."""
NOW = datetime(2026, 10, 31, tzinfo=UTC)


def by_the_rule(row: dict[str, Any], told: dict[str, list[Any]]) -> int | None:
    """`rules.is_clear`, one finding, one source and one stream after the other."""
    network = (row["asn"] or 0) * 2 + (":" in row["asset"])
    shown = []
    for number in range(3):
        moments = [
            rules.is_clear(
                EPOCH + timedelta(microseconds=row["last_seen"]),
                networks[network],
                NOW,
                window=timedelta(days=0 if row["exposed"] else WINDOWS[number]),
            )
            for source, networks in told.get(row["identifier"], [])
            if source == number and network in networks and row["sources"] >> number & 1
        ]
        if moments and None not in moments:
            shown.append(max(micros(moment) for moment in moments if moment))
    return min(shown, default=None)


@settings(max_examples=150)
@given(st.lists(finding, max_size=8), covered)
def test_columns_decide_as_the_rule_does_one_by_one(
    findings: list[dict[str, Any]], told: dict[str, list[Any]]
) -> None:
    rows = [row | {"id": n, "state": 1, "asset_kind": 1} for n, row in enumerate(findings)]
    as_columns = {
        identifier: [
            Covering(
                bit=1 << number,
                window=WINDOWS[number] * 86_400_000_000,
                networks={code: frozenset(map(end_of, some)) for code, some in networks.items()},
            )
            for number, networks in some_streams
        ]
        for identifier, some_streams in told.items()
    }
    frame = pl.DataFrame(rows, schema=closing._SCHEMA)  # noqa: SLF001 the columns as they are read
    shown = closing._shown(frame, as_columns)  # noqa: SLF001 without a database, to try many
    expected = {row["id"]: by_the_rule(row, told) for row in rows}
    assert dict(shown.select("id", "gone_at").rows()) == {
        number: moment for number, moment in expected.items() if moment is not None
    }


def close(watch: House) -> int:
    return close_covered(now=watch.now, actor=SYSTEM, progress=lambda _done, _total: None)


def cover(watch: House, days: dict[str, list[int] | None], source: str = "shadowserver") -> None:
    """Coverage of open Telnet as one stream's batches would leave it, of ASNs (None: 64500)."""
    for day, networks in days.items():
        batch = Batch.objects.create(
            id=f"{source[:8]}{day}{len(networks or [])}",
            sha256="0" * 64,
            source=source,
            file_name=day,
            size=1,
            received_at=watch.now,
        )
        Coverage.objects.create(
            source=source,
            identifier="open-telnet",
            day=day,
            stream="scan_telnet test",
            scope="constituency" if networks is None else "networks",
            networks=[asn * 2 for asn in networks or [64500]],
            batch=batch,
        )


def test_days_that_name_different_networks_add_up_for_each(watch: House) -> None:
    watch.telnet("2026-11-10", 10)
    cover(watch, {"2026-11-11": [64500], "2026-11-12": [64500, 64501], "2026-11-13": [64501]})
    assert close(watch) == 0
    cover(watch, {"2026-11-14": [64499, 64500]})
    assert close(watch) == 1
    found = one(1, viewer=SYSTEM_VIEWER)
    assert found is not None
    assert found.gone_at == datetime(2026, 11, 15, tzinfo=UTC)
    assert found.last_covered == found.gone_at
    assert (found.covered_clean, State(found.row.state)) == (3, State.GONE)


def test_another_sources_silence_proves_nothing(watch: House) -> None:
    watch.telnet("2026-11-10", 10)
    cover(watch, dict.fromkeys([f"2026-11-{day}" for day in range(11, 19)]), source="csv")
    assert close(watch) == 0


def test_a_day_that_is_not_over_is_not_covered(watch: House) -> None:
    watch.telnet("2026-11-19", 10)
    cover(watch, dict.fromkeys(["2026-11-20", "2026-11-21", "2026-11-22"]))
    assert close(watch) == 0
    watch.now = datetime(2026, 11, 23, tzinfo=UTC)
    assert close(watch) == 1


def test_an_event_closes_after_the_window_of_its_source(watch: House) -> None:
    columns = "timestamp,protocol,src_ip,src_port,src_asn,src_geo,severity,family,infection"
    line = "2026-11-01 05:00:00,tcp,192.0.2.10,4000,64500,PK,critical,,qakbot"
    watch.take_in(watch.report("event4_sinkhole", "2026-11-01", [line], columns))
    (row,) = watch.findings()
    days = [f"2026-11-{day:02}" for day in range(2, 16)]
    cover(watch, dict.fromkeys(days))
    Coverage.objects.filter(identifier="open-telnet").update(
        identifier=row.identifier, stream="event4_sinkhole test"
    )
    Coverage.objects.filter(day="2026-11-15").delete()
    assert close(watch) == 0
    Coverage.objects.filter(day="2026-11-14").update(day="2026-11-15")
    assert close(watch) == 1
    assert [State(row.state) for row in watch.findings()] == [State.GONE]


def test_a_pool_is_never_shown_to_be_gone(watch: House) -> None:
    watch.telnet("2026-11-10", 200)
    cover(watch, dict.fromkeys([f"2026-11-{day}" for day in range(11, 19)]))
    assert close(watch) == 0


def test_what_ends_leaves_a_step_and_one_entry(watch: House) -> None:
    watch.telnet("2026-11-10", 10, 11, 12)
    cover(watch, dict.fromkeys(["2026-11-11", "2026-11-12", "2026-11-13"]))
    before = len(recent())
    told: list[tuple[int, int]] = []
    gone = close_covered(
        now=watch.now, actor=SYSTEM, progress=lambda done, total: told.append((done, total))
    )
    assert (gone, told) == (3, [(3, 3)])
    for number in (1, 2, 3):
        (step,) = steps(number, viewer=SYSTEM_VIEWER)
        assert (step.at, step.state, step.by, step.why) == (
            datetime(2026, 11, 14, tzinfo=UTC),
            State.GONE,
            "coverage",
            "3 clean cycles",
        )
    with as_system():
        assert FindingSeen.objects.filter(settled=True).count() == 3
    entry = recent()[0]
    assert (entry.act, entry.subject, len(recent())) == ("findings.close", "findings", before + 1)
    assert close(watch) == 0
    assert len(recent()) == before + 1


@pytest.mark.django_db
def test_an_empty_home_has_nothing_to_close() -> None:
    told = close_covered(now=NOW, actor=SYSTEM, progress=lambda _done, _total: None)
    assert (told, len(recent())) == (0, 0)


def test_one_subscriptions_silence_says_nothing_of_anothers_networks(watch: House) -> None:
    watch.telnet("2026-11-10", 10)
    for day in range(11, 16):
        row = f"2026-11-{day} 05:00:00,high,198.51.100.7,tcp,23,telnet,64510,PK"
        path = watch.report("scan_telnet", f"2026-11-{day}", [row])
        watch.take_in(path.rename(path.with_name(path.name.replace("-test", "-isp2-asn"))))
    assert close(watch) == 0


def test_silence_about_ipv4_says_nothing_of_ipv6(watch: House) -> None:
    six = "2026-11-10 05:00:00,high,2001:db8:5::1,tcp,3389,rdp,64500,PK"
    watch.take_in(watch.report("scan6_rdp", "2026-11-10", [six]))
    for day in range(11, 16):
        four = f"2026-11-{day} 05:00:00,high,192.0.2.20,tcp,3389,rdp,64500,PK"
        watch.take_in(watch.report("scan_rdp", f"2026-11-{day}", [four]))
    assert close(watch) == 0
