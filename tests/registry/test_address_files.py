"""Each format is told by content and read whole; what cannot be read is counted."""

from __future__ import annotations

import gzip
import ipaddress
from typing import TYPE_CHECKING

import polars as pl
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.kernel.addresses import unpack
from pehra.kernel.errors import EnvironmentFault, UnreadableFile
from pehra.registry.address_files import RANGES, read_file

if TYPE_CHECKING:
    from pathlib import Path

ASN_CSV = """192.0.2.0,192.0.2.255,64500,"Example, ""Inc."" "
2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,64501,Plain name
198.51.100.0,198.51.100.255,0,Nobody
"""
IPTOASN = """192.0.2.0\t192.0.2.255\t64500\tPK\tEXAMPLE-AS Example
198.51.100.0\t198.51.100.255\t0\tNone\tNot routed
"""
DELEGATED = """# terms
2|apnic|20210715|3|19830613|20210714|+1000
apnic|*|ipv4|*|2|summary
apnic|PK|asn|64500|2|20020801|allocated
apnic|PK|ipv4|192.0.2.0|192|20160112|allocated|A91
apnic||ipv4|198.51.100.0|256||available|
apnic|pk|ipv6|2001:db8::|32|20160908|assigned|A92
"""

Row = tuple[str, str, int | None, str | None, str | None]


def _rows(table: pl.DataFrame) -> list[Row]:
    assert table.schema == pl.Schema(RANGES)
    return [(unpack(start), unpack(end), *rest) for start, end, *rest in table.rows()]


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        (
            ASN_CSV,
            "ip-location-db asn",
            [
                ("192.0.2.0", "192.0.2.255", 64500, 'Example, "Inc." ', None),
                (
                    "2001:db8::",
                    "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
                    64501,
                    "Plain name",
                    None,
                ),
                ("198.51.100.0", "198.51.100.255", None, "Nobody", None),
            ],
        ),
        (
            "192.0.2.0,192.0.2.255,pk\r\n198.51.100.0,198.51.100.9,ZZ\r\n",
            "ip-location-db country",
            [
                ("192.0.2.0", "192.0.2.255", None, None, "PK"),
                ("198.51.100.0", "198.51.100.9", None, None, None),
            ],
        ),
        (
            IPTOASN,
            "iptoasn",
            [
                ("192.0.2.0", "192.0.2.255", 64500, "EXAMPLE-AS Example", "PK"),
                ("198.51.100.0", "198.51.100.255", None, "Not routed", None),
            ],
        ),
        (
            DELEGATED,
            "rir statistics",
            [
                ("192.0.2.0", "192.0.2.191", None, None, "PK"),
                ("198.51.100.0", "198.51.100.255", None, None, None),
                ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", None, None, "PK"),
            ],
        ),
    ],
)
@pytest.mark.parametrize("packing", ["plain", "gzip", "zstd"])
def test_formats(tmp_path: Path, text: str, kind: str, expected: list[Row], packing: str) -> None:
    packed = {
        "plain": text.encode(),
        "gzip": gzip.compress(text.encode()),
        "zstd": zstandard.compress(text.encode()),
    }
    (tmp_path / "table").write_bytes(packed[packing])
    table, origin = read_file(tmp_path / "table")
    assert _rows(table) == expected
    assert (origin.format, origin.rows, origin.malformed) == (kind, len(expected), 0)


def test_malformed_lines_are_counted_and_kept(tmp_path: Path) -> None:
    good = "192.0.2.0,192.0.2.255,PK\n"
    bad = [
        "192.0.2.9,192.0.2.1,PK",
        "192.0.2.0,2001:db8::,PK",
        "192.0.2.0,192.0.2.300,PK",
        "192.0.2.0,192.0.2.1,PAK",
        "what",
    ]
    (tmp_path / "table").write_text(good + "\n".join(bad) + "\n\n# comment\n")
    table, origin = read_file(tmp_path / "table")
    assert table.height == 1
    assert (origin.rows, origin.malformed) == (1, 5)
    assert origin.sample == tuple(f"{n}: {line}" for n, line in enumerate(bad, start=2))


@pytest.mark.parametrize(
    "data", [b"", b"nothing here\n", b"\x1f\x8b rubbish", b"\x28\xb5\x2f\xfd!"]
)
def test_files_of_no_known_format_are_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "table").write_bytes(data)
    with pytest.raises(UnreadableFile):
        read_file(tmp_path / "table")


def test_an_absent_file(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault):
        read_file(tmp_path / "absent")


@given(data=st.one_of(st.binary(), st.text("0192.:abf,|\tPKipv46\nallocated ").map(str.encode)))
@settings(deadline=None)
def test_any_bytes_give_ranges_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(data)
    try:
        table, origin = read_file(path)
    except UnreadableFile:
        return
    assert table.height == origin.rows
    assert origin.rows + origin.malformed <= data.count(b"\n") + 1


@given(start=st.ip_addresses(v=4), count=st.integers(0, 2**33))
@settings(deadline=None)
def test_an_address_count_ends_where_it_says(
    tmp_path_factory: pytest.TempPathFactory, start: ipaddress.IPv4Address, count: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "count"
    path.write_text(f"apnic|PK|ipv4|{start}|{count}|20200101|allocated\n")
    table, origin = read_file(path)
    last = int(start) + count - 1
    if count == 0 or last >= 2**32:
        assert (table.height, origin.malformed) == (0, 1)
    else:
        assert _rows(table)[0][:2] == (str(start), str(ipaddress.IPv4Address(last)))
