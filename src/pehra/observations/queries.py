"""The lake's only reader: every question carries its viewer, and the holder's rule goes first."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.kernel.addresses import bounds, pack, sort_key
from pehra.kernel.errors import UsageError
from pehra.kernel.labels import Pap, Tlp
from pehra.observations.retention import harmful
from pehra.observations.store import open_lake

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from pehra.kernel.settings import Home
    from pehra.mandate.viewers import Viewer

_AT_ONCE = 50_000
_NETWORK_OF_FOUR, _NETWORK_OF_SIX = 1 << 8, 1 << 80
"""Addresses in what retention leaves of one."""
_MAPPED = pack("0.0.0.0")[:12]  # noqa: S104 the prefix that IPv4 lies under, nothing is bound


class Asked(msgspec.Struct, frozen=True):
    """Which observations; an empty field does not narrow.

    Attributes:
        since: observed at or after this moment, aware.
        until: observed before this moment, aware.
        network: an address or a prefix.
        organisation: id of the holder.
        source: slug.
        batch: id.
        identifier: exactly, such as `open-telnet`.
        rsit_type: RSIT type.
        host: exactly.
        unattributed: only those whose holder is not known.
    """

    since: datetime | None = None
    until: datetime | None = None
    network: str = ""
    organisation: int | None = None
    source: str = ""
    batch: str = ""
    identifier: str = ""
    rsit_type: str = ""
    host: str = ""
    unattributed: bool = False


def _visible(rows: pl.LazyFrame, viewer: Viewer) -> pl.LazyFrame:
    """The holder's rule: rows of one's own organisations, and those that one's teams lead on."""
    if viewer.sees_all:
        return rows
    rules = [
        pl.col("organisation").is_in(sorted(viewer.organisations)),
        pl.col("team").is_in(sorted(viewer.teams)),
    ]
    return rows.filter(reduce(or_, rules).fill_null(value=False))


def _in_network(network: str) -> list[pl.Expr]:
    try:
        first, last = bounds(network)
    except ValueError:
        message = f"`{network}` is neither an address nor a prefix."
        raise UsageError(message, mend="Write it like 192.0.2.0/24.") from None
    conditions = [pl.col("ip").is_between(pl.lit(first), pl.lit(last))]
    low, high = sort_key(first), sort_key(last)
    # The key prunes files; it may be coarser than the address (IPv6), so the bytes decide. It has
    # a sign, and the one prefix in which it does not grow with the address is `::/0`.
    if low <= high:
        conditions.insert(0, pl.col("ip_key").is_between(low, high))
    if first < _MAPPED < last:  # IPv4 lies inside `::/80` and wider, and is not meant
        conditions.append(~pl.col("ip").bin.starts_with(_MAPPED))
    return conditions


def _conditions(asked: Asked) -> list[pl.Expr]:
    found = _in_network(asked.network) if asked.network else []
    if asked.since is not None:
        found.append(pl.col("observed_at") >= asked.since)
    if asked.until is not None:
        found.append(pl.col("observed_at") < asked.until)
    if asked.unattributed:
        found.append(pl.col("organisation").is_null())
    exact = {
        "organisation": asked.organisation,
        "source": asked.source,
        "batch": asked.batch,
        "identifier": asked.identifier,
        "type": asked.rsit_type,
        "host": asked.host,
    }
    found += [pl.col(name) == value for name, value in exact.items() if value]
    return found


def query(home: Home, asked: Asked, *, viewer: Viewer) -> pl.LazyFrame:
    """Observations that `viewer` may see and that were asked for, lazily.

    Raises:
        UsageError: the network cannot be read.
    """
    rows = _visible(open_lake(home.lake).scan(), viewer)
    for condition in _conditions(asked):
        rows = rows.filter(condition)
    return rows


def count(home: Home, asked: Asked, *, viewer: Viewer) -> int:
    """How many there are."""
    return int(query(home, asked, viewer=viewer).select(pl.len()).collect().item())


def of_one_victim(home: Home, asked: Asked, before: datetime, *, viewer: Viewer) -> int:
    """How many observations from before a moment are of one victim's address, where one is asked.

    A network as wide as what is left of an address after its time (/24, /48) names nobody.
    """
    if not (asked.network and _conditions(asked)):
        return 0
    first, last = bounds(asked.network)
    wide = _NETWORK_OF_FOUR if first.startswith(_MAPPED) else _NETWORK_OF_SIX
    if int.from_bytes(last, "big") - int.from_bytes(first, "big") >= wide - 1:
        return 0
    rows = query(home, asked, viewer=viewer).filter(pl.col("received_at") < before, ~harmful())
    return int(rows.select(pl.len()).collect().item())


def chunks(home: Home, asked: Asked, *, viewer: Viewer) -> Iterator[pl.DataFrame]:
    """All of them, some at a time, so that an export needs little memory."""
    rows = query(home, asked, viewer=viewer)
    yield from rows.collect_batches(chunk_size=_AT_ONCE, maintain_order=False)


def newest(
    home: Home, asked: Asked, *, viewer: Viewer, since: date, size: int = 10
) -> pl.DataFrame:
    """The newest of them that were received on a day or after it, in UTC.

    The lake lies by the day of receipt: the fewer days, the less of it is read.
    """
    rows = query(home, asked, viewer=viewer).filter(pl.col("received_day") >= since)
    return rows.sort("observed_at", "id", descending=True).head(size).collect()


