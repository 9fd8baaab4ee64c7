"""Which finding a row belongs to, and what a batch says of each finding (house design, section 6).

The key is the first 64 bits of BLAKE3 over the home's secret and the key's words, so nobody
outside can make two findings collide on purpose. The feed is not among the words: feeds merge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import polars_hash as plh

from pehra.kernel.labels import Role, Severity
from pehra.observations.attribution import is_special
from pehra.observations.schema import EXPOSED_CLASSES

if TYPE_CHECKING:
    from collections.abc import Collection

ADDRESS, HOST, POOL = 1, 2, 3
"""Kinds of asset, as `Finding.AssetKind`."""

_POOL_USES = ("dynamic", "carrier-nat")
_LONGEST_WHAT = 160
_RANKS = {severity.word: severity.value for severity in Severity}
_INFO = Severity.INFO.word


def with_keys(frame: pl.DataFrame, secret: str, countries: Collection[str]) -> pl.DataFrame:
    """Add `finding_key` to attributed observations; null where a row makes no finding.

    No finding comes from severity `info`, from reserved addresses, from rows without an asset or
    an identifier, or from a block list's rows that are neither held by anybody here nor in the
    nation's `countries`.

    Args:
        frame: columns of the schema as attributed, with `use` of the winning claim.
        secret: of the home.
        countries: ISO 3166 codes.
    """
    words = frame.select(
        asset_kind=_asset_kind(),
        asset=_asset_words(),
        port=pl.when(exposed()).then(pl.col("port")),
        what=what(),
        counts=_counts(frame, countries),
        identifier=pl.col("identifier"),
    )
    text = pl.concat_str(
        pl.lit(secret),
        pl.col("asset_kind").cast(pl.String),
        pl.col("asset"),
        pl.col("identifier"),
        pl.col("port").cast(pl.String).fill_null(""),
        pl.col("what"),
        separator="|",
    )
    keyed = words.select(pl.when("counts").then(text).alias("text"))
    key = (
        plh.col("text")
        .chash.blake3()
        .str.slice(0, 16)
        .str.decode("hex")
        .bin.reinterpret(dtype=pl.Int64, endianness="big")
    )
    return frame.with_columns(keyed.select(key.alias("finding_key")).to_series())


def exposed() -> pl.Expr:
    """Whether a row speaks of a service that others can reach, not of an event."""
    return (pl.col("role") == Role.SCAN.value).fill_null(value=False) | pl.col("class").is_in(
        list(EXPOSED_CLASSES)
    )


def what() -> pl.Expr:
    """The family, or the CVEs in order, or nothing."""
    cves = pl.col("cves").list.sort().list.join(" ")
    return (
        pl.when(pl.col("family").is_not_null() & (pl.col("family") != ""))
        .then(pl.col("family"))
        .otherwise(cves)
        .fill_null("")
        .str.slice(0, _LONGEST_WHAT)
    )


def _name() -> pl.Expr:
    return pl.coalesce("url_host", "host")


def _asset_kind() -> pl.Expr:
    pooled = pl.col("use").is_in(_POOL_USES).fill_null(value=False)
    return (
        pl.when(_name().is_not_null())
        .then(pl.lit(HOST))
        .when(pooled)
        .then(pl.lit(POOL))
        .otherwise(pl.lit(ADDRESS))
        .cast(pl.Int8)
    )


def _asset_words() -> pl.Expr:
    kind = _asset_kind()
    return (
        pl.when(kind == HOST)
        .then(_name())
        .when(kind == POOL)
        .then(pl.col("claim").cast(pl.String))
        .otherwise(pl.col("ip").bin.encode("hex"))
    )


def _counts(frame: pl.DataFrame, countries: Collection[str]) -> pl.Expr:
    ours = (
        pl.col("organisation").is_not_null()
        | (pl.col("role") != Role.BLOCKLIST.value).fill_null(value=True)
        | pl.col("country").is_in(list(countries))
    )
    special = pl.lit(is_special(frame["ip"]))
    return (
        (pl.col("severity").fill_null("medium") != _INFO)
        & ours.fill_null(value=False)
        & ~(special & _name().is_null())
        & _asset_words().is_not_null()
        & pl.col("identifier").is_not_null()
    )


def sightings(frame: pl.DataFrame) -> pl.DataFrame:
    """What the rows of a part say of each finding: one row a key, sorted by key.

    Moments become microseconds; `severity` its rank; holder, asset and words are those of the
    latest row. Columns: key, first_seen, last_seen, count, severity, asset_kind, asset, port,
    identifier, rsit_class, rsit_type, what, exposed, asn, country, organisation, team, claim.
    """
    kept = frame.filter(pl.col("finding_key").is_not_null())
    rows = kept.select(
        pl.col("finding_key").alias("key"),
        pl.col("observed_at").dt.epoch("us").alias("at"),
        pl.coalesce("until", "observed_at").dt.epoch("us").alias("until"),
        pl.col("count").fill_null(1),
        pl.col("severity").fill_null("medium").replace_strict(_RANKS, return_dtype=pl.Int8),
    ).with_row_index("n")
    told = rows.group_by("key").agg(
        pl.col("at").min().alias("first_seen"),
        pl.max_horizontal("at", "until").max().alias("last_seen"),
        pl.col("count").sum(),
        pl.col("severity").max(),
        pl.col("n").get(pl.col("at").arg_max()),
    )
    latest = kept.select(
        asset_kind=_asset_kind(),
        ip=pl.col("ip"),
        name=_name(),
        port=pl.when(exposed()).then(pl.col("port")),
        identifier=pl.col("identifier"),
        rsit_class=pl.col("class"),
        rsit_type=pl.col("type"),
        what=what(),
        exposed=exposed(),
        asn=pl.col("asn"),
        country=pl.col("country").fill_null(""),
        organisation=pl.col("organisation"),
        team=pl.col("team"),
        claim=pl.col("claim"),
    )
    chosen = latest[told["n"]]
    return pl.concat([told.drop("n"), chosen], how="horizontal").sort("key")
