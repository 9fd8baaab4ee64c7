"""Reports in the shape of Shadowserver's CSV, made from a seed: the same call, the same bytes.

The unit of truth is a numbered pair (address, port): pair `i` is the same in every report over
the same prefixes, so a second report can be about devices that the first one named, and about
new ones. Columns are those of the public report schema; strings are quoted and numbers are not,
as in the published files. Sinkhole addresses are of the documentation networks (RFC 5737).
"""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import polars as pl
import polars_iptools as iptools

from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from pehra.cli.bench.prefixes import Prefixes

    Numbers = NDArray[np.uint64]

CHUNK = 250_000
"""Rows made and written at a time; bounds memory."""

_GOLDEN = 0.6180339887498949
_PLACES = (
    ("PK", "PUNJAB", "LAHORE"),
    ("PK", "SINDH", "KARACHI"),
    ("BR", "SAO PAULO", "SAO PAULO"),
    ("ID", "JAKARTA RAYA", "JAKARTA"),
    ("DE", "HESSEN", "FRANKFURT AM MAIN"),
    ("US", "CALIFORNIA", "FREMONT"),
    ("VN", "HA NOI", "HANOI"),
)
_BANNERS = (
    "BusyBox v1.19.4 built-in shell|login:",
    "User Access Verification||Username:",
    "DVRDVS login:",
    "MikroTik v6.49.10 (long-term)|Login:",
    "Welcome to the management console|Password:",
)
_QUOTED = 'Warning: "authorised" users only, all activity is logged|Login:'
"""Holds quotes, which CSV doubles: 2.4 % of the rows of published samples have such a field."""
_FAMILIES = ("mirai", "avalanche-andromeda", "necurs", "conficker", "qsnatch", "mozi", "gamut")


class Universe(msgspec.Struct, frozen=True):
    """All the pairs that reports may be about.

    Attributes:
        prefixes: where the addresses are.
        ends: for each range, addresses in it and in those before it.
        step: with `total` coprime: pair `i` is address number `i * step mod total`.
    """

    prefixes: Prefixes
    ends: Numbers
    step: int

    @property
    def total(self) -> int:
        """Addresses, and so pairs."""
        return int(self.ends[-1])

    def places(self, pairs: Numbers) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """Address and origin ASN of each numbered pair; different numbers, different addresses."""
        rank = pairs * np.uint64(self.step) % np.uint64(self.total)
        which = np.searchsorted(self.ends, rank, side="right")
        sizes = self.prefixes.sizes[which]
        inside = rank - (self.ends[which] - sizes)
        address = self.prefixes.first[which].astype(np.uint64) + inside
        return address.astype(np.uint32), self.prefixes.asn[which]


def universe(prefixes: Prefixes) -> Universe:
    """Number every address of `prefixes`, neighbours far apart."""
    ends = np.cumsum(prefixes.sizes, dtype=np.uint64)
    total = int(ends[-1])
    step = max(int(total * _GOLDEN), 1)
    while math.gcd(step, total) != 1:
        step += 1
    return Universe(prefixes, ends, step)


class Recipe(msgspec.Struct, frozen=True):
    """What a report is to hold.

    Attributes:
        kind: report type, `scan_telnet` or `event4_sinkhole`.
        day: the day that it is about.
        rows: how many.
        known: pairs `0` to `known - 1` were reported before.
        share: the part of the rows that is about those; each at most once.
        fresh: number of the first pair that nobody reported yet.
        seed: changes which known pairs are named, and in which order.
    """

    kind: str
    day: date
    rows: int
    known: int = 0
    share: float = 0.0
    fresh: int = 0
    seed: int = 1

    @property
    def file_name(self) -> str:
        """As the publisher names it: date, type, recipient."""
        return f"{self.day.isoformat()}-{self.kind}-pakistan-geo.csv"


def write(path: Path, recipe: Recipe, over: Universe) -> int:
    """Write the report; returns its size in bytes.

    Raises:
        UsageError: more pairs are asked for than there are, or the kind is not made here.
    """
    old = round(recipe.rows * recipe.share)
    if recipe.kind not in _KINDS or old > recipe.known:
        message = f"No {recipe.kind} report of {recipe.rows:,} rows about {recipe.known:,} pairs."
        raise UsageError(message, mend=f"Kinds: {', '.join(_KINDS)}; known rows are named once.")
    if max(recipe.fresh + recipe.rows - old, recipe.known) > over.total:
        message = f"The prefixes hold only {over.total:,} addresses."
        raise UsageError(message, mend="Ask for fewer rows, or give more prefixes.")
    with path.open("wb") as file:
        for start in range(0, recipe.rows, CHUNK):
            frame = _chunk(recipe, over, start, min(start + CHUNK, recipe.rows))
            frame.write_csv(file, include_header=start == 0, quote_style="non_numeric")
        return file.tell()


def _pairs(recipe: Recipe, start: int, stop: int) -> Numbers:
    """Numbers of the pairs of rows `start` to `stop`, known and fresh ones mixed."""
    row = np.arange(start, stop, dtype=np.uint64)
    # Bresenham: after any n rows, round(n * share) of them are known ones.
    before = np.floor(row * recipe.share + 0.5).astype(np.uint64)
    after = np.floor((row + np.uint64(1)) * recipe.share + 0.5).astype(np.uint64)
    known = max(recipe.known, 1)
    step = max(int(known * _GOLDEN) + recipe.seed % 97, 1)
    while math.gcd(step, known) != 1:
        step += 1
    old = (before * np.uint64(step) + np.uint64(recipe.seed)) % np.uint64(known)
    fresh = row - before + np.uint64(recipe.fresh)
    pairs = np.where(after > before, old, fresh)
    return np.random.default_rng([recipe.seed, start]).permutation(pairs)


