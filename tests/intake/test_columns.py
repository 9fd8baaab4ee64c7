"""Parts are made of stretches without losing a row, a reject or a column."""

from __future__ import annotations

import polars as pl

from pehra.intake.columns import Plan, read_parts
from pehra.intake.stretches import STRETCH_BYTES, Place, Stretch

PLAN = Plan(
    takes={"observed_at": ("t",), "ip": ("ip",), "tags": ("tag",)},
    constants={"class": "other", "type": "other", "identifier": "x"},
)


def _stretch(first: int, **columns: list[str]) -> Stretch:
    frame = pl.DataFrame(columns)
    numbers = pl.int_range(first, first + frame.height, dtype=pl.Int64, eager=True)
    return Stretch(
        frame, numbers, [], frame.height, lambda at: Place(first + at, first + at + 1, 0, b"raw")
    )


def test_stretches_are_gathered_into_parts() -> None:
    time = "2026-11-20 00:00:00"
    stretches = [
        _stretch(1, t=[time, "never"], ip=["192.0.2.1", "192.0.2.2"], tag=["", ""]),
        _stretch(3, t=[time], ip=["192.0.2.3"], tag=["a;b"]),
        _stretch(4, t=[time], ip=["192.0.2.4"], tag=["c"]),
    ]
    first, second = read_parts(iter(stretches), PLAN, 2 * STRETCH_BYTES)
    assert (first.rows, first.table["row"].to_list()) == (3, [1, 3])
    assert first.table["tags"].to_list() == [None, ["a", "b"]]
    assert [(one.row, one.line, one.reason) for one in first.rejects] == [(2, 3, "time")]
    assert (second.rows, second.table["row"].to_list(), second.rejects) == (1, [4], [])
