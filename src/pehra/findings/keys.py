"""Which finding a row belongs to, and what a batch says of each finding (house design, section 6).

The key is 32 bits of BLAKE3 over the home's secret and the asset, then 32 bits of XXH3, seeded by
the secret, over the asset and what is wrong with it: nobody outside can make two assets collide on
purpose, and all findings on an asset stand side by side in the one index on the key. The asset is
in both halves: ten million assets with one and the same fault must differ in 64 bits, not in 32.
The feed is not among the words: feeds merge.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import polars as pl
import polars_hash as plh

from pehra.kernel.addresses import pack, unpack
from pehra.kernel.errors import EnvironmentFault
from pehra.kernel.labels import Role, Severity
from pehra.observations.attribution import is_special
from pehra.observations.schema import EXPOSED_CLASSES

if TYPE_CHECKING:
    from collections.abc import Collection

    from pehra.kernel.settings import Home

ADDRESS, HOST, POOL = 1, 2, 3
"""Kinds of asset, as `Finding.AssetKind`."""

_POOL_USES = ("dynamic", "carrier-nat")
_LONGEST_WHAT, _LONGEST_IDENTIFIER, _LONGEST_NAME = 160, 96, 255
"""Characters, as the columns of `Finding`."""
_LITERAL = r"^\d+\.\d+\.\d+\.\d+$|:"
_HALF = 1 << 32
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
    placed = _placed(frame).select(
        "ip",
        *("role", "class", "severity", "organisation", "country"),
        kind=_asset_kind(),
        named=_name().is_not_null(),
        words=_asset_words(),
        port=pl.when(exposed()).then(pl.col("port")).cast(pl.String).fill_null(""),
        what=what(frame),
        identifier=identifier(),
    )
    words = placed.select(
        asset=pl.concat_str(pl.col("kind").cast(pl.String), pl.col("words"), separator="|"),
        counts=_counts(placed, countries),
        port=pl.col("port"),
        what=pl.col("what"),
        identifier=pl.col("identifier"),
    )
    keyed = words.select(
        asset=pl.when("counts").then(pl.concat_str(pl.lit(f"{secret}|"), pl.col("asset"))),
        # With its length before it, an identifier that holds the separator is no other's.
        rest=pl.concat_str(
            pl.col("identifier").str.len_bytes().cast(pl.String),
            pl.col("identifier"),
            pl.col("port"),
            pl.col("asset"),
            pl.col("what"),
            separator="|",
        ),
    )
    key = _upper("asset") * _HALF + _lower("rest", secret)
    return frame.with_columns(keyed.select(key.alias("finding_key")).to_series())


def _upper(column: str) -> pl.Expr:
    """The key's upper half, signed: BLAKE3 of the secret and the asset."""
    hashed: pl.Expr = plh.col(column).chash.blake3()
    half = hashed.str.head(8).str.to_integer(base=16, dtype=pl.UInt32)
    return half.reinterpret(signed=True).cast(pl.Int64)


def _lower(column: str, secret: str) -> pl.Expr:
    """The key's lower half: XXH3, seeded by the secret, of the asset and what is wrong with it."""
    seed = int.from_bytes(hashlib.sha256(secret.encode()).digest()[:8], "big")
    hashed: pl.Expr = plh.col(column).nchash.xxh3_64(seed=seed)
    return (hashed % _HALF).cast(pl.Int64)


def secret_of(home: Home) -> str:
    """The home's secret for finding keys; made by `pehra init`, never changed after.

    Raises:
        EnvironmentFault: it is not there.
    """
    path = home.keys / "finding.key"
    try:
        return path.read_text().strip()
    except OSError as error:
        message = f"Cannot read {path}: {error.strerror}."
        raise EnvironmentFault(message, mend="Run `pehra init`, or restore the key.") from None


def keys_of_asset(words: str, secret: str) -> tuple[int, int]:
    """Least and greatest key that a finding on this asset can have.

    Args:
        words: the asset as `Finding.asset` writes it: an address, a host name, or `pool N`.
        secret: of the home.
    """
    kind, asset = _read_asset(words)
    row = pl.DataFrame({"asset": [f"{secret}|{kind}|{asset}"]})
    least = row.select(_upper("asset")).item() * _HALF
    return least, least + _HALF - 1


