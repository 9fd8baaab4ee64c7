"""Rows as they go into the lake: ids that can be made again, the key by which they are sorted."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.addresses import pack
from pehra.kernel.addresses import sort_key as key_of
from pehra.observations.schema import OBSERVATION
from pehra.observations.store import ids, open_lake, received, sort_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AT = datetime(2026, 11, 22, 6, 0, 0, 123_456, tzinfo=UTC)
ROWS = st.lists(st.integers(1, 2**40 - 1), unique=True, max_size=30)
BATCHES = st.text("0123456789abcdef", min_size=32, max_size=32)


def series(rows: list[int]) -> pl.Series:
    return pl.Series("row", rows, dtype=pl.Int64)


@given(BATCHES, BATCHES, ROWS)
def test_no_two_rows_share_an_id_and_the_same_row_has_the_same(
    one: str, other: str, rows: list[int]
) -> None:
    first = ids(one, AT, series(rows)).to_list()
    assert ids(one, AT, series(rows[::-1])).to_list() == first[::-1]
    assert {len(value) for value in first} <= {16}
    both = set(first) | set(ids(other, AT, series(rows)))
    assert len(both) == len(rows) * (1 if one == other else 2)


def test_an_id_names_time_batch_and_row() -> None:
    (made,) = ids("a" * 32, AT, series([0x01_02_03_04_05]))
    assert int.from_bytes(made[:6], "big") == 1_795_327_200_123
    assert made.hex() == "01a201d70b7b" + "3ba3f5f43b" + "0102030405"


def test_an_earlier_batch_sorts_first() -> None:
    later = datetime(2026, 11, 22, 6, 0, 1, tzinfo=UTC)
    (one,), (two,) = ids("f", AT, series([9])), ids("a", later, series([1]))
    assert one < two


@given(st.lists(st.none() | st.ip_addresses().map(pack), max_size=20))
def test_the_column_of_keys_is_the_key_of_each_address(packed: list[bytes | None]) -> None:
    frame = pl.DataFrame({"ip": packed}, schema={"ip": pl.Binary})
    found = frame.select(sort_key()).to_series().to_list()
    assert found == [None if address is None else key_of(address) for address in packed]


def test_a_row_says_where_it_came_from(whole: Callable[..., pl.DataFrame]) -> None:
    told: dict[str, Any] = {"observed_at": AT, "ip": pack("192.0.2.10"), "organisation": 7}
    rows = whole([told, {"observed_at": AT, "host": "www.example.pk"}], "b" * 32, "csv", AT)
    assert list(rows.schema.items()) == list(OBSERVATION.items())
    assert rows.select(
        "row", "batch", "source", "received_at", "received_day", "ip_key", "organisation"
    ).rows() == [
        (1, "b" * 32, "csv", AT, date(2026, 11, 22), 0xC000020A, 7),
        (2, "b" * 32, "csv", AT, date(2026, 11, 22), None, None),
    ]


def test_rows_without_addresses_have_no_key() -> None:
    frame = pl.DataFrame({"row": [1], "host": ["www.example.pk"]})
    made = received(frame, batch="b", source="csv", received_at=AT)
    assert made["ip_key"].to_list() == [None]
    assert received(frame.clear(), batch="b", source="csv", received_at=AT).height == 0


def test_what_is_appended_is_read_as_it_was(
    tmp_path: Path, whole: Callable[..., pl.DataFrame]
) -> None:
    rows = whole([{"observed_at": AT, "ip": pack("192.0.2.10"), "cves": ["CVE-2026-1"]}])
    open_lake(tmp_path).append(rows, name="a" * 32, number=1)
    assert open_lake(tmp_path).scan().collect().to_dicts() == rows.to_dicts()