def of_finding(  # noqa: PLR0913 where, which, whose, and which page
    home: Home,
    key: int,
    ip_range: tuple[bytes, bytes] | None,
    *,
    viewer: Viewer,
    holder: int | None = None,
    limit: int = 50,
    offset: int = 0,
) -> pl.DataFrame:
    """Observations that belong to a finding, newest first.

    Args:
        home: whose lake.
        key: `finding.key`.
        ip_range: first and last address, packed, where the asset is one; it prunes files.
        viewer: who reads.
        holder: of the finding: rows of those who held the asset before or after are left out.
        limit: at most so many rows.
        offset: after so many.
    """
    rows = _of_finding(home, key, ip_range, viewer=viewer, holder=holder)
    newest = rows.sort("observed_at", "id", descending=True)
    return newest.slice(offset, limit).collect()


def chunks_of_finding(
    home: Home,
    key: int,
    ip_range: tuple[bytes, bytes] | None,
    *,
    viewer: Viewer,
    holder: int | None = None,
) -> Iterator[pl.DataFrame]:
    """All observations that belong to a finding, as `of_finding` means them, some at a time."""
    rows = _of_finding(home, key, ip_range, viewer=viewer, holder=holder)
    yield from rows.collect_batches(chunk_size=_AT_ONCE, maintain_order=False)


def _of_finding(
    home: Home,
    key: int,
    ip_range: tuple[bytes, bytes] | None,
    *,
    viewer: Viewer,
    holder: int | None,
) -> pl.LazyFrame:
    rows = _visible(open_lake(home.lake).scan(), viewer)
    if ip_range is not None:
        first, last = (sort_key(packed) for packed in ip_range)
        rows = rows.filter(pl.col("ip_key").is_between(first, last))
    rows = rows.filter(pl.col("finding_key") == key)
    if holder is not None:
        rows = rows.filter(pl.col("organisation").is_null() | (pl.col("organisation") == holder))
    return rows


TOLD_LABELS = tuple(label.value for label in Tlp if label != Tlp.RED)
"""Labels under which an observation may be told to the holder of the asset, the widest first."""


def told_of_findings(
    home: Home, keys: Sequence[int], *, viewer: Viewer, since: date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What may be told to the holders of findings: never a row of TLP:RED.

    Args:
        home: whose lake.
        keys: of the findings.
        viewer: who reads.
        since: day of receipt, UTC, from which on reports count.

    Returns:
        For each finding `finding_key`, `count` (rows), `first`, `last`, `sources`, `label` (its
        strictest; an index of `TOLD_LABELS`), `pap` (likewise, of `kernel.labels.Pap`) and
        `withheld` (rows that may not be told); all but the last are null where nothing may be. And
        of each finding the newest row that may be told, in full.
    """
    rows = _visible(open_lake(home.lake).scan(), viewer).filter(
        pl.col("received_day") >= since, pl.col("finding_key").is_in(sorted(keys))
    )
    # What a source gave no label is taken for AMBER: for those whom it is about.
    label = (
        pl.col("tlp")
        .fill_null(Tlp.AMBER.value)
        .replace_strict(
            list(TOLD_LABELS), range(len(TOLD_LABELS)), default=None, return_dtype=pl.Int32
        )
    )
    pap = pl.col("pap").replace_strict(
        [one.value for one in Pap], range(len(Pap)), default=0, return_dtype=pl.Int32
    )
    marked = rows.with_columns(label=label, pap_rank=pap)
    open_ = marked.filter(pl.col("label").is_not_null())
    summed = open_.group_by("finding_key").agg(
        pl.len().cast(pl.Int64).alias("count"),
        pl.col("observed_at").min().alias("first"),
        pl.col("observed_at").max().alias("last"),
        pl.col("source").unique().sort().alias("sources"),
        pl.col("label").max(),
        pl.col("pap_rank").max().alias("pap"),
    )
    withheld = (
        marked.filter(pl.col("label").is_null())
        .group_by("finding_key")
        .agg(pl.len().cast(pl.Int64).alias("withheld"))
    )
    newest = (
        open_.drop("label", "pap_rank")
        .sort("observed_at", "id", descending=True)
        .unique("finding_key", keep="first", maintain_order=True)
    )
    sums = summed.join(withheld, on="finding_key", how="full", coalesce=True).with_columns(
        pl.col("withheld").fill_null(0)
    )
    found, shown = pl.collect_all([sums, newest])
    return found, shown


def newest_in(
    home: Home, network: str, *, viewer: Viewer, since: date, limit: int = 10
) -> tuple[pl.DataFrame, int]:
    """Observations of a network received since a day, the newest first, and how many there are.

    Raises:
        UsageError: the network cannot be read.
    """
    rows = query(home, Asked(network=network), viewer=viewer)
    rows = rows.filter(pl.col("received_day") >= since)
    names = ("observed_at", "source", "identifier", "ip", "port", "host", "severity", "batch",
             "row", "finding_key", "id")  # fmt: skip
    newest = rows.select(names).sort("observed_at", "id", descending=True).head(limit)
    found, counted = pl.collect_all([newest, rows.select(pl.len())])
    return found, int(counted.item())


def unattributed(home: Home, *, viewer: Viewer, size: int = 100) -> pl.DataFrame:
    """Networks whose holder is not known: asn, country, observations, addresses, last_seen."""
    rows = query(home, Asked(unattributed=True), viewer=viewer)
    grouped = rows.group_by("asn", "country").agg(
        pl.len().alias("observations"),
        pl.col("ip").n_unique().alias("addresses"),
        pl.col("observed_at").max().alias("last_seen"),
    )
    return grouped.sort("observations", descending=True).head(size).collect()
