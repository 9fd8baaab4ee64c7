"""New findings as rows: words for the asset, a clock for each severity and holder, a team."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from pehra.findings.actions.rows import Opening, asset_words, open_rows, opening_for, with_hours
from pehra.findings.keys import ADDRESS, HOST, POOL
from pehra.findings.rules import State
from pehra.kernel.actors import SYSTEM
from pehra.kernel.addresses import pack
from pehra.kernel.labels import Severity
from pehra.kernel.time import micros
from pehra.mandate import actions as mandate

AT = datetime(2026, 11, 22, 6, tzinfo=UTC)
HOUR = 3_600_000_000
TYPES = {
    "id": pl.Int64,
    "key": pl.Int64,
    "asset_kind": pl.Int8,
    "ip": pl.Binary,
    "name": pl.String,
    "claim": pl.Int64,
    "pool": pl.Int64,
    "severity": pl.Int8,
    "organisation": pl.Int64,
    "team": pl.Int64,
    "port": pl.Int32,
    "identifier": pl.String,
    "rsit_class": pl.String,
    "rsit_type": pl.String,
    "what": pl.String,
    "exposed": pl.Boolean,
    "asn": pl.Int64,
    "country": pl.String,
}
ROW: dict[str, Any] = {
    "id": 1,
    "key": -5,
    "lake_key": -5,
    "asset_kind": ADDRESS,
    "ip": pack("192.0.2.10"),
    "severity": Severity.HIGH,
    "identifier": "open-telnet",
    "what": "",
    "exposed": True,
    "country": "PK",
}


def frame(*changes: dict[str, Any]) -> pl.DataFrame:
    rows = [dict.fromkeys(TYPES) | ROW | change for change in changes]
    return pl.DataFrame(rows, schema=TYPES)


def opened(opening: Opening, *changes: dict[str, Any]) -> list[dict[str, Any]]:
    added = open_rows(with_hours(frame(*changes), opening), opening)
    return [dict(zip(added.columns, row, strict=True)) | added.fixed for row in added.rows]


def test_the_asset_is_written_as_people_write_it() -> None:
    rows = frame(
        {},
        {"ip": pack("2001:db8::1")},
        {"asset_kind": HOST, "name": "www.example.pk"},
        {"asset_kind": HOST, "name": "h" * 300, "ip": None},
        {"asset_kind": POOL, "claim": 71, "pool": 70},
    )
    assert rows.select(asset_words()).to_series().to_list() == [
        "192.0.2.10",
        "2001:db8::1",
        "www.example.pk",
        "h" * 255,
        "pool 70",
    ]


def test_a_clock_runs_from_when_it_was_opened() -> None:
    hours: dict[tuple[int, int | None], int | None] = {
        (Severity.HIGH, None): 168,
        (Severity.HIGH, 7): 24,
        (Severity.LOW, 7): None,
    }
    opening = Opening(micros(AT), hours, national=3)
    made = opened(
        opening,
        {},
        {"organisation": 7, "team": 9},
        {"organisation": 7, "severity": Severity.LOW},
        {"organisation": 8},
    )
    assert [row["due_at"] for row in made] == [
        micros(AT) + 168 * HOUR,
        micros(AT) + 24 * HOUR,
        None,
        None,
    ]
    assert [row["team_id"] for row in made] == [3, 9, 3, 3]
    assert {row["opened_at"] for row in made} == {micros(AT)}
    assert opening.due_at(Severity.HIGH, 7, 5) == 5 + 24 * HOUR
    assert opening.due_at(Severity.LOW, 7, 5) is None
    assert opening.due_at(Severity.CRITICAL, 7, 5) is None


def test_a_new_row_in_full() -> None:
    (made,) = opened(Opening(10, {(Severity.HIGH, None): 1}, national=None), {"port": 23})
    assert made == {
        "id": 1,
        "key": -5,
        "lake_key": -5,
        "asset_kind": ADDRESS,
        "asset": "192.0.2.10",
        "port": 23,
        "identifier": "open-telnet",
        "rsit_class": "other",
        "rsit_type": "undetermined",
        "what": "",
        "exposed": True,
        "asn": None,
        "country": "PK",
        "organisation_id": None,
        "team_id": None,
        "claim": None,
        "state": State.OPEN,
        "severity": Severity.HIGH,
        "opened_at": 10,
        "due_at": 10 + HOUR,
        "covered_clean": 0,
        "relapses": 0,
    }


def test_rows_keep_their_order_and_their_predecessor() -> None:
    hours: dict[tuple[int, int | None], int | None] = {(Severity.HIGH, 7): 2, (Severity.HIGH, 6): 1}
    changes = [{"id": n, "organisation": 6 + n % 2} for n in range(1, 40)]
    rows = frame(*changes).with_columns(previous=pl.col("id") + 100)
    opening = Opening(0, hours, national=None)
    added = open_rows(with_hours(rows, opening), opening)
    told = [dict(zip(added.columns, row, strict=True)) for row in added.rows]
    assert [(row["id"], row["previous"]) for row in told] == [(n, n + 100) for n in range(1, 40)]
    assert [row["due_at"] for row in told] == [HOUR * (1 + n % 2) for n in range(1, 40)]


@pytest.mark.django_db
def test_deadlines_come_from_the_clocks_in_force() -> None:
    mandate.load_structure(mandate.shipped_structure(), actor=SYSTEM, now=AT)
    opening = opening_for([None], AT, 3)
    assert opening == Opening(
        micros(AT),
        {
            (Severity.INFO, None): None,
            (Severity.LOW, None): 2_160,
            (Severity.MEDIUM, None): 720,
            (Severity.HIGH, None): 168,
            (Severity.CRITICAL, None): 72,
        },
        3,
    )
    assert opening_for([], AT, None).hours == {}
