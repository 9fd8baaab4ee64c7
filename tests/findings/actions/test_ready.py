"""A chunk that was begun is taken as it was made, and made anew where it does not fit any more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from tests.findings.actions.test_rows import frame

from pehra.findings.actions.ready import NEW, Maker
from pehra.findings.actions.rows import Opening
from pehra.kernel.labels import Severity
from pehra.kernel.time import micros

if TYPE_CHECKING:
    from collections.abc import Iterator

OPENING = Opening(
    micros(datetime(2026, 11, 22, 6, tzinfo=UTC)), {(int(Severity.HIGH), None): 24}, 3
)


@pytest.fixture
def maker() -> Iterator[Maker]:
    told = frame({"key": 30}, {"key": 20}, {"key": 10}).drop("id", "lake_key", strict=False)
    told = told.with_columns(
        first_seen=pl.lit(1), last_seen=pl.lit(2), count=pl.lit(4), former=pl.lit(value=False)
    )
    with ThreadPoolExecutor(max_workers=1) as beside:
        yield Maker(told, 8, OPENING, beside)


def chunk(*ids: int) -> pl.DataFrame:
    """Findings with the keys 30, 20 and 10, as a plan has them."""
    at = range(len(ids))
    planned = pl.DataFrame({"key": [30, 20, 10][: len(ids)], "id": ids, "at": at})
    return planned.with_columns(
        first_seen=pl.lit(1),
        last_seen=pl.lit(2),
        count=pl.lit(4),
        severity=pl.lit(int(Severity.HIGH), pl.Int8),
        organisation=pl.lit(None, pl.Int64),
    )


def given(maker: Maker, rows: pl.DataFrame, first: int) -> dict[str, Any]:
    ready = maker.ready(rows, first)
    added = ready.added[1] if ready.added else None
    return {
        "counted": ready.counted,
        "opened": ready.opened.tolist(),
        "seen": [(added.rows, added.fixed["sources"])] if added else [],
    }


def test_known_findings_are_counted_and_new_ones_get_ids_by_key(maker: Maker) -> None:
    assert given(maker, chunk(NEW, 5, NEW), 7) == {
        "counted": [(1, 2, 4, 5, Severity.HIGH, None)],
        "opened": [[10, 7], [30, 8]],
        "seen": [([(7,), (8,)], 8)],
    }


def test_what_was_begun_is_taken(maker: Maker) -> None:
    rows = chunk(NEW, 5)
    maker.begin(rows, 7)
    begun = maker._coming  # noqa: SLF001 the very one is to come out
    maker.begin(chunk(1), 7)
    assert begun is not None
    assert maker.ready(rows, 7) is begun.result()


def test_another_chunk_or_another_first_id_makes_it_anew(maker: Maker) -> None:
    rows = chunk(NEW, 5)
    maker.begin(rows, 7)
    assert given(maker, rows, 9)["opened"] == [[30, 9]]
    maker.begin(rows, 7)
    assert given(maker, chunk(6, 5), 7)["opened"] == []


def test_without_new_findings_the_first_id_does_not_matter(maker: Maker) -> None:
    rows = chunk(4, 5)
    maker.begin(rows, 7)
    begun = maker._coming  # noqa: SLF001 the very one is to come out
    assert begun is not None
    assert maker.ready(rows, 9) is begun.result()
