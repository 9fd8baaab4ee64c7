"""What time does to observations (rules of retention): cut victims' addresses, drop old rows.

A row whose role says that its address is harmful itself keeps it; any other is about a victim.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa

from pehra.kernel.addresses import bounds
from pehra.observations.store import mapped, sort_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

HARMFUL = ("c2", "blocklist")
"""Roles of rows whose own address does harm."""
_ASIDE = ("host", "url_host", "url_path_hash", "url", "extra", "finding_key")
"""What else names a victim, or may."""
_BYTES, _FOUR, _SIX = 16, 15, 6
"""Of an address: all, those of the /24 of a mapped one, those of a /48."""


class Terms(msgspec.Struct, frozen=True):
    """Days of receipt before which something ends.

    Attributes:
        full: victims are cut before it.
        networks: victims are dropped before it.
        harmful: harmful infrastructure is dropped before it.
    """

    full: date
    networks: date
    harmful: date


class Held(msgspec.Struct, frozen=True):
    """A legal hold: `kind` is `network`, `organisation`, `source` or `batch`."""

    kind: str
    value: str


def harmful() -> pl.Expr:
    """Whether a row's own address does harm."""
    return pl.col("role").is_in(HARMFUL).fill_null(value=False)


def held(holds: Sequence[Held]) -> pl.Expr:
    """Whether a row is under one of these holds."""
    return reduce(or_, [_under(one) for one in holds], pl.lit(value=False)).fill_null(value=False)


def _under(hold: Held) -> pl.Expr:
    if hold.kind == "network":
        first, last = bounds(hold.value)
        return pl.col("ip").is_between(pl.lit(first), pl.lit(last))
    value: str | int = int(hold.value) if hold.kind == "organisation" else hold.value
    return pl.col(hold.kind) == value


def due(day: date, terms: Terms) -> bool:
    """Whether time does anything to rows that were received on this day."""
    return day < max(terms.full, terms.networks, terms.harmful)


def aged(frame: pl.DataFrame, day: date, terms: Terms, holds: Sequence[Held]) -> pl.DataFrame:
    """Rows received on `day` as they may be kept; what is held stays as it is."""
    stays = held(holds)
    dropped = pl.when(harmful()).then(day < terms.harmful).otherwise(day < terms.networks)
    left = frame.filter(stays | ~dropped)
    if day >= terms.full:
        return left
    cut = left.select((~stays & ~harmful()).alias("cut"))["cut"]
    short = left.with_columns(_cut(left["ip"])).with_columns(
        sort_key().alias("ip_key"),
        *(pl.lit(None, left.schema[name]).alias(name) for name in _ASIDE),
    )
    both = [
        pl.when(cut).then(short[name]).otherwise(left[name]).alias(name)
        for name in ("ip", "ip_key", *_ASIDE)
    ]
    return left.with_columns(both)


def _cut(ip: pl.Series) -> pl.Series:
    """Addresses with the bits after their /24 or /48 set to nothing; null stays null."""
    known = ip.fill_null(bytes(_BYTES))
    raw = np.frombuffer(b"".join(known.to_list()), dtype=np.uint8).reshape(-1, _BYTES).copy()
    four = known.to_frame("ip").select(mapped(pl.col("ip")))["ip"].to_numpy()
    raw[four, _FOUR:] = 0
    raw[~four, _SIX:] = 0
    fixed = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(_BYTES), len(raw), [None, pa.py_buffer(raw.tobytes())]
    )
    cut = pl.Series("ip", fixed.cast(pa.binary()))
    return cut.to_frame().select(pl.when(ip.is_not_null()).then(pl.col("ip")))["ip"]
