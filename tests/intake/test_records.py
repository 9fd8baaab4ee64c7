"""Records as parts: flattening, bounds, places and the plan for our own names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pehra.intake.jsontree import Kind, Member
from pehra.intake.records import (
    MOST_ROWS,
    Found,
    Row,
    newest,
    own_plan,
    parts,
    refused,
    said,
)
from pehra.intake.source import Delivery, Reading
from pehra.intake.stretches import COLUMNS

Deliver = Callable[..., Delivery]
Rows = Callable[[Reading], list[dict[str, Any]]]
QUIET = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
PLAN = own_plan("", {"role": "honeypot"})
SEEN: Row = {"observed_at": "2026-11-20 10:00:00", "ip": "192.0.2.1"}
MEMBER = Member(Kind.VALUE, "", 4, 9, 2, b"12345")


def _read(deliver: Deliver, rows: Rows, found: list[Found]) -> list[dict[str, Any]]:
    delivery = deliver(b"0123456789" * 20)
    return rows(Reading("", None, (), parts(iter(found), PLAN, delivery)))


def test_names_are_dotted_and_the_rest_stays_json(deliver: Deliver, rows: Rows) -> None:
    told = {**SEEN, "extra.a": {"b": "x", "c": [1, "y"]}, "extra.n": None, "type": "nonsense"}
    (row,) = _read(deliver, rows, [Found(0, 5, 1, [told])])
    assert (row["extra"], row["class"], row["type"], row["role"], row["identifier"]) == (
        {"a.b": "x", "a.c": [1, "y"], "type": "nonsense"},
        "other", "undetermined", "honeypot", "unclassified",
    )  # fmt: skip


def test_a_record_may_be_several_rows_or_none(deliver: Deliver, rows: Rows) -> None:
    found = [Found(0, 5, 1, [SEEN, SEEN]), Found(5, 9, 1, []), refused(MEMBER, "json", "no")]
    got = _read(deliver, rows, found)
    assert [(row["row"], row.get("reject"), row.get("raw")) for row in got] == [
        (1, None, None), (2, None, None), (3, "json", "45678"),
    ]  # fmt: skip


def test_what_is_too_deep_too_wide_or_too_much_is_refused(deliver: Deliver, rows: Rows) -> None:
    deep: Row = {}
    for _ in range(20):
        deep = {"a": deep}
    wide = {f"extra.{n}": "x" for n in range(COLUMNS + 1)}
    got = _read(
        deliver, rows, [Found(0, 5, 1, [{**SEEN, "extra.d": deep}]), Found(0, 5, 1, [wide])]
    )
    assert [row["reject"] for row in got] == ["fields", "fields"]
    assert said(MEMBER, [SEEN]).rows == [SEEN]
    assert said(MEMBER, [SEEN] * (MOST_ROWS + 1)).reason == "fields"


def test_the_newest_day_is_told_and_nothing_is_lost(deliver: Deliver) -> None:
    def told() -> Iterator[Found]:
        for day in ("18", "20", "19"):
            yield Found(0, 5, 1, [{**SEEN, "observed_at": f"2026-11-{day}"}])

    day, found = newest(parts(told(), PLAN, deliver(b"0123456789")))
    assert (day, sum(part.rows for part in found)) == (date(2026, 11, 20), 3)
    assert newest(iter(()))[0] is None


@QUIET
@given(st.lists(st.dictionaries(st.sampled_from(["ip", "extra.a", "port", "url"]), st.text()
    | st.integers() | st.lists(st.none()))))  # fmt: skip
def test_any_rows_give_observations_or_rejects(deliver: Deliver, told: list[Row]) -> None:
    found = parts(iter([Found(0, 5, 1, [row]) for row in told]), PLAN, deliver(b"0123456789"))
    for part in found:
        assert part.table.height + len(part.rejects) == part.rows
        assert part.table.filter(pl.col("observed_at").is_null()).is_empty()
