"""The address table: origin ASN, holder name and country of every address, IPv4 and IPv6.

Built from files (`pehra.registry.address_files`), kept as an immutable index with the provenance of
each file. Where files disagree about an address, the ASN is that of the smaller range, then of the
file named last. The country is that of an explicit country table, else of the RIR's delegation,
else of the ASN table; among equals again the smaller range, then the later file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import polars as pl

from pehra.engines.arrays import folder
from pehra.kernel.errors import UsageError
from pehra.kernel.time import iso
from pehra.registry.address_files import Format, Origin, read_file
from pehra.registry.ranges import Cut, Keys, Segments, cut, is_ipv4, keys_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from numpy.typing import NDArray

KIND = folder.Kind("networks", 1)
MEND = "Run `pehra networks update`."
_NONE = 0
_COUNTRY_RANK = {Format.COUNTRY_CSV: 0, Format.DELEGATED: 1, Format.IPTOASN: 2, Format.ASN_CSV: 3}


class Announced(NamedTuple):
    """Stretches of address space with the ASN that announces them; inclusive, disjoint, sorted."""

    start: Keys
    end: Keys
    asn: NDArray[np.int64]


class Seen(NamedTuple):
    """What the table says of each address.

    Attributes:
        asn: origin ASN, 0 where nobody announces it.
        country: number of the country in `Networks.countries`, 0 where unknown.
        segment: number of the stretch that it lies in, see `Networks.stretch`.
    """

    asn: NDArray[np.int64]
    country: NDArray[np.int64]
    segment: NDArray[np.int64]


class Networks:
    """The table, opened: immutable, memory-mapped, shared by processes.

    Attributes:
        size: stretches of the address space that it tells apart.
        built_at: when, ISO 8601, UTC.
        origins: the files that it was made from.
        countries: ISO 3166 codes by number; the first is null, for unknown.
    """

    def __init__(self, stored: folder.Stored) -> None:
        arrays = stored.arrays
        self._segments = Segments.from_arrays(arrays)
        self._asn: NDArray[np.uint32] = arrays["asn"]
        self._country: NDArray[np.uint16] = arrays["country"]
        self.size = self._segments.size
        self.built_at: str = stored.facts["built_at"]
        self.origins = msgspec.convert(stored.facts["origins"], tuple[Origin, ...])
        self.countries = pl.Series("country", [None, *stored.facts["countries"]], dtype=pl.String)
        self._numbers: NDArray[np.int64] = arrays["name.asn"]
        self._names = folder.texts_of(arrays["name.text"])

    @classmethod
    def load(cls, path: Path) -> Networks:
        """Map the table at `path`.

        Raises:
            EnvironmentFault: there is none.
            Damaged: it is torn, altered or of another layout.
        """
        return cls(folder.read(path, kind=KIND, mend=MEND))

    def find(self, keys: Keys) -> Seen:
        """What the table says of addresses given as halves."""
        segment = self._segments.find(keys)
        return Seen(
            self._asn[segment].astype(np.int64), self._country[segment].astype(np.int64), segment
        )

    def lookup(self, ip: pl.Series) -> pl.DataFrame:
        """`asn`, `country`, `row` (stretch) of a column of 16-byte addresses; null is unknown."""
        keys, known = keys_of(ip)
        asn, country, row = self.find(keys)
        return pl.DataFrame(
            {
                "asn": pl.Series(np.where(known, asn, _NONE)).replace(_NONE, None),
                "country": self.countries.gather(np.where(known, country, _NONE)),
                "row": pl.Series(row).set(pl.Series(~known), None),
            }
        )

    def stretch(self, row: int) -> tuple[Keys, Keys]:
        """First and last address of a stretch."""
        one = np.array([row])
        return self._segments.starts().take(one), self._segments.ends().take(one)

    def name_of(self, asn: int) -> str:
        """Name of an ASN's holder; empty where no file said."""
        at = int(np.searchsorted(self._numbers, asn))
        known = at < len(self._numbers) and self._numbers[at] == asn
        return str(self._names[at]) if known else ""

    def prefixes_of(self, asns: NDArray[np.int64]) -> Announced:
        """All address space that the given ASNs announce, neighbours joined."""
        return self._stretches(np.isin(self._asn, asns))

    def announced_in(self, country: str) -> Announced:
        """The announced address space of a country, by the ASN that announces it.

        A carrier from elsewhere announces a little in many countries: what it holds here is this
        part, not its ASN (`holders` tells the share).
        """
        return self._stretches(self._country == self._number_of(country))

    def _stretches(self, chosen: NDArray[np.bool_]) -> Announced:
        rows = np.flatnonzero(chosen & (self._asn != _NONE))
        asn = self._asn[rows].astype(np.int64)
        start = self._segments.starts().take(rows)
        # The families are neighbours in number only.
        breaks = (np.diff(rows) != 1) | (np.diff(asn) != 0) | np.diff(is_ipv4(start))
        first = np.flatnonzero(np.concatenate([[True], breaks])) if len(rows) else rows
        last = np.append(first[1:], len(rows))[: len(first)] - 1
        return Announced(start.take(first), self._segments.ends().take(rows[last]), asn[first])

    def _number_of(self, country: str) -> int:
        wanted = country.upper()
        return next((at for at, code in enumerate(self.countries) if code == wanted), -1)

    def holders(self, country: str) -> pl.DataFrame:
        """Who announces addresses of a country, the largest first.

        Returns:
            `asn`, `name`, `addresses_v4` (announced addresses in the country), `networks_v6`
            (/48s, rounded up), `share` (part of the ASN's IPv4 space that lies in the country;
            of its IPv6 space where it has no IPv4).
        """
        start, end = self._segments.starts(), self._segments.ends()
        v4 = is_ipv4(start)
        sizes = pl.DataFrame(
            {
                "asn": self._asn.astype(np.int64),
                "here": self._country == self._number_of(country),
                "v4": np.where(v4, end.low - start.low + np.uint64(1), np.uint64(0)),
                "v6": np.where(v4, 0, (end.high - start.high) / 2.0**16 + 2.0**-16),
            }
        ).filter(pl.col("asn") != _NONE)
        here = [
            pl.col(family).filter("here").sum().alias(f"{family}_here") for family in ("v4", "v6")
        ]
        total = sizes.group_by("asn").agg(pl.col("v4", "v6").sum(), *here)
        found = total.filter((pl.col("v4_here") > 0) | (pl.col("v6_here") > 0)).sort(
            ["v4_here", "v6_here", "asn"], descending=[True, True, False]
        )
        share = pl.when(pl.col("v4") > 0).then(pl.col("v4_here") / pl.col("v4"))
        names = [self.name_of(asn) for asn in found["asn"]]
        return found.select(
            "asn",
            pl.Series("name", names, dtype=pl.String),
            addresses_v4=pl.col("v4_here").cast(pl.Int64),
            networks_v6=pl.col("v6_here").ceil().cast(pl.Int64),
            share=share.otherwise(pl.col("v6_here") / pl.col("v6")),
        )


