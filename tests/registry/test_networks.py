"""The address table answers as a scan of its files does, and says where it came from."""

from __future__ import annotations

import ipaddress
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.kernel.addresses import pack
from pehra.kernel.errors import Damaged, EnvironmentFault, UsageError
from pehra.registry.networks import Networks, build
from pehra.registry.ranges import packed_of, prefixes_between

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROUTING = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "routing"
# Of thirty-two addresses, two in IPv6 notation just above the IPv4 stretch.
BASE = int(ipaddress.ip_address("192.0.2.0"))

stretch = st.tuples(st.integers(0, 31), st.integers(0, 31)).map(sorted).map(tuple)
asn_rows = st.lists(st.tuples(stretch, st.integers(1, 4)), min_size=1, max_size=6)
country_rows = st.lists(
    st.tuples(stretch, st.sampled_from(["PK", "AE", "CN"])), min_size=1, max_size=6
)


def _text(number: int) -> str:
    return str(ipaddress.IPv4Address(BASE + number))


@given(asns=st.lists(asn_rows, min_size=1, max_size=2), places=country_rows)
@settings(max_examples=40, deadline=None)
def test_the_smallest_and_latest_range_decides(
    tmp_path_factory: pytest.TempPathFactory,
    asns: list[list[tuple[tuple[int, int], int]]],
    places: list[tuple[tuple[int, int], str]],
) -> None:
    home = tmp_path_factory.mktemp("networks")
    files = []
    for number, rows in enumerate(asns):
        files.append(home / f"asn{number}")
        lines = [f"{_text(a)},{_text(b)},{asn},name {asn} {number}" for (a, b), asn in rows]
        files[-1].write_text("\n".join(lines))
    files.append(home / "country")
    files[-1].write_text("\n".join(f"{_text(a)},{_text(b)},{cc}" for (a, b), cc in places))
    networks = build(files, home / "index", now=NOW)

    told = networks.lookup(pl.Series([pack(_text(number)) for number in range(32)]))
    for at, (asn, country, _) in enumerate(told.rows()):
        covering = [
            (b - a, -number, place, value)
            for number, rows in enumerate(asns)
            for place, ((a, b), value) in enumerate(rows)
            if a <= at <= b
        ]
        assert asn == (min(covering)[-1] if covering else None)
        inside = [(b - a, place, cc) for place, ((a, b), cc) in enumerate(places) if a <= at <= b]
        assert country == (min(inside)[-1] if inside else None)
    for asn in {value for rows in asns for _, value in rows}:
        last = max(number for number, rows in enumerate(asns) if asn in [row[1] for row in rows])
        assert networks.name_of(asn) == f"name {asn} {last}"
        spread = networks.prefixes_of(np.array([asn]))
        size = (spread.end.low - spread.start.low + np.uint64(1)).sum()
        assert size == told.filter(pl.col("asn") == asn).height


def test_an_explicit_country_table_beats_a_delegation(tmp_path: Path) -> None:
    (tmp_path / "country").write_text("192.0.2.0,192.0.2.255,AE\n")
    (tmp_path / "rir").write_text("apnic|PK|ipv4|192.0.2.0|128|20200101|allocated\n")
    (tmp_path / "iptoasn").write_text("192.0.2.0\t192.0.3.255\t64500\tCN\tExample\n")
    files = [tmp_path / name for name in ("country", "rir", "iptoasn")]
    networks = build(files, tmp_path / "index", now=NOW)
    asked = pl.Series([pack("192.0.2.1"), pack("192.0.3.1"), None, pack("::1")])
    assert networks.lookup(asked).select("asn", "country").rows() == [
        (64500, "AE"),
        (64500, "CN"),
        (None, None),
        (None, None),
    ]
    start, end = networks.stretch(networks.lookup(asked)["row"][0])
    assert packed_of(start).to_list() == [pack("192.0.2.0")]
    assert packed_of(end).to_list() == [pack("192.0.2.255")]
    assert [origin.name for origin in networks.origins] == ["country", "rir", "iptoasn"]
    assert networks.built_at == "2026-01-01T00:00:00Z"


def test_holders_of_a_country(tmp_path: Path) -> None:
    (tmp_path / "asn").write_text(
        "192.0.2.0,192.0.2.255,64500,Four\n"
        "198.51.100.0,198.51.100.127,64501,Half\n"
        "2001:db8::,2001:db8:0:ffff:ffff:ffff:ffff:ffff,64502,Six\n"
        "2001:db8:2::,2001:db8:2:ffff:ffff:ffff:ffff:ffff,64500,Four\n"
        "203.0.113.0,203.0.113.255,64503,Elsewhere\n"
    )
    (tmp_path / "country").write_text(
        "192.0.2.0,192.0.2.255,PK\n198.51.100.0,198.51.100.63,PK\n203.0.113.0,203.0.113.255,AE\n"
        "2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,PK\n"
    )
    networks = build([tmp_path / "asn", tmp_path / "country"], tmp_path / "index", now=NOW)
    assert networks.holders("pk").rows() == [
        (64500, "Four", 256, 1, 1.0),
        (64501, "Half", 64, 0, 0.5),
        (64502, "Six", 0, 1, 1.0),
    ]
    assert networks.holders("XX").height == 0
    here = networks.announced_in("PK")
    assert here.asn.tolist() == [64500, 64501, 64502, 64500]
    assert prefixes_between(here.start, here.end) == [
        ["192.0.2.0/24"],
        ["198.51.100.0/26"],
        ["2001:db8::/48"],
        ["2001:db8:2::/48"],
    ]
    assert len(networks.announced_in("XX").asn) == 0
    assert networks.name_of(65000) == ""
    assert len(networks.prefixes_of(np.array([65000])).asn) == 0


def test_ipv6_that_surrounds_ipv4_does_not_cover_it(tmp_path: Path) -> None:
    (tmp_path / "asn").write_text("::,ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,64500,All of IPv6\n")
    networks = build([tmp_path / "asn"], tmp_path / "index", now=NOW)
    asked = pl.Series([pack("192.0.2.1"), pack("2001:db8::"), pack("::1")])
    assert networks.lookup(asked)["asn"].to_list() == [None, 64500, 64500]


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        build([], tmp_path, now=NOW)
    with pytest.raises(EnvironmentFault):
        Networks.load(tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(Damaged):
        Networks.load(tmp_path)


@pytest.mark.service
def test_the_real_tables(tmp_path: Path) -> None:
    names = ("asn-ipv4", "asn-ipv6", "asn-country-ipv4", "asn-country-ipv6")
    files = [ROUTING / f"{name}.csv.zst" for name in names]
    networks = build(files, tmp_path, now=NOW)
    assert [(origin.rows, origin.malformed) for origin in networks.origins] == [
        (411_961, 0),
        (103_197, 0),
        (141_822, 0),
        (68_368, 0),
    ]
    begun = time.perf_counter()
    again = Networks.load(tmp_path)
    assert time.perf_counter() - begun < 1
    asked = pl.Series([pack("1.1.1.1"), pack("2001:200::1")])
    assert again.lookup(asked).select("asn", "country").rows() == [(13335, "AU"), (2500, "JP")]
    assert again.holders("PK").height == 436
