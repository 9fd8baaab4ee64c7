"""Address ranges that generated reports are about: from an address table, or made up.

A table is CSV without a header, `first,last,asn,name`, plain or zstd-compressed: the form in
which the public ip-to-asn tables are given out. Ranges are kept as unsigned 32-bit integers.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import polars as pl
import polars_iptools as iptools

from pehra.kernel.addresses import DOCUMENTATION, SPECIAL
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FIRST_MADE_UP_ASN = 4_200_000_000  # RFC 6996: for private use
_LARGEST_BLOCK = 1 << 31


class Prefixes(msgspec.Struct, frozen=True):
    """IPv4 ranges, disjoint and ascending; three arrays of one length."""

    first: NDArray[np.uint32]
    last: NDArray[np.uint32]
    asn: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.first)

    @property
    def sizes(self) -> NDArray[np.uint64]:
        """Addresses in each range."""
        return self.last.astype(np.uint64) - self.first.astype(np.uint64) + np.uint64(1)


def read(path: Path) -> Prefixes:
    """Read the IPv4 ranges of an address table.

    Raises:
        UsageError: the file is absent or not of the form.
    """
    try:
        table = pl.read_csv(
            path,
            has_header=False,
            new_columns=["first", "last", "asn", "name"],
            schema_overrides=[pl.String, pl.String, pl.Int64, pl.String],
        )
        table = table.filter(~pl.col("first").str.contains(":", literal=True)).with_columns(
            iptools.ipv4_to_numeric("first"), iptools.ipv4_to_numeric("last")
        )
    except (OSError, pl.exceptions.PolarsError) as error:
        message = f"{path} is no address table: {error}."
        raise UsageError(message, mend="Give a CSV of first,last,asn,name.") from None
    table = table.drop_nulls().sort("first")
    return Prefixes(*(table[name].to_numpy() for name in ("first", "last", "asn")))


def made_up(count: int, seed: int = 1) -> Prefixes:
    """`count` prefixes of /20 to /24, ascending over public space, one ASN for about ten each."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(8, 13, size=count * 2 + 4096)
    sizes = np.uint64(1) << lengths.astype(np.uint64)
    # Each block is aligned to the largest size, so that any length is a prefix there.
    first = np.uint64(1 << 24) + np.arange(len(sizes), dtype=np.uint64) * np.uint64(1 << 12)
    last = first + sizes - np.uint64(1)
    keep = last < np.uint64(224 << 24)
    for network in (*SPECIAL, *DOCUMENTATION):
        if isinstance(network, ipaddress.IPv4Network):
            low, high = int(network.network_address), int(network.broadcast_address)
            keep &= (last < low) | (first > high)
    first, last = first[keep][:count], last[keep][:count]
    if len(first) < count:
        message = f"Cannot make {count:,} prefixes up, at most {len(first):,}."
        raise UsageError(message, mend="Ask for fewer with --prefixes.")
    asn = _FIRST_MADE_UP_ASN + np.arange(count, dtype=np.int64) // 10
    return Prefixes(first.astype(np.uint32), last.astype(np.uint32), asn)


def chosen(given: str, folder: Path) -> tuple[Prefixes, Path]:
    """The ranges and the address table they are in.

    Args:
        given: path of an address table, or how many prefixes to make up.
        folder: where the table of made-up prefixes is written.
    """
    if not given.isdecimal():
        return read(Path(given)), Path(given)
    prefixes = made_up(int(given))
    path = folder / "made-up-asn.csv"
    pl.DataFrame(
        {"first": prefixes.first, "last": prefixes.last, "asn": prefixes.asn}
    ).with_columns(
        iptools.numeric_to_ipv4("first"),
        iptools.numeric_to_ipv4("last"),
        name=pl.format("Network {}", "asn"),
    ).write_csv(path, include_header=False)
    return prefixes, path


def networks(prefixes: Prefixes) -> pl.DataFrame:
    """The ranges as CIDR prefixes: columns `network` (u32), `length`, `asn`, `range` (its index).

    A range that is no prefix is cut into the fewest that cover it (RFC 4632, section 3.1).
    """
    first = prefixes.first.astype(np.uint64)
    stop = prefixes.last.astype(np.uint64) + np.uint64(1)
    index = np.arange(len(prefixes))
    pieces: list[pl.DataFrame] = []
    while len(first):
        aligned = np.where(first > 0, first & (~first + np.uint64(1)), _LARGEST_BLOCK)
        fitting = np.uint64(1) << np.log2((stop - first).astype(np.float64)).astype(np.uint64)
        size = np.minimum(aligned.astype(np.uint64), fitting)
        pieces.append(
            pl.DataFrame(
                {
                    "network": first.astype(np.uint32),
                    "length": 32 - np.log2(size.astype(np.float64)).astype(np.int64),
                    "range": index,
                }
            )
        )
        first = first + size
        rest = first < stop
        first, stop, index = first[rest], stop[rest], index[rest]
    asns = pl.Series(prefixes.asn)
    return (
        pl.concat(pieces).with_columns(asn=asns.gather(pl.concat(pieces)["range"])).sort("network")
    )
