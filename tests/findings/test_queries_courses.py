"""Courses of findings, by columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pehra.findings.actions import told as acts
from pehra.findings.queries.courses import courses
from pehra.findings.rules import Act
from pehra.kernel.time import micros
from pehra.mandate.models import Organisation
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer

if TYPE_CHECKING:
    import polars as pl
    from tests.findings.conftest import House

ALWAYS = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def read(viewer: Viewer = SYSTEM_VIEWER, **wanted: object) -> pl.DataFrame:
    return courses(viewer=viewer, **({"opened": ALWAYS} | wanted))  # type: ignore[arg-type] # a test's own words


def test_the_first_of_each_step_is_what_counts(watch: House) -> None:
    watch.telnet("2026-11-20", 10, 11, 130)
    one, two, _ = (row.id for row in watch.findings())
    begun = watch.now
    told, said = begun + timedelta(hours=1), begun + timedelta(hours=5)
    acts.notify([one, two], by="N1", why="", now=told)
    acts.answered([one], Act.CLAIM_FIX, by="noc@bank.example, by mail", why="", now=said)
    acts.answered([two], Act.DISPUTE, by="an officer", why="", now=said)
    found = read()
    assert found.select("told", "acknowledged", "claimed", "gone", "left").rows() == [
        (micros(told), micros(said), micros(said), None, None),
        (micros(told), micros(said), None, None, None),
        (None, None, None, None, None),
    ]
    assert found.select("channel", "disputed", "upheld", "relapses").rows() == [
        ("mail", False, False, 0),
        ("page", True, False, 0),
        (None, False, False, 0),
    ]
    assert found["opened"].to_list() == [micros(begun)] * 3


def test_a_viewer_reads_only_their_own_and_only_the_time_asked_for(watch: House) -> None:
    watch.telnet("2026-11-20", 10, 130)
    bank = Organisation.objects.get(slug="river-bank").pk
    assert read(organisation=bank)["organisation"].to_list() == [bank]
    assert read(Viewer("x", organisations=frozenset({bank})))["organisation"].to_list() == [bank]
    assert read(Viewer("x", organisations=frozenset({bank + 99}))).height == 0
    later = watch.now + timedelta(days=1)
    assert read(opened=(later, later + timedelta(days=1))).height == 0
    seen: list[tuple[int, int]] = []
    read(progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 2)]
