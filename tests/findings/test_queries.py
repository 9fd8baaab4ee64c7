"""Findings as their readers see them: pages by key both ways, filters, totals, exports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pehra.findings import queries
from pehra.findings.actions.answers import answer
from pehra.findings.queries import EXPORT_HEADER, Filter
from pehra.findings.rules import Act, State
from pehra.kernel.actors import Actor
from pehra.kernel.labels import Severity
from pehra.kernel.time import iso
from pehra.mandate.queries import holders, national_team
from pehra.mandate.viewers import NOBODY, SYSTEM_VIEWER, Viewer

if TYPE_CHECKING:
    from tests.findings.conftest import House

OFFICER = Actor("amna", "duty officer")


@pytest.fixture
def seven(watch: House) -> House:
    """Seven findings: four of the bank, one in a pool, one on Hill Net's own name, one unheld."""
    watch.telnet("2026-11-18", 10, severity="medium")
    watch.telnet("2026-11-19", 11, 12, severity="critical")
    watch.telnet("2026-11-20", 13, 200)
    lines = ["2026-11-20 06:00:00,low,198.51.100.1,tcp,21,ftp,64501,PK"]
    watch.take_in(watch.report("scan_ftp", "2026-11-20", lines))
    columns = "timestamp,severity,ip,port,protocol,asn,geo,http_host,tag"
    lines = ["2026-11-20 07:00:00,critical,192.0.2.14,443,tcp,,PK,www.example.pk,phishing"]
    watch.take_in(watch.report("compromised_website", "2026-11-20", lines, columns))
    answer(1, Act.CLAIM_FIX, why="", viewer=SYSTEM_VIEWER, actor=OFFICER, now=watch.now)
    return watch


def told(viewer: Viewer = SYSTEM_VIEWER, **words: Any) -> list[int]:  # noqa: ANN401 any filter
    """Numbers on the one page; total and export agree with it."""
    wanted = Filter(**words)
    found = [row.id for row in queries.page(wanted, viewer=viewer, size=100).rows]
    exported = list(queries.export(wanted, viewer=viewer))
    assert queries.total(wanted, viewer=viewer) == len(found)
    assert exported[0] == EXPORT_HEADER
    assert [row[0] for row in exported[1:]] == [f"F{number}" for number in found]
    return found


@pytest.mark.usefixtures("seven")
def test_filters_narrow_alike() -> None:
    by_words: dict[str, list[int]] = {}
    everything = told()
    assert everything == [7, 6, 5, 4, 3, 2, 1]
    rows = {row.id: row for row in queries.page(Filter(), viewer=SYSTEM_VIEWER).rows}
    for number, row in rows.items():
        same = [n for n in everything if rows[n].asset == row.asset]
        assert told(asset=row.asset) == same
        assert number in same
    by_words["fixed"] = told(states=frozenset({State.FIX_CLAIMED}))
    by_words["open or fixed"] = told(states=frozenset({State.OPEN, State.FIX_CLAIMED}))
    by_words["medium"] = told(severities=frozenset({Severity.MEDIUM}))
    by_words["low, medium"] = told(severities=frozenset({Severity.LOW, Severity.MEDIUM}))
    by_words["ftp"] = told(identifier="accessible-ftp")
    by_words["both"] = told(identifier="accessible-ftp", severities=frozenset({Severity.HIGH}))
    by_words["asn"] = told(asn=64501)
    by_words["unheld"] = told(unheld=True)
    by_words["hill"] = told(organisation="hill-net")
    by_words["csv"] = told(source="csv")
    by_words["since"] = told(since=datetime(2026, 11, 20, 6, tzinfo=UTC))
    by_words["until"] = told(until=datetime(2026, 11, 18, 5, tzinfo=UTC))
    assert by_words == {
        "fixed": [1],
        "open or fixed": everything,
        "medium": [1],
        "low, medium": [6, 1],
        "ftp": [6],
        "both": [],
        "asn": [6],
        "unheld": [6],
        "hill": [row.id for row in rows.values() if row.organisation_slug == "hill-net"],
        "csv": [],
        "since": [7, 6],
        "until": [1],
    }


