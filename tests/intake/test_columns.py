"""Parts are made of stretches without losing a row, a reject or a column."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl

from pehra.intake.columns import Plan, read_parts
from pehra.intake.source import Delivery
from pehra.intake.stretches import STRETCH_BYTES, Place, Stretch

Deliver = Callable[..., Delivery]
PLAN = Plan(
    takes={
        "observed_at": ("t",),
        "ip": ("ip",),
        "tags": ("tag",),
        **{name: (name,) for name in ("until", "count", "host", "url", "application")},
    },
    constants={"class": "other", "type": "other", "identifier": "x"},
)


def _stretch(first: int, **columns: list[str]) -> Stretch:
    frame = pl.DataFrame(columns)
    numbers = pl.int_range(first, first + frame.height, dtype=pl.Int64, eager=True)
    return Stretch(
        frame, numbers, [], frame.height, lambda at: Place(first + at, first + at + 1, 0, b"raw")
    )


def test_stretches_are_gathered_into_parts(deliver: Deliver) -> None:
    time = "2026-11-20 00:00:00"
    stretches = [
        _stretch(1, t=[time, "never"], ip=["192.0.2.1", "192.0.2.2"], tag=["", ""]),
        _stretch(3, t=[time], ip=["192.0.2.3"], tag=["a;b"]),
        _stretch(4, t=[time], ip=["192.0.2.4"], tag=["c"]),
    ]
    delivery = deliver(b"", part_bytes=2 * STRETCH_BYTES)
    first, second = read_parts(iter(stretches), PLAN, delivery)
    assert (first.rows, first.table["row"].to_list()) == (3, [1, 3])
    assert first.table["tags"].to_list() == [None, ["a", "b"]]
    assert [(one.row, one.line, one.reason) for one in first.rejects] == [(2, 3, "time")]
    assert (second.rows, second.table["row"].to_list(), second.rejects) == (1, [4], [])


def test_nothing_was_seen_after_it_was_received(deliver: Deliver) -> None:
    # Received at 04:00 on the 21st; a day is left for wrong clocks and zones that nobody wrote.
    times = ["2026-11-22 04:00:00", "2026-11-22 04:00:01", "2099-01-01 00:00:00"]
    stretch = _stretch(
        1, t=times, ip=["192.0.2.1"] * 3, until=["2026-11-22 04:00:01", "2026-11-21", "2026-11-21"]
    )
    (part,) = read_parts(iter([stretch]), PLAN, deliver(b""))
    assert part.table["row"].to_list() == [1]
    assert part.table["until"].to_list() == [None]
    assert json.loads(part.table["extra"].item()) == {"until": "2026-11-22 04:00:01"}
    late = "was seen after 2026-11-22 04:00 UTC, a day after it was received"
    assert [(one.row, one.reason, one.detail) for one in part.rejects] == [
        (2, "time", late),
        (3, "time", late),
    ]


def test_an_end_in_the_past_stays(deliver: Deliver) -> None:
    stretch = _stretch(1, t=["2026-11-20"], ip=["192.0.2.1"], until=["2026-11-21"])
    (part,) = read_parts(iter([stretch]), PLAN, deliver(b""))
    assert part.table["until"].to_list() == [datetime(2026, 11, 21, tzinfo=UTC)]


def test_a_count_that_cannot_be_is_kept_aside(deliver: Deliver) -> None:
    counts = ["7", "9223372036854775807", "-1", "0"]
    stretch = _stretch(1, t=["2026-11-20"] * 4, ip=["192.0.2.1"] * 4, count=counts)
    (part,) = read_parts(iter([stretch]), PLAN, deliver(b""))
    assert part.table["count"].to_list() == [7, None, None, None]
    assert part.table["extra"].to_list() == [
        *(None, '{"count":"9223372036854775807"}', '{"count":"-1"}', None),
    ]


def test_no_text_holds_nul(deliver: Deliver) -> None:
    stretch = _stretch(
        1,
        t=["2026-11-20"] * 3,
        ip=["192.0.2.1", "192.0.2.\0", ""],
        host=["a\0.example.pk", "", "www.example.pk"],
        url=["http://b\0.example.pk/", "", "http://www.example.pk/"],
        application=["tel\0net", "", ""],
        other=["x\0y", "", ""],
    )
    (part,) = read_parts(iter([stretch]), PLAN, deliver(b""))
    first, third = part.table.select("host", "url_host", "application", "extra").rows()
    assert first[:3] == (None, None, "tel\N{REPLACEMENT CHARACTER}net")
    assert json.loads(first[3])["other"] == "x\N{REPLACEMENT CHARACTER}y"
    assert json.loads(first[3])["host"] == "a\N{REPLACEMENT CHARACTER}.example.pk"
    assert third == ("www.example.pk", "www.example.pk", None, None)
    assert [one.detail for one in part.rejects] == [
        "`ip` is `192.0.2.\N{REPLACEMENT CHARACTER}`, which is no address"
    ]
