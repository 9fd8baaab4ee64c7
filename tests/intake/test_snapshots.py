"""Two lists compared: laws that a set of lines would hold to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.intake.snapshots import DIGESTS, difference, digests, ended, succeeded
from pehra.kernel.addresses import pack

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
LISTS = st.lists(st.tuples(st.integers(1, 9), st.sampled_from("abc")), max_size=25)
List = list[tuple[int, str]]


def table(rows: List, at: datetime = NOW) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "row": range(1, len(rows) + 1),
            "observed_at": [at] * len(rows),
            "ip": [pack(f"192.0.2.{host}") for host, _ in rows],
            "identifier": ["x"] * len(rows),
            "severity": [word for _, word in rows],
        },
        schema_overrides={"row": pl.Int64, "observed_at": pl.Datetime("us", "UTC"),
                          "ip": pl.Binary, "identifier": pl.String, "severity": pl.String},
    )  # fmt: skip


def told(rows: List, at: datetime = NOW) -> pl.DataFrame:
    return digests(table(rows, at), [at])


@given(LISTS, LISTS)
def test_the_difference_is_that_of_sets(before: List, now: List) -> None:
    found = difference(told(now, NOW + timedelta(days=1)), told(before))
    first = {row: place for place, row in reversed(list(enumerate(now, start=1)))}
    assert found.new.to_list() == sorted(first[row] for row in set(now) - set(before))
    assert found.same.to_list() == sorted(first[row] for row in set(now) & set(before))
    assert sorted([*found.new, *found.same, *found.repeated]) == [*range(1, len(now) + 1)]
    assert len(found.gone) == len({host for host, _ in before} - {host for host, _ in now})
    assert found.listed == len(set(now))


@given(LISTS)
def test_a_list_against_itself_is_the_same(rows: List) -> None:
    found = difference(told(rows), told(rows))
    assert (found.new.to_list(), found.gone.to_list()) == ([], [])


@given(LISTS, LISTS)
def test_what_only_adds_takes_nothing_away(before: List, after: List) -> None:
    stood = succeeded(told(before), told(after))
    named = {host for host, _ in (*before, *after)}
    assert stood["of"].n_unique() == len(named)
    assert difference(told(after), stood).new.to_list() == []
    assert stood.schema == pl.Schema(DIGESTS)


def test_a_moment_of_its_own_is_part_of_what_a_row_says() -> None:
    earlier = NOW - timedelta(hours=1)
    own = digests(table([(1, "a")], earlier), [NOW])
    assert difference(own, told([(1, "a")])).new.to_list() == [1]
    assert difference(own, told([(1, "a")])).gone.to_list() == []


@pytest.mark.parametrize("name", ["network", "asn"])
def test_the_broad_is_spoken_of_where_nothing_is_narrower(name: str) -> None:
    values = {"network": ["192.0.2.0/24", "198.51.100.0/24"], "asn": [64500, 64501]}[name]
    two = pl.DataFrame({"row": [1, 2], "identifier": ["x", "x"], name: values})
    found = digests(two, [])
    assert found["of"].n_unique() == 2
    narrow = two.with_columns(ip=pl.lit(pack("192.0.2.1")))
    assert digests(narrow, [])["of"].n_unique() == 1
    assert digests(narrow, [])["says"].n_unique() == 2


def test_what_ends_is_told_as_of_the_list_that_leaves_it_out() -> None:
    later = NOW + timedelta(days=1)
    (row,) = ended(table([(1, "high")]), 7, later).rows(named=True)
    assert (row["row"], row["observed_at"], row["until"], row["expires"]) == (
        7,
        later,
        later,
        later,
    )
    assert (row["severity"], row["tags"]) == ("info", ["removed"])
