"""What time does to observations: cut, dropped, or kept by a hold; never more, never less."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.addresses import pack, unpack
from pehra.observations.retention import HARMFUL, Held, Terms, aged, due
from pehra.observations.schema import OBSERVATION, complete
from pehra.observations.store import sort_key

DAY = date(2026, 6, 1)
ROWS = [
    ("192.0.2.77", "scan"),
    ("2001:db8:7:1::5", "sinkhole"),
    ("198.51.100.9", "c2"),
    ("203.0.113.4", "blocklist"),
    (None, "report"),
    ("192.0.2.78", None),
]


def frame(rows: list[tuple[str | None, str | None]]) -> pl.DataFrame:
    count = len(rows)
    told = pl.DataFrame(
        {
            "row": list(range(count)),
            "ip": [None if ip is None else pack(ip) for ip, _ in rows],
            "role": [role for _, role in rows],
            "host": ["a.example"] * count,
            "extra": ["{}"] * count,
            "batch": ["b"] * count,
            "organisation": [7] * count,
            "finding_key": [1] * count,
            "received_day": [DAY] * count,
            "received_at": [datetime(2026, 6, 1, tzinfo=UTC)] * count,
        }
    )
    whole = complete(told, OBSERVATION)
    return whole.with_columns(sort_key().alias("ip_key"))


def terms(full: int, networks: int, harmful: int) -> Terms:
    """Terms that lie so many days after the day of the rows."""
    return Terms(*(DAY + timedelta(days=days) for days in (full, networks, harmful)))


def addresses(rows: pl.DataFrame) -> list[str | None]:
    return [None if ip is None else unpack(ip) for ip in rows["ip"]]


def test_victims_are_cut_and_what_does_harm_is_not() -> None:
    rows = frame(ROWS)
    cut = aged(rows, DAY, terms(1, 0, 0), [])
    assert addresses(cut) == [
        "192.0.2.0", "2001:db8:7::", "198.51.100.9", "203.0.113.4", None, "192.0.2.0",
    ]  # fmt: skip
    assert cut["host"].to_list() == [None, None, "a.example", "a.example", None, None]
    assert cut["finding_key"].to_list() == [None, None, 1, 1, None, None]
    assert cut["organisation"].to_list() == [7] * 6
    assert cut["ip_key"].to_list() == cut.select(sort_key())["ip"].to_list()
    assert cut.schema == rows.schema
    assert aged(cut, DAY, terms(1, 0, 0), []).equals(cut)


def test_terms_end_one_after_the_other() -> None:
    rows = frame(ROWS)
    assert not due(DAY, terms(0, 0, 0))
    assert aged(rows, DAY, terms(0, 0, 0), []).equals(rows)
    assert addresses(aged(rows, DAY, terms(1, 1, 0), [])) == ["198.51.100.9", "203.0.113.4"]
    assert aged(rows, DAY, terms(1, 1, 1), []).is_empty()


def test_what_is_held_stays_as_it_is() -> None:
    rows = frame(ROWS)
    kept = aged(rows, DAY, terms(1, 1, 1), [Held("network", "192.0.2.77/32")])
    assert kept.equals(rows.head(1))
    for hold in (Held("organisation", "7"), Held("batch", "b")):
        assert aged(rows, DAY, terms(1, 1, 1), [hold]).equals(rows)
    assert aged(rows, DAY, terms(1, 1, 1), [Held("source", "b")]).is_empty()


@given(
    st.lists(
        st.tuples(
            st.none() | st.ip_addresses().map(str),
            st.none() | st.sampled_from(["scan", "c2", "blocklist", "report"]),
        ),
        max_size=12,
    )
)
def test_no_victims_address_is_left(rows: list[tuple[str | None, str | None]]) -> None:
    told = frame(rows) if rows else frame(ROWS).clear()
    cut = aged(told, DAY, terms(1, 0, 0), [])
    assert cut.height == told.height
    for before, after, role in zip(told["ip"], cut["ip"], told["role"], strict=True):
        if before is None or role in HARMFUL:
            assert after == before
        elif before.startswith(bytes(10) + b"\xff\xff"):
            assert after == before[:15] + b"\0"
        else:
            assert after == before[:6] + bytes(10)
