"""Findings as a round of notices reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pehra.findings.actions.told import answered, notify
from pehra.findings.queries import told
from pehra.findings.rules import Act
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer

if TYPE_CHECKING:
    from tests.findings.conftest import House


def silent(done: int, total: int) -> None:
    del done, total


def test_all_that_stands_is_read_by_columns(watch: House) -> None:
    watch.telnet("2026-11-20", 10, 11, 130)
    told_of = told.outstanding(states=told.OUTSTANDING, least=1, progress=silent)
    assert told_of.select("id", "severity", "identifier", "new").rows() == [
        (1, 3, "open-telnet", True),
        (2, 3, "open-telnet", True),
        (3, 3, "open-telnet", True),
    ]
    notify([1], by="amna, desk", why="N1", now=watch.now)
    answered([2], Act.CLAIM_FIX, by="noc", why="", now=watch.now)
    rows = told.outstanding(states=told.OUTSTANDING, least=1, progress=silent)
    assert sorted(rows.select("id", "new").rows()) == [(1, False), (3, True)]
    assert told.outstanding(states=told.NEW, least=1, progress=silent)["id"].to_list() == [3]
    assert told.outstanding(states=told.NEW, least=4, progress=silent).height == 0


def test_sources_speak_by_bits(watch: House) -> None:
    watch.telnet("2026-11-20", 10)
    (one,) = told.outstanding(states=told.NEW, least=1, progress=silent)["sources"].to_list()
    assert told.source_bits(["shadowserver", "nowhere"]) == one == 1
    assert told.slugs() == {0: "shadowserver"}


def test_findings_are_told_to_who_may_see_them(watch: House) -> None:
    watch.telnet("2026-11-20", 10, 130)
    found = {one.asset: one for one in told.told([1, 2, 99], viewer=SYSTEM_VIEWER)}
    assert len(found) == 2
    mine = found["192.0.2.10"]
    assert (mine.port, mine.count, mine.severity) == (23, 1, 3)
    own = Viewer("noc", organisations=frozenset({mine.organisation}))
    assert [one.id for one in told.told([1, 2], viewer=own)] == [mine.id]
