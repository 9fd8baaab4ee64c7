"""Attribution: whose asset an observation is about, as of the time of the event.

A host name is matched apart from the address, and where a claim on the name is in force it decides:
the name is the asset then. Else the address decides; else the ASN that the reporter named. Private
and reserved addresses (`pehra.kernel.addresses.SPECIAL`) belong to nobody; those for documentation
can be claimed, since samples and training use them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from pehra.kernel.addresses import DOCUMENTATION, SPECIAL, pack
from pehra.registry.ranges import Keys, Segments, cut, keys_of
from pehra.registry.timeline import NOBODY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pehra.registry.holdings import Hits, Holdings
    from pehra.registry.networks import Networks

ADDED = ("organisation", "claim", "beaten", "team", "why", "use", "pool")
"""Columns that `attribute` adds; `use` is that of the winning claim, and `pool` the id of its pool,
which stays when another claim of the holder follows; null where the use is not that of a pool."""
RESERVED = "reserved address"
"""The reason of a row that nobody can hold."""


@cache
def _special_space() -> tuple[Segments, NDArray[np.bool_]]:
    networks = (*SPECIAL, *DOCUMENTATION)
    first = pl.Series([pack(network[0]) for network in networks], dtype=pl.Binary())
    last = pl.Series([pack(network[-1]) for network in networks], dtype=pl.Binary())
    tiles = cut(keys_of(first)[0], keys_of(last)[0])
    special = np.zeros(tiles.segments.size, dtype=bool)
    # Documentation networks come last: they are taken out again where both lists cover.
    numbers = np.arange(len(networks))
    for value, part in ((True, numbers[: len(SPECIAL)]), (False, numbers[len(SPECIAL) :])):
        covered, _ = tiles.pairs(part)
        special[covered] = value
    return tiles.segments, special


def is_special(ip: pl.Series) -> pl.Series:
    """Which 16-byte addresses no organisation can hold: private, reserved, multicast.

    Documentation networks are not among them. Null is False.
    """
    keys, known = keys_of(ip)
    return pl.Series("special", known & _special(keys))


def _special(keys: Keys) -> NDArray[np.bool_]:
    segments, special = _special_space()
    found: NDArray[np.bool_] = special[segments.find(keys)]
    return found


def attribute(frame: pl.DataFrame, holdings: Holdings, networks: Networks | None) -> pl.DataFrame:
    """Fill in whose assets the rows are about.

    Args:
        frame: needs `observed_at` (UTC) and `ip` (16 bytes); uses `asn`, `country`, `host` and
            `url_host` where there. Any order; it is kept.
        holdings: the register as compiled.
        networks: the address table; fills `asn` and `country` where the report left them null.

    Returns:
        The frame with `asn`, `country` and the columns `ADDED`. `why` is null where nobody holds
        the asset, and `reserved address` where nobody can.
    """
    keys, known = keys_of(frame["ip"])
    special = known & _special(keys)
    located = _located(frame, networks, keys, known & ~special)
    at = frame["observed_at"].dt.epoch("us").fill_null(0).to_numpy()
    hits = holdings.at_addresses(keys, at)
    for column in hits:
        column[special | ~known] = NOBODY
    if "asn" in frame.columns:
        rows = np.flatnonzero(
            (hits.claim == NOBODY) & ~special & frame["asn"].is_not_null().to_numpy()
        )
        hits.put(rows, holdings.at_asns(frame["asn"].gather(rows).to_numpy(), at[rows]))
    for name in ("host", "url_host"):  # the later one is the asset where both are claimed
        if name in frame.columns:
            _by_name(frame[name], holdings, at, hits)
    found = holdings.columns(hits)
    nobody_can = pl.Series("nobody_can", special & (hits.claim == NOBODY))
    reserved = pl.when(nobody_can).then(pl.lit(RESERVED)).otherwise(pl.col("why"))
    return located.with_columns(found.with_columns(why=reserved).get_columns())


def _located(
    frame: pl.DataFrame, networks: Networks | None, keys: Keys, rows: NDArray[np.bool_]
) -> pl.DataFrame:
    """Fill `asn` and `country` from the table where they are null."""
    empty = pl.DataFrame(
        {"asn": pl.Series([None], dtype=pl.Int64), "country": pl.Series([None], dtype=pl.String)}
    )
    missing = [name for name in empty.columns if name not in frame.columns]
    whole = frame.with_columns(pl.lit(None, empty[name].dtype).alias(name) for name in missing)
    lacking = rows & (whole["asn"].is_null() | whole["country"].is_null()).to_numpy()
    if networks is None or not lacking.any():
        return whole
    at = np.flatnonzero(lacking)
    seen = networks.find(keys.take(at))
    asn = np.full(frame.height, 0, dtype=np.int64)
    country = np.full(frame.height, 0, dtype=np.uint32)
    asn[at], country[at] = seen.asn, seen.country
    looked_up = pl.Series("looked_up", asn)
    return whole.with_columns(
        asn=pl.col("asn").fill_null(pl.when(looked_up > 0).then(looked_up)),
        country=pl.col("country").fill_null(networks.countries.gather(country)),
    )


def _by_name(hosts: pl.Series, holdings: Holdings, at: NDArray[np.int64], hits: Hits) -> None:
    """Let claims on names decide for the rows whose host lies in a claimed one."""
    if hosts.null_count() == len(hosts):
        return
    cells = holdings.names_of(hosts)
    rows = np.flatnonzero(cells != NOBODY)
    hits.put(rows, holdings.at_names(cells[rows], at[rows]))
