"""Attribution fills in the holder as of the event, and never one for reserved addresses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.kernel.addresses import DOCUMENTATION, SPECIAL, pack
from pehra.observations.attribution import attribute, is_special
from pehra.registry.holdings import Holdings, compile_holdings
from pehra.registry.networks import Networks, build

if TYPE_CHECKING:
    import ipaddress

EARLY, SOLD, LATE = (datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3))
CLAIMS: list[tuple[Any, ...]] = [
    (1, 11, 5, "prefix", "203.0.113.0/24", "registry", 90, "static", None, SOLD),
    (2, 12, 5, "prefix", "203.0.113.0/24", "registry", 90, "static", SOLD, None),
    (3, 13, 6, "domain", "example.org.pk", "manual", 90, "static", None, None),
    (4, 14, 6, "asn", "64500", "observed", 90, "dynamic", None, None),
    (5, 15, 6, "prefix", "0.0.0.0/0", "observed", 1, "static", LATE, None),
]
COLUMNS = (
    "claim",
    "organisation",
    "team",
    "kind",
    "value",
    "source",
    "confidence",
    "use",
    "valid_from",
    "valid_to",
)
TABLE = "192.0.2.0,192.0.2.255,64500,Example\n"
PLACES = "192.0.2.0,192.0.2.255,PK\n203.0.113.0,203.0.113.255,AE\n"


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Networks:
    home = tmp_path_factory.mktemp("networks")
    (home / "asn.csv").write_text(TABLE)
    (home / "country.csv").write_text(PLACES)
    return build([home / "asn.csv", home / "country.csv"], home / "index", now=EARLY)


@pytest.fixture(scope="module")
def holdings(tmp_path_factory: pytest.TempPathFactory, networks: Networks) -> Holdings:
    claims = pl.DataFrame(CLAIMS, schema=list(COLUMNS), orient="row").with_columns(
        pl.col("valid_from", "valid_to").cast(pl.Datetime("us", "UTC"))
    )
    return compile_holdings(claims, networks, tmp_path_factory.mktemp("holdings"), 1)


def _seen(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    packed = [(ip and pack(ip), *rest) for ip, *rest in rows]
    schema = {
        "ip": pl.Binary(),
        "observed_at": pl.Datetime("us", "UTC"),
        "asn": pl.Int64(),
        "country": pl.String(),
        "host": pl.String(),
        "url_host": pl.String(),
    }
    return pl.DataFrame(packed, schema=schema, orient="row")


def test_the_holder_is_that_of_the_event_time(holdings: Holdings, networks: Networks) -> None:
    seen = _seen(
        [
            ("203.0.113.9", EARLY, None, None, None, None),
            ("203.0.113.9", SOLD, None, None, None, None),
            ("192.0.2.1", EARLY, None, None, None, None),
            ("8.8.8.8", EARLY, 64500, "US", None, None),
            ("8.8.8.8", EARLY, 15169, None, None, None),
        ]
    )
    told = attribute(seen, holdings, networks)
    columns = ("asn", "country", "organisation", "claim", "beaten", "team", "why", "use")
    assert told.select(columns).rows() == [
        (None, "AE", 11, 1, None, 5, "registry prefix /24", "static"),
        (None, "AE", 12, 2, None, 5, "registry prefix /24", "static"),
        (64500, "PK", 14, 4, None, 6, "observed AS", "dynamic"),
        (64500, "US", 14, 4, None, 6, "observed AS as reported", "dynamic"),
        (15169, None, None, None, None, None, None, None),
    ]


def test_a_claimed_name_decides_before_the_address(holdings: Holdings) -> None:
    seen = _seen(
        [
            ("203.0.113.9", EARLY, None, None, "www.Example.org.pk", None),
            ("203.0.113.9", EARLY, None, None, "example.org.pk", "elsewhere.example"),
            (None, EARLY, None, None, None, "example.org.pk."),
            (None, EARLY, 64500, None, "elsewhere.example", None),
            (None, EARLY, None, None, None, None),
        ]
    )
    told = attribute(seen, holdings, None)
    assert told["claim"].to_list() == [3, 3, 3, 4, None]
    assert told.select(seen.columns).equals(seen)


def test_reserved_addresses_belong_to_nobody(holdings: Holdings, networks: Networks) -> None:
    seen = _seen(
        [
            ("10.0.0.1", LATE, 64500, None, None, None),
            ("fe80::1", LATE, None, None, None, None),
            ("127.0.0.1", LATE, None, None, "example.org.pk", None),
            ("198.51.100.1", LATE, None, None, None, None),
        ]
    )
    told = attribute(seen, holdings, networks).select("claim", "why").rows()
    assert told == [
        (None, "reserved address"),
        (None, "reserved address"),
        (3, "manual domain"),
        (5, "observed prefix /0"),
    ]


def test_columns_that_a_report_lacks_are_added(holdings: Holdings, networks: Networks) -> None:
    seen = pl.DataFrame({"ip": [pack("192.0.2.1")], "observed_at": [EARLY]})
    told = attribute(seen, holdings, networks)
    assert told.select("asn", "country", "claim").rows() == [(64500, "PK", 4)]
    assert attribute(seen.clear(), holdings, networks).height == 0


@given(
    asked=st.lists(
        st.one_of(
            st.ip_addresses(),
            st.sampled_from([*SPECIAL, *DOCUMENTATION]).map(lambda network: network[0]),
            st.sampled_from([*SPECIAL, *DOCUMENTATION]).map(lambda network: network[-1]),
        ),
        min_size=1,
    )
)
@settings(deadline=None)
def test_special_is_what_the_lists_say(
    asked: list[ipaddress.IPv4Address | ipaddress.IPv6Address],
) -> None:
    expected = [
        any(address in network for network in SPECIAL)
        and not any(address in network for network in DOCUMENTATION)
        for address in asked
    ]
    mapped = [address.ipv4_mapped if address.version == 6 else None for address in asked]
    found = is_special(pl.Series([pack(address) for address in asked])).to_list()
    assert [told for told, also in zip(found, mapped, strict=True) if also is None] == [
        told for told, also in zip(expected, mapped, strict=True) if also is None
    ]
    assert is_special(pl.Series([None], dtype=pl.Binary())).to_list() == [False]
