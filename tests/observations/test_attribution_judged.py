"""200 attributions of Pakistan's holders, judged by delegations that were not used to make them.

Made from: announcements and countries of June 2026 (`asn-ipv4/6`, `asn-country-ipv4/6`). Judged by:
the registries' delegations of February 2026 (`rir-ip-SAARC`) and APNIC's own file of July 2021.
docs/attribution.md explains each disagreement.
"""

from __future__ import annotations

import io
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl
import pytest
import zstandard

from pehra.kernel.addresses import bounds, unpack
from pehra.observations.attribution import attribute
from pehra.registry.address_files import read_file
from pehra.registry.holdings import Holdings, compiled
from pehra.registry.networks import Announced, Networks, build
from pehra.registry.ranges import Keys, is_ipv4, joined, prefixes_between

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = pytest.mark.service

ROUTING = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "routing"
TABLES = ("asn-ipv4", "asn-ipv6", "asn-country-ipv4", "asn-country-ipv6")
SEED = 20261122
SAMPLE = ((True, 160), (False, 40))
OURS = 0.5
"""From this share of its space in the country, an ASN is claimed whole; else only its part."""

Delegated = list[tuple[int, int, str]]

# Address, holder's ASN, country by the delegations of 2026: what docs/attribution.md explains.
DISAGREE = {
    ("140.235.82.180", 9541, "US"),
    ("154.57.199.145", 135407, "US"),
    ("163.128.51.148", 132165, None),
    ("151.158.76.13", 138926, "AE"),
    ("156.149.214.147", 24435, None),
    ("68.166.184.60", 9541, "US"),
    ("151.123.226.32", 141421, "US"),
    ("151.158.174.222", 154504, None),
    ("185.228.93.207", 136184, "US"),
    ("154.198.13.69", 17557, None),
    ("151.123.255.26", 153844, "US"),
    ("206.135.172.232", 9541, "US"),
    ("2402:5a60::35f7:9ad6:6d5e:f2c5", 137273, None),
    ("2001:df6:b5c0:0:3d09:5acb:c621:3d7f", 154504, None),
}


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Networks:
    files = [ROUTING / f"{name}.csv.zst" for name in TABLES]
    now = datetime(2026, 6, 17, tzinfo=UTC)
    return build(files, tmp_path_factory.mktemp("networks"), now=now)


def _numbers(keys: Keys) -> list[int]:
    return [int(high) << 64 | int(low) for high, low in zip(keys.high, keys.low, strict=True)]


def _claimed(networks: Networks) -> tuple[pl.DataFrame, Announced]:
    """Claims of the country's holders, and the stretches that they come to."""
    holders = networks.holders("PK")
    own = holders.filter(pl.col("share") >= OURS)["asn"].to_numpy()
    whole, here = networks.prefixes_of(own), networks.announced_in("PK")
    part = np.flatnonzero(~np.isin(here.asn, own))
    start, end = here.start.take(part), here.end.take(part)
    claims: list[tuple[Any, ...]] = [(int(asn), "asn", str(asn)) for asn in own]
    for asn, prefixes in zip(here.asn[part], prefixes_between(start, end), strict=True):
        claims += [(int(asn), "prefix", prefix) for prefix in prefixes]
    frame = pl.DataFrame(claims, schema=["organisation", "kind", "value"], orient="row")
    stretches = Announced(
        joined([whole.start, start]),
        joined([whole.end, end]),
        np.concatenate([whole.asn, here.asn[part]]),
    )
    never = pl.lit(None, pl.Datetime("us", "UTC"))
    return frame.with_row_index("claim", offset=1).with_columns(
        pl.col("claim").cast(pl.Int64),
        team=pl.lit(1, pl.Int64),
        source=pl.lit("registry"),
        confidence=pl.lit(50, pl.Int16),
        use=pl.lit("static"),
        valid_from=never,
        valid_to=never,
    ), stretches


def _drawn(stretches: Announced) -> list[tuple[int, int, int]]:
    """Addresses, one from each stretch drawn, with that stretch's ends."""
    chance = np.random.default_rng(SEED)
    v4 = is_ipv4(stretches.start)
    drawn = []
    for family, count in SAMPLE:
        rows = chance.permutation(np.flatnonzero(v4 == family))[:count]
        ends = _numbers(stretches.start.take(rows)), _numbers(stretches.end.take(rows))
        for first, last in zip(*ends, strict=True):
            step = int(chance.integers(0, min(last - first + 1, 2**62)))
            drawn.append((first + step, first, last))
    return drawn


def _of_2026() -> Delegated:
    """Delegations of fifteen countries, neighbours joined by the publisher."""
    packed = (ROUTING / "rir-ip-SAARC.tar.zst").read_bytes()
    plain = zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(packed).read()
    found: Delegated = []
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        for member in archive.getmembers():
            stream = archive.extractfile(member)
            if stream is None:
                continue
            told = msgspec.json.decode(stream.read())
            for prefix in (*told["prefixes"]["ipv4"], *told["prefixes"]["ipv6"]):
                first, last = (int.from_bytes(end) for end in bounds(prefix))
                found.append((first, last, told["countryCode"]))
    return found


def _of_2021() -> Delegated:
    table, _ = read_file(ROUTING / "delegated-apnic-2022.txt.zst")
    rows = table.select("start", "end", "country").drop_nulls().rows()
    return [(int.from_bytes(first), int.from_bytes(last), cc) for first, last, cc in rows]


def _containing(
    delegated: Iterable[tuple[int, int, str]], number: int
) -> tuple[int, int, str] | None:
    return next((one for one in delegated if one[0] <= number <= one[1]), None)


def _judged(networks: Networks) -> pl.DataFrame:
    claims, stretches = _claimed(networks)
    drawn = _drawn(stretches)
    packed = pl.Series("ip", [number.to_bytes(16) for number, _, _ in drawn])
    seen = pl.DataFrame({"ip": packed}).with_columns(
        observed_at=pl.lit(datetime(2026, 6, 17, tzinfo=UTC))
    )
    told = attribute(seen, Holdings(compiled(claims, networks, 1)), networks)
    newer, older = _of_2026(), _of_2021()
    lines = []
    for (number, first, last), asn, table in zip(
        drawn, told["organisation"], told["country"], strict=True
    ):
        now, then = _containing(newer, number), _containing(older, number)
        lines.append(
            {
                "ip": unpack(number.to_bytes(16)),
                "asn": asn,
                "table": table,
                "now": now and now[2],
                "then": then and then[2],
                "inside_one": then and then[0] <= first and last <= then[1],
            }
        )
    return pl.DataFrame(lines, infer_schema_length=None)


def test_two_hundred_attributions(networks: Networks) -> None:
    judged = _judged(networks)
    assert judged.height == 200
    assert judged["asn"].null_count() == 0
    wrong = judged.filter(pl.col("now").ne_missing("PK"))
    assert set(wrong.select("ip", "asn", "now").rows()) == DISAGREE
    tally = {
        "agree": judged.filter(now="PK").height,
        "agree, and already so in 2021": judged.filter(now="PK", then="PK").height,
        "stretch inside one delegation of 2021": judged.filter(inside_one=True).height,
        "stretch over several delegations of 2021": judged.filter(inside_one=False).height,
        "our table says another country, too": wrong.filter(pl.col("table") != "PK").height,
    }
    assert tally == {
        "agree": 186,
        "agree, and already so in 2021": 147,
        "stretch inside one delegation of 2021": 147,
        "stretch over several delegations of 2021": 2,
        "our table says another country, too": 8,
    }
