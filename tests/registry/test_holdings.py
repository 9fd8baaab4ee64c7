"""The compiled holdings answer as a scan over all claims does, in Python's own address types."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.engines.arrays import folder
from pehra.kernel.addresses import pack
from pehra.kernel.errors import Damaged, EnvironmentFault
from pehra.registry.holdings import Hits, Holdings, compile_holdings, compiled
from pehra.registry.networks import Networks, build
from pehra.registry.ranges import Keys, keys_of

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ANNOUNCED = "10.0.0.0,10.0.0.127,64500,Example\n10.0.1.0,10.0.1.255,64501,Other\n"
ASN_OF = (
    (ipaddress.ip_network("10.0.0.0/25"), 64500),
    (ipaddress.ip_network("10.0.1.0/24"), 64501),
)
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
PREFIXES = [
    "0.0.0.0/0",
    "10.0.0.0/8",
    "10.0.0.0/24",
    "10.0.0.0/23",
    "10.0.0.64/26",
    "10.0.0.65/32",
    "10.0.1.0/25",
    "255.255.255.255/32",
    "::/0",
    "2001:db8::/32",
    "2001:db8::/64",
    "2001:db8:0:0:8000::/65",
    "2001:db8::1/128",
]
NAMES = ["pk", "gov.pk", "a.gov.pk", "b.a.gov.pk", "example"]
HOSTS = ["A.gov.PK", "x.b.a.gov.pk.", "gov.pk", "nogov.pk", "pk", "example.org", "", "www.example"]
ADDRESSES = ["10.0.0.1", "10.0.0.65", "10.0.0.70", "10.0.0.200", "10.0.1.3", "10.0.1.200"]
ADDRESSES += ["9.255.255.255", "255.255.255.255", "2001:db8::1", "2001:db8::2", "2001:db8:1::"]
RANK = {"manual": 0, "self": 1, "registry": 2, "observed": 3}

day = st.one_of(st.none(), st.integers(1, 6).map(lambda n: datetime(2026, 1, n, tzinfo=UTC)))
asset = st.one_of(
    st.tuples(st.just("prefix"), st.sampled_from(PREFIXES)),
    st.tuples(st.just("asn"), st.sampled_from(["64500", "64501", "64999"])),
    st.tuples(st.just("domain"), st.sampled_from(NAMES)),
)
claim_row = st.tuples(asset, st.sampled_from(sorted(RANK)), st.sampled_from([10, 90]), day, day)


def _frame(rows: list[Any]) -> pl.DataFrame:
    lines = [
        (number * 10, number % 3, number % 2 or None, kind, value, source, sure, "static", *dates)
        for number, ((kind, value), source, sure, *dates) in enumerate(rows, start=1)
    ]
    return pl.DataFrame(lines, schema=SCHEMA, orient="row")


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Networks:
    folder = tmp_path_factory.mktemp("networks")
    (folder / "asn.csv").write_text(ANNOUNCED)
    return build([folder / "asn.csv"], folder / "index", now=NOW)


def _covers(claim: dict[str, Any], asked: str, asn: int | None) -> int | None:
    """Length of the claim's asset if it covers what is asked, -1 for an ASN, else None."""
    if claim["kind"] == "domain":
        host = asked.lower().removesuffix(".")
        inside = host == claim["value"] or host.endswith("." + claim["value"])
        return claim["value"].count(".") if inside else None
    if claim["kind"] == "asn":
        return -1 if claim["value"] == str(asn) else None
    network = ipaddress.ip_network(claim["value"])
    address = ipaddress.ip_address(asked)
    return network.prefixlen if address in network else None


def _scan(
    claims: pl.DataFrame, kinds: set[str], asked: str, asn: int | None, at: datetime
) -> tuple[int, int]:
    """Winner and best loser by reading every claim."""
    standing = []
    for claim in claims.iter_rows(named=True):
        begun = claim["valid_from"] is None or claim["valid_from"] <= at
        ended = claim["valid_to"] is not None and claim["valid_to"] <= at
        length = _covers(claim, asked, asn) if claim["kind"] in kinds else None
        if begun and not ended and length is not None:
            age = claim["valid_from"] or datetime.min.replace(tzinfo=UTC)
            rank = RANK[claim["source"]]
            standing.append((rank, -length, -claim["confidence"], age, claim["claim"]))
    first, second, *_ = (*(line[-1] for line in sorted(standing)), -1, -1)
    return first, second


def _ids(holdings: Holdings, hits: Hits) -> list[tuple[int, int]]:
    told = holdings.columns(hits).select(pl.col("claim", "beaten").fill_null(-1))
    return told.rows()


