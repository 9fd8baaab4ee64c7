"""Columns of claims stand in the order that `pehra.registry.rules.precedence` gives one by one."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv6Address, ip_network
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.kernel.time import EPOCH
from pehra.registry.claims import CATEGORIES, Claims
from pehra.registry.ranges import packed_of
from pehra.registry.rules import SOURCE_RANK, USES, ClaimFacts, precedence

SCHEMA: dict[str, Any] = {
    "claim": pl.Int64,
    "organisation": pl.Int64,
    "team": pl.Int64,
    "kind": pl.String,
    "value": pl.String,
    "source": pl.String,
    "confidence": pl.Int16,
    "use": pl.String,
    "valid_from": pl.Datetime("us", "UTC"),
    "valid_to": pl.Datetime("us", "UTC"),
}

asset = st.one_of(
    st.ip_addresses(v=4).flatmap(
        lambda ip: st.integers(0, 32).map(lambda bits: ("prefix", f"{ip}/{bits}"))
    ),
    # From 2000:: on: no mapped IPv4 among them, which is no prefix here.
    st.integers(2**125, 2**128 - 1).flatmap(
        lambda ip: st.integers(0, 128).map(lambda bits: ("prefix", f"{IPv6Address(ip)}/{bits}"))
    ),
    st.integers(1, 2**32 - 1).map(lambda asn: ("asn", str(asn))),
    st.sampled_from([("domain", "pk"), ("domain", "gov.pk"), ("domain", "a.gov.pk")]),
)
moment = st.one_of(
    st.none(), st.integers(0, 2**32).map(lambda second: EPOCH + timedelta(seconds=second))
)
row = st.tuples(asset, st.sampled_from(sorted(SOURCE_RANK)), st.integers(0, 100), moment, moment)


def _frame(rows: list[Any]) -> pl.DataFrame:
    lines = [
        (number, 1, None, kind, value, source, sure, USES[number % 3], *dates)
        for number, ((kind, value), source, sure, *dates) in enumerate(rows)
    ]
    return pl.DataFrame(lines, schema=SCHEMA, orient="row")


@given(rows=st.lists(row, max_size=12))
@settings(deadline=None)
def test_the_order_is_that_of_the_rule(rows: list[Any]) -> None:
    frame = _frame(rows)
    facts = []
    for claim in frame.drop("team", "use").iter_rows(named=True):
        if claim["kind"] == "prefix":  # the rule takes one without host bits
            claim["value"] = str(ip_network(claim["value"], strict=False))
        facts.append(ClaimFacts(**claim))
    expected = [fact.claim for fact in sorted(facts, key=precedence)]
    claims = Claims.from_frame(frame)
    assert claims.arrays()["claim.id"].tolist() == expected
    assert claims.unreadable == ()


def test_what_a_look_up_says() -> None:
    rows = [
        (("domain", "Gov.PK."), "self", 9, None, None),
        (("asn", "64500"), "manual", 9, None, None),
        (("prefix", "192.0.2.129/25"), "observed", 9, None, None),
        (("software", "nginx"), "manual", 9, None, None),
    ]
    claims = Claims.from_frame(_frame(rows))
    assert claims.names().rows() == [("gov.pk", 1)]
    assert [column.tolist() for column in claims.asns()] == [[0], [64500]]
    numbers, start, end = claims.prefixes()
    assert numbers.tolist() == [2]
    assert packed_of(start).to_list()[0][12:] == bytes([192, 0, 2, 128])
    assert packed_of(end).to_list()[0][12:] == bytes([192, 0, 2, 255])
    told = claims.arrays()
    assert told["claim.id"].tolist() == [1, 0, 2]
    assert told["claim.use"].tolist() == [1, 0, 2]
    assert told["claim.team"].tolist() == [-1, -1, -1]
    named = [CATEGORIES[number] for number in claims.category(told["claim.use"] * 0 + [0, 1, 2])]
    assert named == ["manual AS", "self domain", "observed prefix /25"]
