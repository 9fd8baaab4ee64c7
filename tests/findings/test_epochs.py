"""A holder's findings over many epochs: each list as it would be without, read in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from pehra.findings import queries
from pehra.findings.actions.holders import find_holders
from pehra.findings.queries import Filter
from pehra.findings.queries.wanted import in_order
from pehra.kernel.actors import SYSTEM
from pehra.kernel.labels import Severity
from pehra.mandate.queries import holders
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer
from pehra.registry.actions import current_holdings

if TYPE_CHECKING:
    from tests.findings.conftest import House

APART = 50_000
"""Between the numbers of two findings; an epoch has 65,536."""
MADE = {
    "sqlite": '(("id" >> 16), "organisation_id", "id")',
    "postgresql": "(organisation_id, id)",
}


@pytest.fixture
def apart(watch: House) -> House:
    """Eight findings, 1 to 8, in seven epochs: the bank has the odd ones, nobody the even ones."""
    for number in range(4):
        watch.telnet("2026-11-18", number + 10)
        lines = [f"2026-11-18 06:00:00,low,198.51.100.{number + 1},tcp,21,ftp,64501,PK"]
        watch.take_in(watch.report("scan_ftp", "2026-11-18", lines))
    with as_system(), connection.cursor() as cursor:
        for table in ("finding", "findingseen"):
            cursor.execute(f"UPDATE findings_{table} SET id = id * {APART}")  # noqa: S608 our own words
    return watch


def told(viewer: Viewer = SYSTEM_VIEWER, **words: Any) -> list[int]:  # noqa: ANN401 any filter
    """Numbers of a filter, newest first, by pages of two both ways, and by the export."""
    wanted, found = Filter(**words), []
    after = None
    while rows := queries.page(wanted, viewer=viewer, after=after, size=2).rows:
        found += [row.id for row in rows]
        after = found[-1]
    before, back = 0, []
    while rows := queries.page(wanted, viewer=viewer, before=before, size=2).rows:
        back += [row.id for row in reversed(rows)]
        before = back[-1]
    assert back == found[::-1]
    assert [row.id for row in queries.every(wanted, viewer=viewer)] == found
    assert queries.total(wanted, viewer=viewer) == len(found)
    return [number // APART for number in found]


@pytest.mark.usefixtures("apart")
def test_lists_of_a_holder_go_through_all_epochs() -> None:
    bank = holders()["river-bank"][0]
    of_the_bank = Viewer("bank", organisations=frozenset({bank}))
    assert {
        "bank": told(organisation="river-bank"),
        "nobody": told(unheld=True),
        "severe": told(organisation="river-bank", severities=frozenset({Severity.HIGH})),
        "telnet": told(organisation="river-bank", identifier="open-telnet"),
        "ftp": told(organisation="river-bank", identifier="accessible-ftp"),
        "its own": told(of_the_bank),
        "its own telnet": told(of_the_bank, identifier="open-telnet"),
        "not its own": told(of_the_bank, unheld=True),
        "everybody's": told(),
    } == {
        "bank": [7, 5, 3, 1],
        "nobody": [8, 6, 4, 2],
        "severe": [7, 5, 3, 1],
        "telnet": [7, 5, 3, 1],
        "ftp": [],
        "its own": [7, 5, 3, 1],
        "its own telnet": [7, 5, 3, 1],
        "not its own": [],
        "everybody's": [8, 7, 6, 5, 4, 3, 2, 1],
    }


def test_findings_of_all_epochs_find_their_holder(apart: House) -> None:
    apart.register(
        b"organisation,name,kind,asset,source,use\n"
        b"sea-net,Sea Net,prefix,198.51.100.0/24,manual,static\n"
    )
    on = current_holdings(apart.home, apart.now.date())
    found = find_holders(on, None, now=apart.now, actor=SYSTEM, progress=lambda *_: None)
    assert found == 4
    assert told(unheld=True) == []
    assert told(organisation="sea-net") == [8, 6, 4, 2]


@pytest.mark.usefixtures("apart")
@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize(
    "words",
    [
        {"organisation": "river-bank"},
        {"unheld": True},
        {"organisation": "river-bank", "identifier": "open-telnet", "team": "pkcert"},
    ],
)
def test_the_index_by_holder_answers_without_sorting(
    words: dict[str, Any], *, newest_first: bool
) -> None:
    rows = in_order(Filter(**words), SYSTEM_VIEWER, newest_first=newest_first)[:51]
    epochs = ">> 16" in str(rows.query)
    if connection.vendor == "postgresql":
        assert not epochs
        return
    plan = rows.explain()
    assert "finding_by_holder (<expr>=? AND organisation_id=?)" in plan
    assert "TEMP B-TREE" not in plan
    assert epochs


@pytest.mark.django_db
def test_the_index_is_the_databases_own() -> None:
    where = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE name = 'finding_by_holder'",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE indexname = 'finding_by_holder'",
    }
    with connection.cursor() as cursor:
        cursor.execute(where[connection.vendor])
        made = str(cursor.fetchone()[0])
    assert made.endswith(MADE[connection.vendor])