@given(rows=st.lists(claim_row, max_size=14), on=st.integers(1, 6))
@settings(deadline=None)
def test_every_answer_is_that_of_a_scan(networks: Networks, rows: list[Any], on: int) -> None:
    claims = _frame(rows)
    at = datetime(2026, 1, on, tzinfo=UTC)
    holdings = Holdings(compiled(claims, networks, 4))
    assert (holdings.revision, holdings.size) == (4, len(rows))

    keys, _ = keys_of(pl.Series([pack(text) for text in ADDRESSES]))
    moments = np.full(len(ADDRESSES), int(at.timestamp()) * 10**6)
    announced = [
        next((asn for net, asn in ASN_OF if ipaddress.ip_address(text) in net), None)
        for text in ADDRESSES
    ]
    assert _ids(holdings, holdings.at_addresses(keys, moments)) == [
        _scan(claims, {"prefix", "asn"}, text, asn, at)
        for text, asn in zip(ADDRESSES, announced, strict=True)
    ]

    asns = np.array([64500, 64999, 1, 64501])
    assert _ids(holdings, holdings.at_asns(asns, moments[:4])) == [
        _scan(claims, {"asn"}, "", int(asn), at) for asn in asns
    ]

    cells = holdings.names_of(pl.Series(HOSTS))
    known = [
        _ids(holdings, holdings.at_names(np.array([cell]), moments[:1]))[0]
        if cell >= 0
        else (-1, -1)
        for cell in cells
    ]
    assert known == [_scan(claims, {"domain"}, host, None, at) for host in HOSTS]


def test_the_reason_names_categories_only(tmp_path: Path, networks: Networks) -> None:
    claims = _frame(
        [
            (("prefix", "10.0.0.0/24"), "manual", 90, None, None),
            (("asn", "64500"), "registry", 90, None, None),
            (("domain", "gov.pk"), "self", 90, None, None),
        ]
    ).with_columns(
        use=pl.Series(["carrier-nat", "static", "dynamic"]), pool=pl.Series([7, None, 3])
    )
    holdings = compile_holdings(claims, networks, tmp_path, 1)
    keys, _ = keys_of(pl.Series([pack("10.0.0.1"), pack("10.0.0.200")]))
    moments = np.zeros(2, dtype=np.int64)
    assert holdings.columns(holdings.at_addresses(keys, moments)).rows() == [
        (1, 10, 20, 1, "manual prefix /24 beat registry AS", "carrier-nat", 7),
        (1, 10, None, 1, "manual prefix /24", "carrier-nat", 7),
    ]
    reported = holdings.columns(holdings.at_asns(np.array([64500, 7]), moments))
    assert reported.rows() == [
        (2, 20, None, None, "registry AS as reported", "static", None),
        (None, None, None, None, None, None, None),
    ]
    names = holdings.at_names(holdings.names_of(pl.Series(["www.gov.pk"])), moments[:1])
    assert holdings.columns(names)["why"].to_list() == ["self domain"]


def test_unreadable_claims_are_named_and_hold_nothing(tmp_path: Path) -> None:
    values = ["10.0.0.0/33", "x", "::ffff:10.0.0.0/104", "10.0.0.0/8/1", "10.0.0.7", "AS1", " "]
    kinds = ["prefix"] * 5 + ["asn", "domain"]
    claims = _frame(
        [((kind, value), "self", 1, None, None) for kind, value in zip(kinds, values, strict=True)]
    )
    holdings = compile_holdings(claims, None, tmp_path, 1)
    assert holdings.unreadable == (10, 20, 30, 40, 60, 70)
    keys, _ = keys_of(pl.Series([pack("10.0.0.7"), pack("10.0.0.8")]))
    assert _ids(holdings, holdings.at_addresses(keys, np.zeros(2, np.int64))) == [
        (50, -1),
        (-1, -1),
    ]


def test_without_claims_nobody_holds_anything(tmp_path: Path) -> None:
    holdings = compile_holdings(_frame([]), None, tmp_path, 0)
    keys = Keys(np.zeros(1, np.uint64), np.zeros(1, np.uint64))
    moment = np.zeros(1, np.int64)
    assert _ids(holdings, holdings.at_addresses(keys, moment)) == [(-1, -1)]
    assert _ids(holdings, holdings.at_asns(np.array([1]), moment)) == [(-1, -1)]
    assert holdings.names_of(pl.Series(["gov.pk"])).tolist() == [-1]


def test_what_is_no_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault):
        Holdings.load(tmp_path)
    folder.write(tmp_path, {}, kind=folder.Kind("networks", 1), facts={})
    with pytest.raises(Damaged):
        Holdings.load(tmp_path)