def spelled(words: str) -> str:
    """An asset as findings spell it: one spelling of an address, lower case for a name."""
    try:
        return unpack(pack(words.strip().strip("[]")))
    except ValueError:
        return words.strip().lower().rstrip(".")


def _read_asset(words: str) -> tuple[int, str]:
    if words.startswith("pool "):
        return POOL, words.removeprefix("pool ")
    try:
        return ADDRESS, pack(words).hex()
    except ValueError:
        return HOST, words


def exposed() -> pl.Expr:
    """Whether a row speaks of a service that others can reach, not of an event."""
    return (pl.col("role") == Role.SCAN.value).fill_null(value=False) | pl.col("class").is_in(
        list(EXPOSED_CLASSES)
    )


def what(frame: pl.DataFrame) -> pl.Expr:
    """The family, or the CVEs in order, or nothing."""
    if all(frame[name].null_count() == frame.height for name in ("family", "cves")):
        return pl.lit("")
    cves = pl.col("cves").list.sort().list.join(" ")
    return (
        pl.when(pl.col("family").is_not_null() & (pl.col("family") != ""))
        .then(pl.col("family"))
        .otherwise(cves)
        .fill_null("")
        .str.replace_all("\0", "", literal=True)
        .str.slice(0, _LONGEST_WHAT)
    )


def identifier() -> pl.Expr:
    """The identifier as a finding keeps it: as long as its column, and without what SQL refuses."""
    text = pl.col("identifier").str.replace_all("\0", "", literal=True)
    return text.str.slice(0, _LONGEST_IDENTIFIER)