@pytest.mark.usefixtures("seven")
@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
def test_pages_lead_down_and_up_again(size: int) -> None:
    down = [queries.page(Filter(), viewer=SYSTEM_VIEWER, size=size)]
    while down[-1].has_next:
        down.append(queries.page(Filter(), viewer=SYSTEM_VIEWER, after=down[-1].last, size=size))
    assert [row.id for page in down for row in page.rows] == [7, 6, 5, 4, 3, 2, 1]
    assert [page.has_previous for page in down] == [False] + [True] * (len(down) - 1)
    up = [down[-1]]
    while up[-1].has_previous:
        up.append(queries.page(Filter(), viewer=SYSTEM_VIEWER, before=up[-1].first, size=size))
    shown = [[row.id for row in page.rows] for page in up]
    assert [number for page in shown[::-1] for number in page] == [7, 6, 5, 4, 3, 2, 1]
    assert all(page.has_next for page in up[1:])


@pytest.mark.usefixtures("seven")
def test_counting_stops_where_it_is_told_to() -> None:
    counts = [queries.total(Filter(), viewer=SYSTEM_VIEWER, limit=limit) for limit in (0, 3, 7, 9)]
    assert counts == [1, 4, 7, 7]


def test_each_sees_ones_own(seven: House) -> None:
    bank, national = holders()["river-bank"][0], national_team(seven.now.date())
    assert national is not None
    own = told(Viewer("bank", organisations=frozenset({bank})))
    assert own == told(organisation="river-bank")
    assert told(Viewer("bank", organisations=frozenset({bank})), unheld=True) == []
    assert 6 in told(Viewer("national", teams=frozenset({national})))
    assert told(NOBODY) == []
    assert queries.one(own[0], viewer=NOBODY) is None
    assert queries.steps(1, viewer=NOBODY) == []
    assert queries.open_by_severity(viewer=NOBODY) == {}
    assert queries.identifiers(viewer=NOBODY) == []
    assert queries.unheld_networks(viewer=NOBODY) == []


def test_an_exported_row_says_what_the_page_says(seven: House) -> None:
    (row,) = seven.findings(identifier="accessible-ftp")
    (_, exported) = queries.export(Filter(identifier="accessible-ftp"), viewer=SYSTEM_VIEWER)
    assert row.due_at is not None
    assert dict(zip(EXPORT_HEADER, exported, strict=True)) == {
        "finding": "F6",
        "severity": "low",
        "state": "open",
        "identifier": "accessible-ftp",
        "what": "",
        "asset": "198.51.100.1",
        "port": 21,
        "organisation": None,
        "organisation_slug": None,
        "team": row.team,
        "first_seen": "2026-11-20T06:00:00Z",
        "last_seen": "2026-11-20T06:00:00Z",
        "count": 1,
        "due_at": iso(row.due_at),
    }


@pytest.mark.usefixtures("seven")
def test_figures_count_what_needs_somebody() -> None:
    assert sum(queries.open_by_severity(viewer=SYSTEM_VIEWER).values()) == 7
    (unheld,) = queries.unheld_networks(viewer=SYSTEM_VIEWER)
    assert (unheld.asn, unheld.country, unheld.findings, unheld.worst) == (
        *(64501, "PK", 1),
        Severity.LOW,
    )
    assert queries.sources() == ["shadowserver"]
    assert {"accessible-ftp", "open-telnet"} <= set(queries.identifiers(viewer=SYSTEM_VIEWER))
    found = queries.one(1, viewer=SYSTEM_VIEWER)
    assert found is not None
    assert found.sources == ("shadowserver",)
    assert queries.one(99, viewer=SYSTEM_VIEWER) is None


def test_an_asset_shows_its_history_with_those_who_held_it(watch: House) -> None:
    watch.telnet("2026-11-10", 10, 11)
    watch.register(
        b"organisation,name,kind,asset,source,valid_from\n"
        b"lake-school,Lake School,prefix,192.0.2.0/26,manual,2026-11-15\n"
    )
    watch.now += timedelta(days=1)
    watch.telnet("2026-11-20", 10)
    rows = queries.page(Filter(asset="192.0.2.10"), viewer=SYSTEM_VIEWER).rows
    assert [(row.organisation_slug, State(row.state)) for row in rows] == [
        ("lake-school", State.OPEN),
        ("river-bank", State.TRANSFERRED),
    ]
    assert len(told(asset="192.0.2.10")) == 2
    # The bank sees what it had, and not who came after.
    bank = Viewer("bank", organisations=frozenset({holders()["river-bank"][0]}))
    assert told(bank, asset="192.0.2.10") == [rows[1].id]
    school = Viewer("school", organisations=frozenset({holders()["lake-school"][0]}))
    view = queries.one(rows[0].id, viewer=school)
    assert view is not None
    assert view.previous is None
