"""What is done once for each different text comes to the same as what is done row by row."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.intake.columns import Plan, read_columns
from pehra.intake.distinct import Texts
from pehra.intake.stretches import Place, Stretch

ROWS = 6_000
LATEST = datetime(2026, 11, 21, tzinfo=UTC)
TAKEN = {
    "observed_at": "time",
    "ip": "address",
    "port": "port",
    "asn": "asn",
    "country": "geo",
    "severity": "severity",
    "protocol": "protocol",
    "tags": "tag",
    "cves": "tag",
    "host": "name",
    "url": "url",
    "count": "count",
    "confidence": "sure",
    "network": "prefix",
}
LEFT = ("city", "banner", "flag", "number")
WORDS = (
    *("", "0", "1", "443", "70000", "AS64500", " 64500", "PK", "pk", "high", "High ", "tcp", "yes"),
    *("2026-11-20 01:02:03", "2026-11-20T01:02:03Z", "192.0.2.7", "2001:db8::7", "192.0.2.0/24"),
    *("telnet;mirai", "CVE-2024-3400", "www.example.net", "http://example.net/a b", '["a","b"]'),
    *('a "quote"', "back\\slash", "tab\there", "پاکستان", "é" * 40, "-1", "1.5", "nan", "true"),
)
PLAN = Plan(
    takes={name: (column,) for name, column in TAKEN.items()},
    constants={"severity": "medium", "identifier": "open-telnet"},
    kinds={"flag": "flag", "number": "number"},
    zero_is_null=frozenset({"number", "asn"}),
    needs_asset=False,
)
COLUMNS = tuple(dict.fromkeys((*TAKEN.values(), *LEFT)))
PLACED = {
    "time": ("2026-11-20 01:02:03", "2026-11-20 01:02:04", "", "soon"),
    "address": ("192.0.2.7", "2001:db8::7", "", "none"),
    "port": ("", "23", "443", "70000"),
}
"""A row is refused where one of these cannot be read."""


def stretch(frame: pl.DataFrame) -> Stretch:
    numbers = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True)
    return Stretch(frame, numbers, [], frame.height, lambda index: Place(index + 1, 0, 0, b""))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12), st.lists(st.text(max_size=8), max_size=6))
def test_rows_read_alike_however_often_their_texts_come(
    seed: int, height: int, more: list[str]
) -> None:
    chance = Random(seed)  # noqa: S311 a test repeats itself
    texts = (*WORDS, *more)
    small = pl.DataFrame(
        {column: chance.choices(PLACED.get(column, texts), k=height) for column in COLUMNS}
    )
    picked = [*range(height), *chance.choices(range(height), k=ROWS - height)]
    read = read_columns(stretch(small), PLAN, LATEST)
    got = read_columns(stretch(small[picked]), PLAN, LATEST)
    places = pl.DataFrame({"row": pl.Series(picked, dtype=pl.Int64) + 1, "at": range(1, ROWS + 1)})
    wanted = places.join(read.table, on="row", how="inner", maintain_order="left")
    assert got.table["row"].to_list() == wanted["at"].to_list()
    assert got.table.drop("row").equals(wanted.drop("row", "at"))
    refused = {fault.row: (fault.reason, fault.detail) for fault in read.rejects}
    assert [(fault.row, fault.reason, fault.detail) for fault in got.rejects] == [
        (at, *refused[row]) for row, at in places.rows() if row in refused
    ]


def test_a_column_of_many_texts_is_left_as_it_is() -> None:
    many = pl.Series("many", [f"host{number}" for number in range(ROWS)])
    few = pl.Series("few", [f"port{number % 7}" for number in range(ROWS)])
    texts = Texts(pl.DataFrame([many, few]))
    assert texts.distinct("many") is None
    found = texts.distinct("few")
    assert found is not None
    assert found.texts.height == 7
    assert found.spread(found.texts["few"]).to_list() == few.to_list()


def test_a_sample_that_misleads_costs_time_only() -> None:
    words = ["common"] * ROWS
    words[1::2] = [f"rare{number}" for number in range(ROWS // 2)]
    words[:: ROWS // 512] = ["common"] * len(words[:: ROWS // 512])
    column = pl.Series("x", words)
    found = Texts(column.to_frame()).distinct("x")
    assert found is not None
    assert found.spread(found.texts["x"]).to_list() == words


def test_a_short_column_is_left_as_it_is() -> None:
    assert Texts(pl.DataFrame({"x": ["a"] * 100})).distinct("x") is None