def _placed(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows whose URL names an address are about that address, not about a name."""
    literal = pl.col("url_host").str.contains(_LITERAL)
    if not frame.select(literal.any()).item():
        return frame
    # Most rows with such a URL also name the address; its packing is asked for the others only.
    unplaced = frame.filter(literal & pl.col("ip").is_null())["url_host"].unique()
    packed = {text: _packed(text) for text in unplaced}
    ip = pl.col("url_host").replace_strict(packed, default=None, return_dtype=pl.Binary())
    return frame.with_columns(
        ip=pl.when(literal).then(pl.coalesce("ip", ip)).otherwise("ip"),
        url_host=pl.when(~literal).then("url_host"),
    )


def _packed(text: str) -> bytes | None:
    try:
        return pack(text)
    except ValueError:
        return None


def _name() -> pl.Expr:
    return pl.coalesce("url_host", "host").str.slice(0, _LONGEST_NAME)


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


def _pool() -> pl.Expr:
    """A pool goes by its holder's first claim on it, so that it outlives each of them."""
    return pl.coalesce("pool", "claim")


def _asset_words() -> pl.Expr:
    kind = _asset_kind()
    return (
        pl.when(kind == HOST)
        .then(_name())
        .when(kind == POOL)
        .then(_pool().cast(pl.String))
        .otherwise(pl.col("ip").bin.encode("hex"))
    )


def _counts(placed: pl.DataFrame, countries: Collection[str]) -> pl.Expr:
    ours = (
        pl.col("organisation").is_not_null()
        | (pl.col("role") != Role.BLOCKLIST.value).fill_null(value=True)
        | pl.col("country").is_in(list(countries))
    )
    special = pl.lit(is_special(placed["ip"]))
    return (
        (pl.col("severity").fill_null("medium") != _INFO)
        & ours.fill_null(value=False)
        & ~(special & ~pl.col("named"))
        & pl.col("words").is_not_null()
        & pl.col("identifier").is_not_null()
    )


def sightings(frame: pl.DataFrame) -> pl.DataFrame:
    """What rows say of each finding: one row a key and holder.

    Moments become microseconds; `severity` its rank; `at` is the newest row's moment, and asset and
    words are that row's. Columns: key, first_seen, last_seen, count, severity, at, asset_kind, ip,
    name, port, identifier, rsit_class, rsit_type, what, exposed, asn, country, organisation, team,
    claim, pool.
    """
    kept = _placed(frame.filter(pl.col("finding_key").is_not_null()))
    rows = kept.select(
        pl.col("finding_key").alias("key"),
        pl.col("observed_at").dt.epoch("us").alias("at"),
        pl.coalesce("until", "observed_at").dt.epoch("us").alias("until"),
        pl.col("count").fill_null(1),
        pl.col("severity").fill_null("medium").replace_strict(_RANKS, return_dtype=pl.Int8),
        pl.col("organisation").alias("holder"),
    )
    words = _words(kept)
    last_seen = pl.max_horizontal("at", "until").alias("last_seen")
    if _each_once(rows["key"]):
        told = rows.select(
            "key", pl.col("at").alias("first_seen"), last_seen, "count", "severity", "at"
        )
        return pl.concat([told, words], how="horizontal")
    told = (
        rows.with_row_index("n")
        .group_by("key", "holder")
        .agg(
            pl.col("at").min().alias("first_seen"),
            last_seen.max(),
            pl.col("count").sum(),
            pl.col("severity").max(),
            pl.col("n").get(pl.col("at").arg_max()),
            pl.col("at").max(),
        )
    )
    return pl.concat([told.drop("n", "holder"), words[told["n"]]], how="horizontal")


def _each_once(keys: pl.Series) -> bool:
    """Whether no two rows are of one finding, as in most reports: then nothing is to be summed."""
    return keys.n_unique() == keys.len()


def _words(kept: pl.DataFrame) -> pl.DataFrame:
    """What a row says of its finding besides when, how often and how bad."""
    return kept.select(
        asset_kind=_asset_kind(),
        ip=pl.col("ip"),
        name=_name(),
        port=pl.when(exposed()).then(pl.col("port")),
        identifier=identifier(),
        rsit_class=pl.col("class"),
        rsit_type=pl.col("type"),
        what=what(kept),
        exposed=exposed(),
        asn=pl.col("asn"),
        country=pl.col("country").fill_null(""),
        organisation=pl.col("organisation"),
        team=pl.col("team"),
        claim=pl.col("claim"),
        pool=_pool(),
    )


def together(told: list[pl.DataFrame]) -> pl.DataFrame:
    """The `sightings` of consecutive parts as those of one, in no order, with `former`.

    Where an asset changed hands, the latest holder's row counts and those of the holders before are
    `former`. The holder settles a tie: a retry must come to the same. `told` is emptied.
    """
    whole = _in_one_piece(told)
    if _each_once(whole["key"]):
        return whole.with_columns(former=pl.lit(value=False)).drop("at")
    again = whole["key"].is_duplicated()
    ordered = _merged(whole.filter(again)).sort(
        "key", "at", "organisation", descending=[False, True, False], nulls_last=True
    )
    former = (pl.col("key") == pl.col("key").shift()).fill_null(value=False)
    once = whole.filter(~again).with_columns(former=pl.lit(value=False))
    both = [once, ordered.with_columns(former=former)]
    return pl.concat(both, rechunk=True).drop("at")


def _in_one_piece(told: list[pl.DataFrame]) -> pl.DataFrame:
    """All rows: picked in other orders several times as fast from one piece as from many.

    A column is let go of as soon as it is copied: a million rows twice would be too much.
    """
    whole = []
    for name in told[0].columns:
        whole.append(pl.concat([frame[name] for frame in told], rechunk=True))
        told[:] = [frame.drop(name) for frame in told]
    told.clear()
    return pl.DataFrame(whole)


def _merged(whole: pl.DataFrame) -> pl.DataFrame:
    sums = (
        whole.with_row_index("n")
        .group_by("key", "organisation")
        .agg(
            pl.col("first_seen").min(),
            pl.col("last_seen").max(),
            pl.col("count").sum(),
            pl.col("severity").max(),
            pl.col("n").get(pl.col("at").arg_max()),
            pl.col("at").max(),
        )
    )
    words = whole[sums["n"]].drop("key", "first_seen", "last_seen", "count", "severity", "at")
    return pl.concat([sums.drop("n", "organisation"), words], how="horizontal").select(
        whole.columns
    )