def _chunk(recipe: Recipe, over: Universe, start: int, stop: int) -> pl.DataFrame:
    pairs = _pairs(recipe, start, stop)
    address, asn = over.places(pairs)
    midnight = datetime(recipe.day.year, recipe.day.month, recipe.day.day)  # noqa: DTZ001 the files name no zone
    base = pl.DataFrame(
        {
            "second": np.arange(start, stop) * 86_400 // recipe.rows,
            "address": address,
            "asn": asn,
            "chance": _scatter(pairs, 1000),
            "source_port": 1024 + _scatter(pairs + np.uint64(1), 64_000),
        }
    ).with_columns(
        timestamp=(pl.lit(midnight) + pl.duration(seconds="second")).dt.strftime("%F %T"),
        ip=iptools.numeric_to_ipv4("address"),
        place=pl.col("asn") % len(_PLACES),
    )
    return base.select(_KINDS[recipe.kind]())


def _scatter(pairs: Numbers, below: int) -> NDArray[np.int64]:
    """A number under `below` for each pair, always the same one (Fibonacci hashing)."""
    mixed = (pairs * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(33)
    return (mixed % np.uint64(below)).astype(np.int64)


def _of(words: tuple[str, ...], index: pl.Expr) -> pl.Expr:
    """The word that a column of indexes names."""
    return pl.lit(pl.Series(words)).gather(index)


def _place(part: int) -> pl.Expr:
    return _of(tuple(place[part] for place in _PLACES), pl.col("place"))


def _host() -> pl.Expr:
    name = pl.format(
        "{}.pool.as{}.example.net", pl.col("ip").str.replace_all(".", "-", literal=True), "asn"
    )
    return pl.when(pl.col("chance") < 450).then(name)  # noqa: PLR2004 45 % have a reverse name


def _telnet() -> list[pl.Expr]:
    odd = pl.col("chance") % 8 == 0
    return [
        pl.col("timestamp"),
        pl.lit("high").alias("severity"),
        pl.col("ip"),
        pl.lit("tcp").alias("protocol"),
        pl.when(odd).then(2323).otherwise(23).alias("port"),
        _host().alias("hostname"),
        pl.when(odd).then(pl.lit("telnet-alt")).otherwise(pl.lit("telnet")).alias("tag"),
        pl.col("asn"),
        _place(0).alias("geo"),
        _place(1).alias("region"),
        _place(2).alias("city"),
        pl.lit(517311).alias("naics"),
        pl.when(_host().is_not_null()).then(pl.lit("ptr")).alias("hostname_source"),
        pl.when(pl.col("chance") % 3 == 0)
        .then(pl.lit("Communications, Service Provider, and Hosting Service"))
        .alias("sector"),
        pl.when(pl.col("chance") < 24)  # noqa: PLR2004 2.4 %, see there
        .then(pl.lit(_QUOTED))
        .otherwise(_of(_BANNERS, pl.col("chance") % len(_BANNERS)))
        .alias("banner"),
    ]


def _sinkhole() -> list[pl.Expr]:
    family = pl.col("chance") % len(_FAMILIES)
    values = [
        pl.col("timestamp"),
        pl.lit("tcp").alias("protocol"),
        pl.col("ip").alias("src_ip"),
        pl.col("source_port").alias("src_port"),
        pl.col("asn").alias("src_asn"),
        _place(0).alias("src_geo"),
        _place(1).alias("src_region"),
        _place(2).alias("src_city"),
        _host().alias("src_hostname"),
        pl.lit(517311).alias("src_naics"),
        pl.lit("high").alias("severity"),
        pl.format("203.0.113.{}", 1 + family).alias("dst_ip"),
        pl.lit(80).alias("dst_port"),
        pl.lit(64_496).alias("dst_asn"),
        pl.lit("US").alias("dst_geo"),
        pl.lit("CALIFORNIA").alias("dst_region"),
        pl.lit("FREMONT").alias("dst_city"),
        pl.lit(518_210).alias("dst_naics"),
        _of(_FAMILIES, family).alias("infection"),
        _of(_FAMILIES, family).alias("family"),
        pl.lit("sinkhole").alias("tag"),
        pl.lit("http").alias("application"),
    ]
    said = {value.meta.output_name(): value for value in values}
    return [said.get(name, pl.lit(None, pl.String).alias(name)) for name in _SINKHOLE]


# fmt: off
_SINKHOLE = (
    "timestamp", "protocol", "src_ip", "src_port", "src_asn", "src_geo", "src_region",
    "src_city", "src_hostname", "src_naics", "src_sector", "device_vendor", "device_type",
    "device_model", "severity", "dst_ip", "dst_port", "dst_asn", "dst_geo", "dst_region",
    "dst_city", "dst_hostname", "dst_naics", "dst_sector", "public_source", "infection",
    "family", "tag", "application", "version", "event_id", "ssl_cipher", "ssl_servername",
)
# fmt: on

_KINDS = {"scan_telnet": _telnet, "event4_sinkhole": _sinkhole}