def build(files: Sequence[Path], out: Path, *, now: datetime) -> Networks:
    """Read `files` and store the table at `out`, in place of what was there.

    Args:
        files: the last one is believed most where ranges are of the same size.
        out: the index's folder.
        now: kept as the table's date.

    Raises:
        UsageError: no files.
        UnreadableFile: one of them is of no known format, or holds no range.
    """
    if not files:
        message = "No files for the address table."
        raise UsageError(message, mend="Name some with --from, or leave it out to download.")
    read = [read_file(path) for path in files]
    ranges = pl.concat(
        [
            table.with_columns(
                file=pl.lit(number, pl.Int64),
                trust=pl.lit(_COUNTRY_RANK[Format(origin.format)], pl.Int64),
            )
            for number, (table, origin) in enumerate(read)
        ]
    )
    origins = tuple(origin for _, origin in read)
    codes = sorted(ranges["country"].drop_nulls().unique())
    folder.write(
        out,
        {**_painted(ranges, codes), **_names(ranges)},
        kind=KIND,
        facts={
            "built_at": iso(now),
            "origins": msgspec.to_builtins(origins),
            "countries": codes,
            "ranges": ranges.height,
        },
    )
    return Networks.load(out)


def _painted(ranges: pl.DataFrame, codes: list[str]) -> dict[str, NDArray[Any]]:
    """Starts of the stretches with their ASN and the number of their country."""
    start, _ = keys_of(ranges["start"])
    end, _ = keys_of(ranges["end"])
    tiles = cut(start, end)
    size = (end.high - start.high) * 2.0**64 + (end.low.astype(float) - start.low)
    later = -ranges["file"].to_numpy()
    country = ranges["country"].replace_strict(codes, range(1, len(codes) + 1), default=_NONE)
    asn = ranges["asn"].fill_null(_NONE).to_numpy()
    place = country.fill_null(_NONE).to_numpy()
    painted_asn = _best(tiles, np.lexsort((later, size)), asn)
    painted_place = _best(tiles, np.lexsort((later, size, ranges["trust"].to_numpy())), place)
    starts = tiles.segments.starts()
    keep = np.ones(tiles.segments.size, dtype=bool)
    keep[1:] = (np.diff(painted_asn) != 0) | (np.diff(painted_place) != 0)
    keep[1:] |= np.diff(is_ipv4(starts))
    segments = Segments.from_starts(starts.take(keep))
    return {
        **segments.arrays(),
        "asn": painted_asn[keep].astype(np.uint32),
        "country": painted_place[keep].astype(np.uint16),
    }


def _best(tiles: Cut, order: NDArray[np.int64], value: NDArray[np.int64]) -> NDArray[np.int64]:
    """Per segment the value of the first range, in `order`, that covers it and says something."""
    chosen = order[value[order] != _NONE]
    cell, rank = tiles.pairs(chosen)
    nobody = len(chosen)
    best = np.full(tiles.segments.size, nobody, dtype=np.int64)
    np.minimum.at(best, cell, rank)
    painted: NDArray[np.int64] = np.append(value[chosen], _NONE)[best]
    return painted


def _names(ranges: pl.DataFrame) -> dict[str, NDArray[Any]]:
    """One name for each ASN: that of the last file that gives one."""
    named = ranges.filter(pl.col("asn").is_not_null() & (pl.col("name").fill_null("") != ""))
    latest = named.sort("file", maintain_order=True, descending=True)
    one = latest.unique("asn", keep="first", maintain_order=True).sort("asn")
    return {"name.asn": one["asn"].to_numpy(), "name.text": folder.text_array(one["name"])}
